// Whether the window has room: panels stand beside the chat where it has, and come over it where not.
import { useSyncExternalStore } from 'react';

/** The chat list stands beside the chat from here on, the right-hand panel from there on. */
const queries = { sidebar: '(min-width: 768px)', panel: '(min-width: 1080px)' };

export type Region = keyof typeof queries;

export function hasRoomFor(region: Region): boolean {
  return window.matchMedia(queries[region]).matches;
}

export function useRoomFor(region: Region): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(queries[region]);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => hasRoomFor(region),
  );
}
