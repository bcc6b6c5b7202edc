// What a few letters find in the command palette.
import { expect, test } from 'vitest';
import { matching } from './match.ts';

const titles = ['New chat', 'Chat settings', 'Settings', 'Écrire un poème', 'Load Starter 7M (Q8_0)'];
const find = (query: string) => matching(titles, (title) => title, query);

test('an empty query finds all, in their order', () => expect(find(' ')).toEqual(titles));

test('what begins with the word comes before what only has it', () => {
  expect(find('set')).toEqual(['Settings', 'Chat settings']);
  expect(find('chat')).toEqual(['Chat settings', 'New chat']);
});

test('every word must be there, in any order, whatever its accents', () => {
  expect(find('poeme ecrire')).toEqual(['Écrire un poème']);
  expect(find('chat nothing')).toEqual([]);
});

test('signs mean themselves', () => expect(find('(q8')).toEqual(['Load Starter 7M (Q8_0)']));
