// Searching chats as one types: beginnings of words, whatever their case and accents; where the matches are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

describe('scripts that do not part words by spaces', () => {
  test.each([
    ['東京', ['東京', '東京']],
    ['京', ['京', '京']],
    ['東京タワー', ['東京タワー']],
    ['ﾀﾜ', []],
    ['行き 東京タ', ['東京タ', '行き']],
    ['東京Trip', []],
  ])('%s is found anywhere in a run of characters', (query, found) => {
    addChat('a', '旅行', '昨日は東京タワーへ行きました。東京は楽しい。');
    addChat('b', 'Trip', 'The trip was fine');
    const hits = store.search(query);
    expect(hits.flatMap(({ message }) => marked(message?.snippet ?? '', message?.matches ?? []))).toEqual(found);
    expect(ids(hits)).toEqual(found.length > 0 ? ['a0'] : []);
  });

  test('Korean, Thai and Khmer words are found inside of others', () => {
    addChat('ko', 'One', '대한민국에서는 김치찌개를 먹는다');
    addChat('th', 'Two', 'ฉันชอบกินข้าวผัด');
    addChat('km', 'Three', 'ខ្ញុំចូលចិត្តបាយ');
    expect(ids(store.search('찌개'))).toEqual(['ko0']);
    expect(ids(store.search('ข้าว'))).toEqual(['th0']);
    expect(ids(store.search('បាយ'))).toEqual(['km0']);
  });

  test('words of other scripts are found between their characters, and only once', () => {
    addChat('a', 'One', '昨日Kangarooを使った');
    addChat('b', 'Two', 'kangaroo 東京');
    expect(ids(store.search('kangaroo')).toSorted()).toEqual(['a0', 'b0']);
    expect(ids(store.search('kanga 東'))).toEqual(['b0']);
    expect(ids(store.search('東kanga'))).toEqual(['b0']);
  });

  test('titles too', () => {
    addChat('a', '東京への旅行', 'nothing');
    const [hit] = store.search('旅行');
    expect(hit).toMatchObject({ chatId: 'a', message: null });
    expect(marked('東京への旅行', hit?.titleMatches ?? [])).toEqual(['旅行']);
  });

  test('long texts are shown around the match, without half a character', () => {
    addChat('a', 'One', `${'𠮷野家'.repeat(100)}東京${'𠮷野家'.repeat(100)}`);
    const { snippet = '', matches = [] } = store.search('東京')[0]?.message ?? {};
    expect(snippet.length).toBeLessThan(160);
    expect(snippet.isWellFormed()).toBe(true);
    expect(marked(snippet, matches)).toEqual(['東京']);
  });

  test('what is no longer said is no longer found', () => {
    const { key, last } = addChat('a', 'One');
    const answer = makeContent('x', { status: 'streaming' });
    store.messages.append(key, last, answer);
    store.messages.update({ ...answer, status: 'stopped', text: '東京タワー' }, []);
    expect(ids(store.search('京タワ'))).toEqual(['x']);
    store.messages.update({ ...answer, status: 'complete', text: '大阪城公園' }, []);
    expect(store.search('京タワ')).toEqual([]);
    expect(ids(store.search('阪城公'))).toEqual(['x']);
    store.messages.update({ ...answer, status: 'complete', text: 'Osaka' }, []);
    expect(store.search('阪城公')).toEqual([]);
    expect(ids(store.search('osaka'))).toEqual(['x']);
  });
});
