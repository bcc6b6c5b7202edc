// The list of chats as pages follow it: what is told when something changes, folders, presets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import type { ChatListEvent } from '../../contract/chat-list.ts';
import { makeQuestion } from '../testing/make-message.ts';
import { ChatLists } from './lists.ts';
import { Shelf } from './shelf.ts';

let folder = '';
let shelf: Shelf;
let lists: ChatLists;
const answering = new Set<string>();
const invalid = expect.objectContaining({ code: 'invalid-argument' });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-lists-'));
  shelf = new Shelf(folder);
  lists = new ChatLists(shelf, (id) => answering.has(id));
  answering.clear();
});

afterEach(() => {
  lists.close();
  shelf.close();
  rmSync(folder, { recursive: true, force: true });
});

const insert = (id: string) => shelf.store.chats.insert({ id, title: id, titleSource: 'user', createdAtMs: 1 });

async function next(events: AsyncIterator<ChatListEvent>): Promise<ChatListEvent> {
  const { value, done } = await events.next();
  if (done) throw new Error('the events ended');
  return value;
}

describe('the list', () => {
  test('comes whole, then what changes', async () => {
    const chat = insert('a');
    insert('b');
    const events = lists.watch()[Symbol.asyncIterator]();
    expect(await next(events)).toMatchObject({ type: 'snapshot', chats: [{ id: 'b' }, { id: 'a' }], folders: [] });
    shelf.store.messages.append(chat.key, null, makeQuestion('q', '  What is\n a kangaroo? '));
    answering.add('a');
    lists.changed('a');
    expect(await next(events)).toMatchObject({
      type: 'chat',
      chat: { id: 'a', firstWords: 'What is a kangaroo?', answering: true, pinned: false },
    });
    shelf.store.chats.trash(chat.key, 5);
    lists.changed('a');
    expect(await next(events)).toEqual({ type: 'removed', chatId: 'a' });
  });

  test('a page that lags gets one snapshot in place of all that', async () => {
    insert('a');
    const events = lists.watch()[Symbol.asyncIterator]();
    for (let i = 0; i < 300; i++) lists.changed('a');
    expect((await next(events)).type).toBe('snapshot');
    // Some were queued behind the second snapshot.
    let waiting = 0;
    lists.close();
    while (!(await events.next()).done) waiting += 1;
    expect(waiting).toBeLessThan(256);
  });
});

describe('folders', () => {
  test('are made, renamed, and deleted without their chats', async () => {
    const chat = insert('a');
    const events = lists.watch()[Symbol.asyncIterator]();
    await next(events);
    const work = lists.createFolder(' Work ');
    expect(work.name).toBe('Work');
    expect(await next(events)).toEqual({ type: 'folders', folders: [work] });
    lists.renameFolder(work.id, 'work');
    expect(await next(events)).toMatchObject({ folders: [{ name: 'work' }] });
    shelf.store.chats.setFolder(chat.key, work.id);
    lists.deleteFolder(work.id);
    expect(await next(events)).toMatchObject({ type: 'snapshot', folders: [], chats: [{ id: 'a', folderId: null }] });
  });

  test('have names of their own', () => {
    const { id } = lists.createFolder('Work');
    const other = lists.createFolder('Home');
    for (const name of ['work', '', '  ', 'two\nlines', 'x'.repeat(101), 5 as never]) {
      expect(() => lists.createFolder(name)).toThrow(invalid);
      expect(() => lists.renameFolder(other.id, name)).toThrow(invalid);
    }
    expect(() => lists.renameFolder('nowhere', 'x')).toThrow(invalid);
    expect(() => lists.deleteFolder('nowhere')).toThrow(invalid);
    expect(lists.requireFolder(id)).toBe(id);
  });
});

describe('presets', () => {
  const brief = { name: 'Brief', systemPrompt: 'Be brief.', overrides: { temperature: 0.5 } };

  test('are kept, changed and deleted, and pages are told', async () => {
    const events = lists.watchPresets()[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual([]);
    const saved = lists.savePreset(brief);
    expect(saved).toEqual({ ...brief, id: saved.id });
    expect((await events.next()).value).toEqual([saved]);
    lists.savePreset({ ...saved, systemPrompt: 'Be very brief.' });
    expect((await events.next()).value).toMatchObject([{ id: saved.id, systemPrompt: 'Be very brief.' }]);
    lists.deletePreset(saved.id);
    expect((await events.next()).value).toEqual([]);
  });

  test('that are none are refused', () => {
    const saved = lists.savePreset(brief);
    const refused = [
      brief,
      { ...brief, name: 'BRIEF' },
      { ...brief, name: 'Other', overrides: { temperature: 9 } },
      { ...brief, name: 'Other', overrides: { theme: 'dark' } },
      { ...brief, name: 'Other', systemPrompt: 5 },
      { ...brief, name: '' },
      { ...saved, id: 'gone' },
      null,
    ];
    for (const each of refused) expect(() => lists.savePreset(each)).toThrow(invalid);
    expect(shelf.store.presets.list()).toEqual([saved]);
  });
});
