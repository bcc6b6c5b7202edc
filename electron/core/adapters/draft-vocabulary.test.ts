// Lists of tokens that may be drafted: how much they cover, of text that they were not made from.
import { expect, test } from 'vitest';
import { candidateVocabularies, countTokens, restrictedTo } from './draft-vocabulary.ts';

/** As in language: the n-th token is written a hundredth as often as n is large. */
const written = Array.from({ length: 2000 }, (_, id) => Array.from({ length: Math.ceil(2000 / (id + 1)) }, () => id)).flat();
const counts = countTokens([written]);

test('shorter lists cover less, all are ascending and without doubles, the last one is the whole vocabulary', () => {
  const lists = candidateVocabularies(counts, [written], 32_000);
  expect(lists.length).toBeGreaterThan(4);
  for (const [index, list] of lists.entries()) {
    expect(list.tokenIds).toEqual([...new Set(list.tokenIds)].toSorted((first, second) => first - second));
    const before = lists[index - 1];
    if (before) expect(list.coverage).toBeGreaterThanOrEqual(before.coverage);
  }
  expect(lists[0]?.coverage).toBeGreaterThanOrEqual(0.98);
  expect(lists[0]?.tokenIds.length).toBeLessThan(2000);
  expect(lists.at(-1)).toEqual({ tokenIds: [], coverage: 1 });
});

test('coverage is of held-out text: what was never written is not covered', () => {
  const [list] = candidateVocabularies(counts, [[0, 1, 9999, 9998]], 32_000);
  expect(list?.coverage).toBe(0.5);
});

test('a small vocabulary stays whole: a list would save too little', () => {
  expect(candidateVocabularies(counts, [written], 2048).every(({ tokenIds }) => tokenIds.length <= 1024)).toBe(true);
  expect(candidateVocabularies(new Map(), [], 100)).toEqual([{ tokenIds: [], coverage: 1 }]);
});

test('a token outside of the list is never drafted rightly', () => {
  const answers = [{ confidences: [1, 1, 1], agrees: [1, 1, 0], tokens: [5, 6, 5] }];
  expect(restrictedTo({ tokenIds: [5], coverage: 1 }, answers).map(({ agrees }) => Array.from(agrees))).toEqual([[1, 0, 0]]);
  expect(restrictedTo({ tokenIds: [], coverage: 1 }, answers)).toEqual(answers);
});
