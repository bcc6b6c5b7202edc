// The chat store on real files: what is written is there after reopening; files that are too new or damaged stay as they are.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeContent, makeQuestion, makeStoredRound } from '../testing/make-message.ts';
import { setStoreAside, storePath } from './database.ts';
import { migrate, removeOldBackups } from './migrate.ts';
import { openStore } from './store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-store-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function withChat() {
  const store = openStore(folder);
  const chat = store.chats.insert({ id: 'a', title: 'First', titleSource: 'user', createdAtMs: 1 });
  return { ...store, chat };
}

const branchOf = (store: ReturnType<typeof openStore>, chatId: string) =>
  store.messages.branch(store.chats.find(chatId)?.leafKey ?? null);

describe('chats and messages', () => {
  test('are the same after reopening', () => {
    const { messages, chats, chat, close } = withChat();
    const question = messages.append(chat.key, null, makeQuestion('q'), [{ name: 'ä.txt', text: 'Größe' }]);
    const rounds = [makeStoredRound([], 'Hüpf'), makeStoredRound([' ', '🦘'], '', ['x'])];
    const answer = makeContent('a', { error: { code: 'busy', message: 'b' }, speedup: 1.25 });
    const key = messages.append(chat.key, question, answer);
    messages.update(answer, rounds);
    chats.setDraft(chat.key, 'to be sent');
    chats.setSettings(chat.key, { systemPrompt: 'Be brief.', overrides: { temperature: 0.5 } });
    close();
    const again = openStore(folder);
    expect(again.chats.current()).toMatchObject({
      id: 'a',
      title: 'First',
      draft: 'to be sent',
      settings: { systemPrompt: 'Be brief.', overrides: { temperature: 0.5 } },
    });
    expect(branchOf(again, 'a')).toEqual({
      earlier: 0,
      messages: [
        {
          ...makeQuestion('q'),
          parentId: null,
          siblingIds: ['q'],
          attachments: [{ name: 'ä.txt', sizeBytes: 7 }],
          rounds: [],
          roundCount: 0,
        },
        { ...answer, parentId: 'q', siblingIds: ['a'], attachments: [], rounds: [], roundCount: 2 },
      ],
    });
    expect(again.messages.rounds(key)).toEqual(rounds);
    expect(again.messages.attachments(question)).toEqual([{ name: 'ä.txt', text: 'Größe' }]);
    again.close();
  });

  test('the chat that was made current last is; else the one used last, even where the clock goes back', () => {
    const { chats, chat, close } = withChat();
    chats.insert({ id: 'b', title: 'Second', titleSource: 'user', createdAtMs: 1000 });
    expect(chats.current()?.id).toBe('b');
    chats.touch(chat.key, 10);
    expect(chats.current()?.id).toBe('a');
    chats.makeCurrent('b');
    expect(chats.current()?.id).toBe('b');
    chats.trash(chats.find('b')?.key ?? 0, 1);
    expect(chats.current()?.id).toBe('a');
    expect(chats.find('b')).toBeNull();
    close();
  });

  test('rounds are appended, and joined when the answer is finished', () => {
    const { messages, chat, close } = withChat();
    const streaming = makeContent('m', { status: 'streaming', text: 'not stored yet' });
    const key = messages.append(chat.key, null, streaming);
    const rounds = Array.from({ length: 9 }, (_, place) => makeStoredRound(['so'], ` ${place}`));
    const database = new Database(storePath(folder), { readonly: true });
    const chunks = () => database.prepare('SELECT count(*) FROM rounds').pluck().get();
    for (let at = 0; at < 9; at += 3) {
      messages.update(streaming, rounds.slice(at, at + 3));
      expect(chunks()).toBe(at / 3 + 1);
      expect(messages.rounds(key)).toEqual(rounds.slice(0, at + 3));
    }
    messages.update({ ...streaming, status: 'complete', text: 'whole' }, []);
    expect(chunks()).toBe(1);
    expect(messages.rounds(key)).toEqual(rounds);
    expect(messages.find(chat.key, 'm')?.message).toMatchObject({ text: 'whole', status: 'complete', roundCount: 9 });
    database.close();
    close();
  });

  test('answers that were never finished fail with what their rounds say', () => {
    const { messages, chat, close } = withChat();
    messages.append(chat.key, null, makeContent('1'));
    const cut = makeContent('2', { status: 'streaming', text: '' });
    messages.append(chat.key, null, cut);
    messages.update(cut, [makeStoredRound(['so'], ' far')]);
    // One that was continued, and said something before there were rounds of it.
    const continued = makeContent('3', { status: 'streaming' });
    messages.append(chat.key, null, continued);
    messages.update(continued, [makeStoredRound([], ' on')], 'It goes');
    close();
    const again = openStore(folder);
    again.messages.failUnfinished({ code: 'closed', message: 'ended' });
    const find = (id: string) => again.messages.find(chat.key, id)?.message;
    expect(find('1')).toMatchObject({ status: 'complete', error: null });
    expect(find('2')).toMatchObject({ status: 'failed', text: 'so far', error: { code: 'closed', message: 'ended' } });
    expect(find('3')).toMatchObject({ status: 'failed', text: 'It goes on' });
    expect(again.search('goes')).toMatchObject([{ message: { id: '3' } }]);
    again.close();
  });

  test('all of a transaction or nothing', () => {
    const { messages, chat, transact, close } = withChat();
    const twice = () => {
      messages.append(chat.key, null, makeContent('1'));
      messages.append(chat.key, null, makeContent('1'));
    };
    expect(() => transact(twice)).toThrow(expect.objectContaining({ code: 'internal' }));
    expect(messages.keys(chat.key)).toEqual([]);
    close();
  });
});

describe('files', () => {
  test('of a later version are refused and stay as they are', () => {
    withChat().close();
    const database = new Database(storePath(folder));
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(storePath(folder));
    expect(() => openStore(folder)).toThrow(
      expect.objectContaining({ code: 'store-too-new', message: expect.stringContaining('schema 99') }),
    );
    expect(readFileSync(storePath(folder)).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['chats.db']);
  });

  test('that are no database are refused and stay as they are', () => {
    writeFileSync(storePath(folder), 'this is no database, and long enough to be one'.repeat(100));
    const before = readFileSync(storePath(folder));
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    expect(readFileSync(storePath(folder)).equals(before)).toBe(true);
  });

  test('with damaged pages are refused and stay as they are', () => {
    const { messages, chat, close } = withChat();
    for (let i = 0; i < 200; i++) messages.append(chat.key, null, makeContent(`m${i}`, { text: 'x'.repeat(1000) }));
    close();
    const bytes = readFileSync(storePath(folder));
    bytes.fill(0x5a, 8192, bytes.length - 4096);
    writeFileSync(storePath(folder), bytes);
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    expect(readFileSync(storePath(folder)).equals(bytes)).toBe(true);
  });

  test('with a damaged search index get a new one', () => {
    const { messages, chat, close } = withChat();
    for (let i = 0; i < 50; i++) messages.append(chat.key, null, makeQuestion(`m${i}`, `needle ${i}`));
    close();
    const database = new Database(storePath(folder));
    database.unsafeMode(true);
    database.exec("UPDATE messages_text_data SET block = x'ffffffffffffffff'");
    database.close();
    const again = openStore(folder);
    again.messages.append(chat.key, null, makeQuestion('new', 'another needle'));
    expect(again.search('another')).toHaveLength(1);
    expect(again.search('needle 7')).toMatchObject([{ message: { id: 'm7' } }]);
    again.close();
  });

  test('that are set aside are kept, and an empty store takes their place', () => {
    writeFileSync(storePath(folder), 'damaged'.repeat(1000));
    const kept = setStoreAside(folder, Date.UTC(2026, 0, 2));
    expect(readFileSync(kept, 'utf8')).toBe('damaged'.repeat(1000));
    const store = openStore(folder);
    expect(store.chats.current()).toBeNull();
    store.close();
  });
});

describe('migrations', () => {
  const first = 'CREATE TABLE t (a TEXT) STRICT';
  const second = 'ALTER TABLE t ADD COLUMN b TEXT';
  const path = () => join(folder, 'm.db');
  const backup = (version: number) => join(folder, `backup-${version}`);

  test('run once each, and copy the file before they change it', () => {
    const database = new Database(path());
    database.pragma('journal_mode = WAL');
    migrate(database, backup, [first]);
    database.exec("INSERT INTO t VALUES ('kept')");
    expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual([]);
    migrate(database, backup, [first, second]);
    migrate(database, backup, [first, second]);
    expect(database.prepare('SELECT * FROM t').all()).toEqual([{ a: 'kept', b: null }]);
    database.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual(['backup-1']);
    const copy = new Database(backup(1));
    expect(copy.prepare('SELECT * FROM t').all()).toEqual([{ a: 'kept' }]);
    expect(copy.pragma('user_version', { simple: true })).toBe(1);
    copy.close();
  });

  test('that fail change nothing', () => {
    const database = new Database(path());
    migrate(database, backup, [first]);
    expect(() => migrate(database, backup, [first, `${second}; CREATE NONSENSE`])).toThrow();
    expect(database.pragma('user_version', { simple: true })).toBe(1);
    expect(database.prepare('SELECT * FROM t').columns()).toHaveLength(1);
    database.close();
  });

  test('leave the newest three backups', () => {
    const path = storePath(folder);
    const name = (day: number, version: number) => `chats.db.version-${version}-2026-01-0${day}T00-00-00.000Z.backup`;
    for (const day of [3, 1, 5, 2, 4]) writeFileSync(join(folder, name(day, 6 - day)), '');
    writeFileSync(join(folder, 'chats.db.set-aside-2026'), '');
    removeOldBackups(path);
    expect(readdirSync(folder).toSorted()).toEqual(['chats.db.set-aside-2026', name(5, 1), name(4, 2), name(3, 3)]);
  });
});
