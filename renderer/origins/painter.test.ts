// @vitest-environment jsdom
// Painting adds ranges to the page's highlights and takes the same away; without the API nothing happens.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeCopyRound, makePromptRound, makeRound } from '../testing/make-round.ts';
import { originRuns } from './origin-runs.ts';
import { canPaint, highlightNames, paintOrigins } from './painter.ts';

const runs = originRuns([makePromptRound('Once'), makeRound([' upon', ' a'], ' time', [' x']), makeRound([], '.')]);

function makeBlock(): Element {
  const block = document.createElement('div');
  block.innerHTML = '<p data-source="17 0 17 0 17">Once upon a time.</p>';
  return block;
}

function paintedTexts(name: string): string[] {
  const texts: string[] = [];
  for (const range of CSS.highlights.get(name) ?? []) {
    texts.push((range.startContainer.textContent ?? '').slice(range.startOffset, range.endOffset));
  }
  return texts;
}

beforeEach(() => {
  // jsdom has no highlights: a registry is a map, a highlight a set of ranges.
  vi.stubGlobal('CSS', { highlights: new Map<string, Set<AbstractRange>>() });
  vi.stubGlobal('Highlight', Set);
});

afterEach(() => vi.unstubAllGlobals());

test('runs join neighbours of one origin and skip pieces without text and plain rounds', () => {
  expect(originRuns([makePromptRound(''), makeRound([' a', '', ' b'], ' c'), makeRound([], ' d')])).toEqual([
    { start: 0, end: 4, origin: 'draft' },
    { start: 4, end: 6, origin: 'target' },
  ]);
});

test('copies are told from drafts, also within one round', () => {
  const mixed = [makeCopyRound([' a', ' b', ' c'], ' d', [], 1), makeCopyRound([' e'], ' f', [' g'])];
  expect(originRuns(mixed)).toEqual([
    { start: 0, end: 2, origin: 'draft' },
    { start: 2, end: 6, origin: 'copy' },
    { start: 6, end: 8, origin: 'target' },
    { start: 8, end: 10, origin: 'copy' },
    { start: 10, end: 12, origin: 'target' },
  ]);
  const block = document.createElement('div');
  block.innerHTML = '<p data-source="12 0 12 0 12"> a b c d e f</p>';
  paintOrigins(block, 0, 12, originRuns(mixed));
  expect(paintedTexts(highlightNames.copy)).toEqual([' b c', ' e']);
});

test('each origin is painted by its own highlight', () => {
  paintOrigins(makeBlock(), 0, 17, runs);
  expect(paintedTexts(highlightNames.draft)).toEqual([' upon a']);
  expect(paintedTexts(highlightNames.target)).toEqual(['Once', ' time']);
});

test('taking the paint away leaves that of other blocks', () => {
  const removeFirst = paintOrigins(makeBlock(), 0, 17, runs);
  paintOrigins(makeBlock(), 0, 17, runs);
  removeFirst();
  expect(paintedTexts(highlightNames.draft)).toEqual([' upon a']);
});

test('a block in the middle of an answer takes only its own part', () => {
  const block = document.createElement('div');
  block.innerHTML = '<p data-source="5 0 5 0 5">a tim</p>';
  paintOrigins(block, 10, 15, runs);
  expect(paintedTexts(highlightNames.draft)).toEqual(['a']);
  expect(paintedTexts(highlightNames.target)).toEqual([' tim']);
});

test('a browser without the API paints nothing and breaks nothing', () => {
  vi.stubGlobal('CSS', {});
  expect(canPaint()).toBe(false);
  expect(() => paintOrigins(makeBlock(), 0, 17, runs)()).not.toThrow();
});
