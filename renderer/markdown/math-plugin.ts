// KaTeX, loaded with the first formula. Its output becomes elements like all else: no HTML is ever written into the page.
import { useEffect, useSyncExternalStore } from 'react';
import type { Pluggable } from 'unified';

let plugin: Pluggable | null = null;
let loading: Promise<void> | null = null;
const waiting = new Set<() => void>();

async function load(): Promise<void> {
  const [{ default: rehypeKatex }] = await Promise.all([import('rehype-katex'), import('katex/dist/katex.min.css')]);
  // A formula that is not finished yet, or wrong, shows its source in the colour of the text.
  plugin = [rehypeKatex, { errorColor: 'currentColor', strict: 'ignore' }];
  for (const wake of waiting) wake();
}

function begin(): void {
  loading ??= load().catch(() => {
    // The app has gone away: the next formula tries again.
    loading = null;
  });
}

function subscribe(wake: () => void): () => void {
  waiting.add(wake);
  return () => waiting.delete(wake);
}

/** The rehype plugin that draws formulas; null where none is needed, and until it is there: then their source shows. */
export function useMathPlugin(needed: boolean): Pluggable | null {
  const loaded = useSyncExternalStore(subscribe, () => plugin);
  useEffect(() => {
    if (needed) begin();
  }, [needed]);
  return needed ? loaded : null;
}
