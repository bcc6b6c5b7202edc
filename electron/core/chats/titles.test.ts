// What a small model answers when it is asked for a title, and what of that is one.
import { expect, test } from 'vitest';
import { titleFrom } from './titles.ts';

const conversation =
  'How high can a kangaroo jump?\nA kangaroo can jump up to three metres high. Größe spielt eine Rolle. 袋鼠会跳';

test.each([
  ['Kangaroo Jump Heights', 'Kangaroo Jump Heights'],
  ['  "How Kangaroos Jump."\n', 'How Kangaroos Jump'],
  ['Title: **Jumping kangaroos**', 'Jumping kangaroos'],
  ['# Die Größe der Sprünge', 'Die Größe der Sprünge'],
  ['袋鼠的跳跃', '袋鼠的跳跃'],
])('%j is one', (answer, title) => {
  expect(titleFrom(answer, conversation)).toBe(title);
});

test.each([
  ['nothing', ' \n'],
  ['no words', '... ???'],
  ['several lines', 'Kangaroos\nThey jump.'],
  ['too long', `Kangaroo ${'jump '.repeat(20)}`],
  ['chat', 'Sure, kangaroos jump'],
  ['the first person', 'I think kangaroos jump'],
  ['another matter', 'The Fox and the Garden'],
  ['one word again and again', 'Kangaroo kangaroo kangaroo jump kangaroo'],
  ['a sentence of the answer', 'A kangaroo can jump up to three metres high'],
  ['a template that leaked', '<|assistant|> Kangaroo'],
])('%s is none', (_name, answer) => {
  expect(titleFrom(answer, conversation)).toBeNull();
});
