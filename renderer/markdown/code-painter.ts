// Paints source code with the CSS Custom Highlight API: the code stays one text, so tokens keep their tints, and a block that
// grows is neither rebuilt nor highlighted anew in every frame.
import { useEffect, useRef, type RefObject } from 'react';
import { canPaint } from '../origins/painter.ts';
import { loadHighlighter, type CodeKind, type Highlighter } from './code-colors.ts';

/** While a block grows it is coloured this often at most, and its colouring takes this share of the time at most. */
const shortestIntervalMs = 300;
const largestShare = 0.05;
/** Longer code stays plain: colouring it would be felt. */
const longestCode = 100_000;

function highlightOf(kind: CodeKind): Highlight {
  const name = `code-${kind}`;
  const existing = CSS.highlights.get(name);
  if (existing) return existing;
  const created = new Highlight();
  CSS.highlights.set(name, created);
  return created;
}

/** Colours one text node; returns what takes the colours away. */
function paint(node: Text, language: string, highlighter: Highlighter): () => void {
  const painted: [Highlight, AbstractRange][] = [];
  for (const { start, end, kind } of highlighter(node.data, language)) {
    const range = new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
    const highlight = highlightOf(kind);
    highlight.add(range);
    painted.push([highlight, range]);
  }
  return () => {
    for (const [highlight, range] of painted) highlight.delete(range);
  };
}

/** Keeps the code below `element` coloured; `text` is what it shows now. */
export function useCodeColors(element: RefObject<HTMLElement | null>, text: string, language: string): void {
  const unpaint = useRef(() => {});
  const nextAtMs = useRef(0);

  useEffect(() => {
    if (!canPaint() || language === '' || text.length > longestCode) return;
    let left = false;
    const timer = setTimeout(
      () => {
        loadHighlighter().then(
          (highlighter) => {
            const node = textBelow(element.current);
            if (left || !node) return;
            const begunMs = performance.now();
            unpaint.current();
            unpaint.current = paint(node, language, highlighter);
            const tookMs = performance.now() - begunMs;
            nextAtMs.current = begunMs + Math.max(shortestIntervalMs, tookMs / largestShare);
          },
          () => {}, // Without its file the code stays plain.
        );
      },
      Math.max(0, nextAtMs.current - performance.now()),
    );
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [element, text, language]);

  useEffect(() => () => unpaint.current(), []);
}

/** The code's only text; React never splits it. */
function textBelow(element: HTMLElement | null): Text | null {
  const first = element?.querySelector('code')?.firstChild;
  return first?.nodeType === Node.TEXT_NODE ? (first as Text) : null;
}
