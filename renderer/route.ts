// Which view the page shows: told by the address's fragment, so that every view has a link and the browser's Back works.
import { useMemo, useSyncExternalStore } from 'react';

export type Route =
  | { view: 'chat' }
  /** One model's details, or all of them. */
  | { view: 'library'; modelId: string | null }
  /** One repository's page (`owner/name`), or the search. */
  | { view: 'find'; repository: string | null }
  | { view: 'downloads' }
  | { view: 'adapters' };

/** What no view is at, such as the skip link's target, is the chat's. */
export function parseRoute(fragment: string): Route {
  const [root, section, ...rest] = fragment.replace(/^#\/?/, '').split('/');
  if (root === 'adapters') return { view: 'adapters' };
  if (root !== 'models') return { view: 'chat' };
  const inner = rest.map(decode).join('/');
  if (section === 'downloads') return { view: 'downloads' };
  if (section === 'find') return { view: 'find', repository: inner || null };
  return { view: 'library', modelId: section === 'library' && inner ? inner : null };
}

export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'chat':
      return '#/';
    case 'library':
      return route.modelId === null ? '#/models' : `#/models/library/${encodeURIComponent(route.modelId)}`;
    case 'find':
      return route.repository === null ? '#/models/find' : `#/models/find/${encodePath(route.repository)}`;
    case 'downloads':
      return '#/models/downloads';
    case 'adapters':
      return '#/adapters';
  }
}

export function goTo(route: Route): void {
  window.location.hash = hrefOf(route);
}

export function useRoute(): Route {
  const fragment = useSyncExternalStore(onFragment, () => window.location.hash);
  return useMemo(() => parseRoute(fragment), [fragment]);
}

function onFragment(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
