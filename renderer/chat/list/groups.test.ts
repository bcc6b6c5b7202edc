// Headings and order of the chat list.
import { expect, test } from 'vitest';
import type { ChatEntry } from '../../../electron/contract/chat-list.ts';
import { groupChats } from './groups.ts';

const now = new Date(2026, 2, 15, 9, 30).getTime();
const hours = 3_600_000;

function entry(id: string, usedAtMs: number, rest: Partial<ChatEntry> = {}): ChatEntry {
  return { id, title: id, folderId: null, pinned: false, createdAtMs: 0, usedAtMs, answering: false, firstWords: '', ...rest };
}

test('chats stand under the date of their last use, newest first', () => {
  const { dates } = groupChats(
    [
      entry('old', new Date(2025, 10, 2).getTime()),
      entry('this morning', now - 2 * hours),
      entry('last evening', now - 12 * hours),
      entry('now', now),
      entry('days ago', now - 4 * 24 * hours),
      entry('weeks ago', now - 20 * 24 * hours),
    ],
    [],
    now,
  );
  expect(dates.map(({ title, chats }) => [title, chats.map(({ id }) => id)])).toEqual([
    ['Today', ['now', 'this morning']],
    ['Yesterday', ['last evening']],
    ['Previous 7 days', ['days ago']],
    ['Previous 30 days', ['weeks ago']],
    ['November 2025', ['old']],
  ]);
});

test('a chat appears once: pinned before its folder, its folder before its date', () => {
  const folders = [{ id: 'f', name: 'Work' }];
  const grouped = groupChats(
    [entry('pinned', now, { pinned: true, folderId: 'f' }), entry('in folder', now, { folderId: 'f' }), entry('free', now)],
    folders,
    now,
  );
  expect(grouped.pinned.map(({ id }) => id)).toEqual(['pinned']);
  expect(grouped.folders[0]?.chats.map(({ id }) => id)).toEqual(['in folder']);
  expect(grouped.dates.flatMap(({ chats }) => chats.map(({ id }) => id))).toEqual(['free']);
});

test('a chat of a folder that is gone is not lost', () => {
  const { dates } = groupChats([entry('a', now, { folderId: 'gone' })], [], now);
  expect(dates[0]?.chats).toHaveLength(1);
});
