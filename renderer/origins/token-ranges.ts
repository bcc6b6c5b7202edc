// Where the runs of an answer are in the rendered page: text nodes and offsets, found through `data-source`.
import { readSourceMap } from '../markdown/source-map.ts';
import type { Stretch } from '../markdown/align.ts';
import { firstRunBehind, type OriginRun, type ShownOrigin } from './origin-runs.ts';

/** A part of one text node that comes from one origin. */
export interface TokenRange {
  node: Text;
  start: number;
  end: number;
  origin: ShownOrigin;
}

/** Ranges of the text below `block`, whose `data-source` offsets count from `blockStart` of the answer. */
export function tokenRanges(block: Element, blockStart: number, runs: readonly OriginRun[]): TokenRange[] {
  const ranges: TokenRange[] = [];
  for (const element of block.querySelectorAll('[data-source]')) {
    const map = readSourceMap(element.getAttribute('data-source') ?? '');
    const texts = directTexts(element);
    // Should rendering ever change a text, no tint is better than a wrong one.
    if (texts.reduce((sum, text) => sum + text.data.length, 0) !== map.textLength) continue;
    const place = placer(texts, ranges);
    for (const stretch of map.stretches) splitByOrigin(stretch, blockStart, runs, place);
  }
  return ranges;
}

function directTexts(element: Element): Text[] {
  const texts: Text[] = [];
  for (const child of element.childNodes) {
    if (child.nodeType === 3) texts.push(child as Text);
  }
  return texts;
}

type Place = (textStart: number, textEnd: number, origin: ShownOrigin) => void;

/** Cuts a stretch where the origin changes. */
function splitByOrigin(stretch: Stretch, blockStart: number, runs: readonly OriginRun[], place: Place): void {
  const sourceStart = blockStart + stretch.sourceStart;
  const sourceEnd = sourceStart + stretch.sourceLength;
  if (stretch.textLength !== stretch.sourceLength) {
    // An escape or an entity shows as a whole once its last character is there: it belongs to the token that brought it.
    const run = runs[firstRunBehind(runs, sourceEnd - 1)];
    if (run && run.start < sourceEnd) place(stretch.textStart, stretch.textStart + stretch.textLength, run.origin);
    return;
  }
  for (let index = firstRunBehind(runs, sourceStart); index < runs.length; index += 1) {
    const run = runs[index];
    if (!run || run.start >= sourceEnd) return;
    const from = Math.max(run.start, sourceStart) - sourceStart;
    const to = Math.min(run.end, sourceEnd) - sourceStart;
    place(stretch.textStart + from, stretch.textStart + to, run.origin);
  }
}

/** Turns offsets in the joined texts into ranges of single text nodes, joining neighbours of one origin. Goes forward only. */
function placer(texts: readonly Text[], ranges: TokenRange[]): Place {
  let index = 0;
  let before = 0;
  return (textStart, textEnd, origin) => {
    let from = textStart;
    while (from < textEnd) {
      let node = texts[index];
      while (node && before + node.data.length <= from) {
        before += node.data.length;
        index += 1;
        node = texts[index];
      }
      if (!node) return;
      const to = Math.min(textEnd, before + node.data.length);
      const last = ranges.at(-1);
      if (last?.node === node && last.end === from - before && last.origin === origin) last.end = to - before;
      else ranges.push({ node, start: from - before, end: to - before, origin });
      from = to;
    }
  };
}
