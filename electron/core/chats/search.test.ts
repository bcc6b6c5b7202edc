// Searching chats as one types: beginnings of words, whatever their case and accents; where the matches are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SearchHit } from '../../contract/chat-list.ts';
import { makeContent, makeQuestion } from '../testing/make-message.ts';
import { openStore, type ChatStore } from './store.ts';

let folder = '';
let store: ChatStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-search-'));
  store = openStore(folder);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function addChat(id: string, title: string, ...texts: string[]): { key: number; last: number | null } {
  const { key } = store.chats.insert({ id, title, titleSource: 'user', createdAtMs: 1 });
  let last: number | null = null;
  for (const [place, text] of texts.entries()) last = store.messages.append(key, last, makeQuestion(`${id}${place}`, text));
  return { key, last };
}

/** What of a text is marked. */
const marked = (text: string, ranges: SearchHit['titleMatches']) =>
  ranges.map(({ start, length }) => text.slice(start, start + length));
const ids = (hits: SearchHit[]) => hits.map(({ chatId, message }) => message?.id ?? chatId);

test('finds beginnings of words in titles and texts, and says where', () => {
  addChat('a', 'Über Känguruhs', 'Wie hoch hüpft ein Känguru? 🦘 Und ein KÄNGURUH?');
  addChat('b', 'Cooking', 'A recipe for soup');
  const hits = store.search('kangur');
  expect(ids(hits)).toEqual(['a', 'a0']);
  const [title, text] = hits;
  expect(marked('Über Känguruhs', title?.titleMatches ?? [])).toEqual(['Känguruhs']);
  expect(title?.message).toBeNull();
  expect(text?.message?.role).toBe('user');
  expect(marked(text?.message?.snippet ?? '', text?.message?.matches ?? [])).toEqual(['Känguru', 'KÄNGURUH']);
  expect(marked('Über Känguruhs', text?.titleMatches ?? [])).toEqual(['Känguruhs']);
});

test('all words must be there', () => {
  addChat('a', 'One', 'the quick brown fox');
  addChat('b', 'Two', 'the quick red fox');
  expect(ids(store.search('qui fox red'))).toEqual(['b0']);
  expect(ids(store.search('quick fox')).toSorted()).toEqual(['a0', 'b0']);
  expect(store.search('uick')).toEqual([]);
});

test.each(['', '   ', '"', '* (', '-- OR', 'NEAR(', 'text:', "';DROP TABLE chats", '\u{fdd0}', '"a" AND'])(
  'a query like %j is no syntax',
  (query) => {
    addChat('a', 'One', 'nothing to see');
    expect(store.search(query)).toEqual([]);
  },
);

test('long texts are shown around the match', () => {
  addChat('a', 'One', `${'before '.repeat(200)}needle ${'after '.repeat(200)}`);
  const [hit] = store.search('needle');
  const { snippet = '', matches = [] } = hit?.message ?? {};
  expect(snippet.length).toBeLessThan(300);
  expect(snippet.startsWith('…') && snippet.endsWith('…')).toBe(true);
  expect(marked(snippet, matches)).toEqual(['needle']);
});

test('follows what changes: titles, edits of answers, the trash and what is deleted', () => {
  const { key, last } = addChat('a', 'One', 'first words');
  const answer = makeContent('x', { status: 'streaming' });
  store.messages.append(key, last, answer);
  expect(store.search('streaming')).toEqual([]);
  store.messages.update({ ...answer, status: 'stopped', text: 'streaming no more' }, []);
  expect(ids(store.search('streaming'))).toEqual(['x']);
  // Continued: not found while it is written, then with all it says.
  store.messages.update(answer, [], 'streaming no more');
  expect(store.search('streaming')).toEqual([]);
  store.messages.update({ ...answer, status: 'complete', text: 'streaming once more' }, []);
  expect(ids(store.search('once'))).toEqual(['x']);
  store.chats.setTitle(key, 'Another', 'user');
  expect(store.search('one')).toEqual([]);
  expect(ids(store.search('another'))).toEqual(['a']);
  const found = store.messages.find(key, 'x');
  if (found) store.messages.remove(key, found, 1);
  expect(store.search('once')).toEqual([]);
  store.messages.restore(key, 'x');
  expect(ids(store.search('once'))).toEqual(['x']);
  store.chats.trash(key, 1);
  expect([...store.search('once'), ...store.search('another')]).toEqual([]);
});

test('at most fifty', () => {
  addChat('a', 'One', ...Array.from({ length: 80 }, (_, place) => `again ${place}`));
  expect(store.search('again')).toHaveLength(50);
});
