// Splitting a growing text gives the same blocks as splitting the whole, and keeps those that can no longer change.
import { expect, test } from 'vitest';
import { BlockSplitter, splitBlocks } from './blocks.ts';

const texts: [name: string, text: string][] = [
  ['paragraphs', 'One.\n\nTwo,\nstill two.\n\n\nThree.'],
  ['a number that becomes a list item', 'Intro\n\n1. a\n\n2. b\n\n10. c\n\nEnd'],
  ['dashes that become a rule, a heading or a list', 'Title\n---\n\n- a\n\n--- \n\n- b\n- c\n\nText\n==='],
  ['a fence with blank lines', 'Code:\n\n```js\na\n\n\nb\n```\n\nAfter'],
  ['a table', 'Intro\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter'],
  ['indented code', 'Text\n\n    code\n\n    more\n\nText'],
  ['a quote with a list', '> - a\n> - b\n\n> c\n\nd'],
  ['HTML', '<div>\n\ntext\n\n</div>\n\nText'],
  ['windows line ends', 'One\r\n\r\n- a\r\n- b\r\n\r\nTwo'],
];

test.each(texts)('%s: growing character by character ends like the whole', (_name, text) => {
  const splitter = new BlockSplitter();
  for (let end = 1; end < text.length; end += 1) {
    const beginning = text.slice(0, end);
    expect(splitter.split(beginning)).toEqual(splitBlocks(beginning, null));
  }
  expect(splitter.split(text)).toEqual(splitBlocks(text, null));
});

test.each(texts)('%s: each block is the text at its place', (_name, text) => {
  for (const block of splitBlocks(text, null).blocks) {
    expect(text.slice(block.start, block.start + block.source.length)).toBe(block.source);
  }
});

test('finished blocks are the same objects after more text', () => {
  const splitter = new BlockSplitter();
  const before = splitter.split('A\n\nB\n\nC\n\nD');
  const after = splitter.split('A\n\nB\n\nC\n\nD and more');
  expect(after.blocks[0]).toBe(before.blocks[0]);
  expect(after.blocks[1]).toBe(before.blocks[1]);
  expect(after.blocks[3]?.source).toBe('D and more');
});

test('link definitions are gathered, an address still being written is not kept', () => {
  const splitter = new BlockSplitter();
  splitter.split('See [it].\n\n[it]: https://exam');
  expect(splitter.split('See [it].\n\n[it]: https://example.org/\n\nEnd').definitions).toBe('[it]: https://example.org/');
});

test('a text with footnotes is one block', () => {
  const text = 'A[^1]\n\nB\n\n[^1]: Note';
  expect(splitBlocks(text, null).blocks).toEqual([{ start: 0, source: text, isDefinition: false }]);
});

test('another text starts anew', () => {
  const splitter = new BlockSplitter();
  splitter.split('A\n\nB\n\nC');
  expect(splitter.split('X').blocks).toEqual([{ start: 0, source: 'X', isDefinition: false }]);
});
