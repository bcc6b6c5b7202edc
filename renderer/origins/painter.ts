// Paints token origins with the CSS Custom Highlight API: no element is added to the page, so Markdown, code blocks,
// selection and copying stay as they are. Where the API is missing, nothing is painted and `canPaint` is false.
import { firstRunBehind, type OriginRun, type ShownOrigin } from './origin-runs.ts';
import { tokenRanges } from './token-ranges.ts';

/** Names for `::highlight(…)` in theme.css. */
export const highlightNames: Record<ShownOrigin, string> = {
  draft: 'origin-draft',
  copy: 'origin-copy',
  target: 'origin-target',
};

export function canPaint(): boolean {
  return typeof CSS !== 'undefined' && 'highlights' in CSS && typeof Highlight === 'function';
}

function highlightOf(origin: ShownOrigin): Highlight {
  const name = highlightNames[origin];
  const existing = CSS.highlights.get(name);
  if (existing) return existing;
  const created = new Highlight();
  CSS.highlights.set(name, created);
  return created;
}

/**
 * Paints the text below `block`, which shows `[start, end)` of the answer, and returns what takes the paint away. Call it again, after that, when the block's text
 * has changed: static ranges are cheap because they do not follow changes.
 */
export function paintOrigins(block: Element, start: number, end: number, runs: readonly OriginRun[]): () => void {
  if (!canPaint()) return () => {};
  const painted: [Highlight, AbstractRange][] = [];
  const own = runs.slice(firstRunBehind(runs, start), firstRunBehind(runs, end) + 1);
  for (const found of tokenRanges(block, start, own)) {
    const { node } = found;
    const range = new StaticRange({ startContainer: node, startOffset: found.start, endContainer: node, endOffset: found.end });
    const highlight = highlightOf(found.origin);
    highlight.add(range);
    painted.push([highlight, range]);
  }
  return () => {
    for (const [highlight, range] of painted) highlight.delete(range);
  };
}
