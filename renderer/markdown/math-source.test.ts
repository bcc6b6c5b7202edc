// What is a formula and what is a price, and that no character moves.
import { expect, test } from 'vitest';
import { markFormulas, showDollars } from './math-source.ts';

const cases: [name: string, text: string, marked: string][] = [
  ['prices are no formula', 'It costs $5, or $10 with milk.', 'It costs $5, or $10 with milk.'],
  ['a formula in a line', 'With $x^2 + 1$ it holds.', 'With $x^2 + 1$ it holds.'],
  ['a price before a formula', 'For $5 you get $x$ of it.', 'For $5 you get $x$ of it.'],
  ['parentheses', String.raw`So \(a+b\) is c.`, 'So $$a+b$$ is c.'],
  ['brackets over lines', String.raw`\[` + '\na = b\n' + String.raw`\]`, '$$ a = b $$'],
  ['brackets that are open yet', String.raw`\[ a = `, String.raw`\[ a = `],
  ['displayed', '$$\na\n\nb\n$$', '$$\na\n\nb\n$$'],
  ['code is left alone', '`$x$` and `\\(y\\)`', '`$x$` and `\\(y\\)`'],
  ['fenced code is left alone', '```sh\necho $HOME \\(x\\)\n```\nand $y$', '```sh\necho $HOME \\(x\\)\n```\nand $y$'],
  ['fenced code that is open yet', '```sh\necho $HOME $x$', '```sh\necho $HOME $x$'],
  ['an escaped sign', String.raw`\$5 and $x$`, String.raw`\$5 and $x$`],
];

test.each(cases)('%s', (_name, text, expected) => {
  const marked = markFormulas(text);
  expect(marked).toHaveLength(text.length);
  expect(showDollars(marked)).toBe(expected);
});

test('a dollar sign that is none of a formula is taken from the parser', () => {
  expect(markFormulas('$5 and $6')).not.toContain('$');
  expect(markFormulas('$5 and $x$').match(/\$/g)).toHaveLength(2);
  expect(markFormulas('```sh\n$HOME\n```\n')).toContain('$HOME');
});
