// The chat store on real files: what is written is there after reopening; files that are too new or damaged stay as they are.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../contract/chats.ts';
import { migrate } from './migrate.ts';
import { openStore, setStoreAside, storePath } from './store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-store-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function message(id: string, over: Partial<Message> = {}): Message {
  return {
    id,
    role: 'assistant',
    text: 'Hüpf 🦘',
    status: 'complete',
    createdAtMs: 5,
    rounds: [
      {
        drafts: [{ id: 7, text: 'Hüpf', confidence: 0.5, source: 'adapter' }],
        accepted: 1,
        token: { id: 8, text: ' ' },
        pieces: [{ id: 7, text: 'Hüpf', origin: 'draft' }],
        draftMs: 1.5,
        verifyMs: 2.5,
        rows: 2,
        mode: 'kangaroo',
        discarded: 2,
        paused: true,
        expectedSpeedup: 0.875,
      },
    ],
    stats: null,
    stopReason: 'end-of-turn',
    error: null,
    speedup: 1.25,
    modelName: 'Llama Joey',
    ...over,
  };
}

const user = (id: string) => message(id, { role: 'user', rounds: [], stopReason: null, speedup: null, modelName: null });

function withChat() {
  const store = openStore(folder);
  store.insertChat({ id: 'a', title: 'First', createdAtMs: 1 });
  return store;
}

describe('chats and messages', () => {
  test('are the same after reopening', () => {
    const store = withChat();
    const messages = [user('1'), message('2', { error: { code: 'busy', message: 'b' } })];
    store.appendMessages('a', messages);
    store.close();
    const again = openStore(folder);
    expect(again.current()).toEqual({ id: 'a', title: 'First', createdAtMs: 1, messages });
    again.close();
  });

  test('that an earlier version wrote have what it did not know yet', () => {
    const store = withChat();
    const stats = { tokens: 5, plainStepMs: 0.5, pausedRounds: 3 } as Message['stats'];
    store.appendMessages('a', [message('1', { stats })]);
    store.close();
    const database = new Database(storePath(folder));
    const remove = (column: string, paths: string) =>
      database.exec(`UPDATE messages SET ${column} = json_remove(${column}, ${paths})`);
    remove('rounds_json', "'$[0].discarded', '$[0].paused', '$[0].expectedSpeedup', '$[0].drafts[0].source'");
    remove('stats_json', "'$.plainStepMs', '$.pausedRounds'");
    database.close();
    const again = openStore(folder);
    const [old] = again.current()?.messages ?? [];
    expect(old?.rounds).toMatchObject([{ accepted: 1, discarded: 0, paused: false, expectedSpeedup: null }]);
    expect(old?.rounds[0]?.drafts).toEqual([{ id: 7, text: 'Hüpf', confidence: 0.5, source: 'adapter' }]);
    expect(old?.stats).toEqual({
      tokens: 5,
      discarded: 0,
      pausedRounds: 0,
      plainStepMs: null,
      lookedUp: 0,
      lookedUpAccepted: 0,
      contextShifts: 0,
      roundsMs: 4,
      computeMs: null,
    });
    again.close();
  });

  test('the chat that was used last is the current one, even where the clock goes back', () => {
    const store = withChat();
    store.insertChat({ id: 'b', title: 'Second', createdAtMs: 1000 });
    expect(store.current()?.id).toBe('b');
    store.touchChat('a', 'Renamed', 10);
    expect(store.current()).toMatchObject({ id: 'a', title: 'Renamed' });
    store.insertChat({ id: 'c', title: 'Third', createdAtMs: 2 });
    expect(store.current()?.id).toBe('c');
    store.close();
  });

  test('a message takes its new state, and another can take its place', () => {
    const store = withChat();
    store.appendMessages('a', [user('1'), message('2', { status: 'streaming' })]);
    store.updateMessage(message('2', { text: 'done', status: 'stopped' }));
    expect(store.find('a')?.messages[1]).toMatchObject({ text: 'done', status: 'stopped' });
    store.replaceMessage('a', '2', message('3'));
    expect(store.find('a')?.messages.map((each) => each.id)).toEqual(['1', '3']);
    store.close();
  });

  test('appending is all or nothing', () => {
    const store = withChat();
    expect(() => store.appendMessages('a', [user('1'), user('1')])).toThrow(expect.objectContaining({ code: 'internal' }));
    expect(store.find('a')?.messages).toEqual([]);
    expect(() => store.appendMessages('nowhere', [user('1')])).toThrow(expect.objectContaining({ code: 'internal' }));
    store.close();
  });

  test('what a dead process left unfinished becomes failed, with what it had', () => {
    const store = withChat();
    store.appendMessages('a', [user('1'), message('2', { status: 'streaming', text: 'so far' })]);
    store.close();
    const again = openStore(folder);
    again.failUnfinished({ code: 'closed', message: 'ended' });
    const [first, second] = again.find('a')?.messages ?? [];
    expect(first).toMatchObject({ status: 'complete', error: null });
    expect(second).toMatchObject({ status: 'failed', text: 'so far', error: { code: 'closed', message: 'ended' } });
    again.close();
  });

  test('an unknown chat is null', () => {
    const store = openStore(folder);
    expect(store.current()).toBeNull();
    expect(store.find('x')).toBeNull();
    store.close();
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
    const store = withChat();
    for (let i = 0; i < 200; i++) store.appendMessages('a', [message(`m${i}`, { text: 'x'.repeat(1000) })]);
    store.close();
    const bytes = readFileSync(storePath(folder));
    bytes.fill(0x5a, 8192, bytes.length - 4096);
    writeFileSync(storePath(folder), bytes);
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    expect(readFileSync(storePath(folder)).equals(bytes)).toBe(true);
  });

  test('that are set aside are kept, and an empty store takes their place', () => {
    writeFileSync(storePath(folder), 'damaged'.repeat(1000));
    const kept = setStoreAside(folder, Date.UTC(2026, 0, 2));
    expect(readFileSync(kept, 'utf8')).toBe('damaged'.repeat(1000));
    const store = openStore(folder);
    expect(store.current()).toBeNull();
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
});
