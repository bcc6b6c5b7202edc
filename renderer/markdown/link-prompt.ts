// The link that the user is asked about; null when none.
import { create } from 'zustand';

interface LinkPrompt {
  url: string | null;
  ask(url: string): void;
  close(): void;
}

export const useLinkPrompt = create<LinkPrompt>()((set) => ({
  url: null,
  ask: (url) => set({ url }),
  close: () => set({ url: null }),
}));

/** Asks first, always: on the desktop the app itself does, whatever the page thinks; in a browser the page's dialog. */
export function openLink(url: string): void {
  if (window.kangaroo) leaveTo(url);
  else useLinkPrompt.getState().ask(url);
}

/** Opens the address outside of this page. */
export function leaveTo(url: string): void {
  window.open(url, '_blank', 'noopener,noreferrer');
}
