// Stretches of source code and their kinds, from highlight.js.
import { expect, test } from 'vitest';
import { loadHighlighter } from './code-colors.ts';

test('keywords, strings, numbers and comments are told apart, in order and apart from each other', async () => {
  const code = 'const answer = 42; // the "answer"\nconst text = `a ${answer} b`;';
  const spans = (await loadHighlighter())(code, 'typescript');
  const told = spans.map(({ start, end, kind }) => [kind, code.slice(start, end)]);
  expect(told).toContainEqual(['keyword', 'const']);
  expect(told).toContainEqual(['number', '42']);
  expect(told).toContainEqual(['comment', '// the "answer"']);
  let end = 0;
  for (const span of spans) {
    expect(span.start).toBeGreaterThanOrEqual(end);
    expect(span.end).toBeGreaterThan(span.start);
    ({ end } = span);
  }
});

test('a language that is not known has no colours', async () => {
  expect((await loadHighlighter())('what is this', 'klingon')).toEqual([]);
});
