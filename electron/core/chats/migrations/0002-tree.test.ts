// A database that the first version wrote, with what its engine said: everything is there after the migration.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeStoredRound } from '../../testing/make-message.ts';
import { storePath } from '../database.ts';
import { migrate } from '../migrate.ts';
import { openStore } from '../store.ts';
import { chats0001 } from './0001-chats.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-migration-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rounds = [
  { ...makeStoredRound([], 'Hüpf'), rows: 0 },
  makeStoredRound([' ', '🦘'], '!', [' no']),
  makeStoredRound([], '.'),
];
const stats = { promptTokens: 20, tokens: 5, contextShifts: 1, plainStepMs: 0.5, roundsMs: 9 };
/** As rounds and statistics were before automatic drafting and copies. */
const oldRounds = rounds.map(({ discarded: _d, paused: _p, expectedSpeedup: _e, drafts, ...round }) => {
  return { ...round, drafts: drafts.map(({ source: _s, ...draft }) => draft) };
});

function writeOld(): void {
  const database = new Database(storePath(folder));
  database.pragma('journal_mode = WAL');
  database.pragma('foreign_keys = ON');
  migrate(database, () => '', [chats0001]);
  const chat = database.prepare('INSERT INTO chats VALUES (?, ?, ?, ?)');
  chat.run('empty', 'New chat', 3, 30);
  chat.run('long', 'How high?', 1, 40);
  chat.run('short', 'Hi', 2, 20);
  const message = database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const user = (id: string, chatId: string, position: number, text: string) =>
    message.run(id, chatId, position, 'user', text, 'complete', position, '[]', null, null, null, null, null);
  // Positions have holes where an answer was replaced.
  user('q1', 'long', 0, 'How high?');
  message.run(
    'a1',
    'long',
    2,
    'assistant',
    'Hüpf 🦘!.',
    'complete',
    2,
    JSON.stringify(rounds),
    JSON.stringify(stats),
    'end-of-turn',
    null,
    1.25,
    'Joey',
  );
  user('q2', 'long', 3, 'Again');
  message.run(
    'a2',
    'long',
    5,
    'assistant',
    'Hüpf 🦘!.',
    'stopped',
    5,
    JSON.stringify(oldRounds),
    JSON.stringify({ tokens: 5 }),
    'cancelled',
    null,
    null,
    'Joey',
  );
  user('q3', 'short', 0, 'Hi');
  message.run(
    'a3',
    'short',
    1,
    'assistant',
    'so far',
    'streaming',
    1,
    JSON.stringify([makeStoredRound(['so'], ' far')]),
    null,
    null,
    null,
    null,
    null,
  );
  database.close();
}

test('chats, messages, rounds and figures are kept, and can be found', () => {
  writeOld();
  const store = openStore(folder);
  expect(store.chats.list().map(({ id, title, firstWords }) => [id, title, firstWords])).toEqual([
    ['long', 'How high?', 'How high?'],
    ['empty', 'New chat', ''],
    ['short', 'Hi', 'Hi'],
  ]);
  const chat = store.chats.current();
  expect(chat).toMatchObject({ id: 'long', titleSource: 'text', folderId: null, pinned: false, draft: '' });
  expect(store.chats.find('empty')).toMatchObject({ titleSource: 'none', leafKey: null });
  const { messages, earlier } = store.messages.branch(chat?.leafKey ?? null);
  expect(earlier).toBe(0);
  expect(messages.map(({ id, parentId, siblingIds, status }) => [id, parentId, siblingIds, status])).toEqual([
    ['q1', null, ['q1'], 'complete'],
    ['a1', 'q1', ['a1'], 'complete'],
    ['q2', 'a1', ['q2'], 'complete'],
    ['a2', 'q2', ['a2'], 'stopped'],
  ]);
  expect(messages[1]).toMatchObject({
    text: 'Hüpf 🦘!.',
    stats: { ...stats, discarded: 0, lookedUp: 0, computeMs: null },
    stopReason: 'end-of-turn',
    speedup: 1.25,
    modelName: 'Joey',
    roundCount: 3,
    continuations: 0,
    answeredWith: null,
  });
  const key = (id: string) => store.messages.find(chat?.key ?? 0, id)?.key ?? 0;
  expect(store.messages.rounds(key('a1'))).toEqual(rounds);
  const filled = rounds.map((round) => ({ ...round, discarded: 0, paused: false, expectedSpeedup: null }));
  expect(store.messages.rounds(key('a2'))).toEqual(filled);
  expect(messages[3]?.stats).toMatchObject({ tokens: 5, roundsMs: 11.25, pausedRounds: 0, plainStepMs: null });
  expect(
    store
      .search('hupf')
      .map(({ message }) => message?.id)
      .toSorted(),
  ).toEqual(['a1', 'a2']);
  store.close();
});

test('an answer that was being written keeps its text once', () => {
  writeOld();
  const store = openStore(folder);
  store.messages.failUnfinished({ code: 'closed', message: 'ended' });
  const leafKey = store.chats.find('short')?.leafKey ?? null;
  expect(store.messages.branch(leafKey).messages.at(-1)).toMatchObject({ id: 'a3', status: 'failed', text: 'so far' });
  store.close();
});

test('the file is copied before, and a second start changes nothing', () => {
  writeOld();
  openStore(folder).close();
  const backups = () => readdirSync(folder).filter((name) => name.endsWith('.backup'));
  expect(backups()).toEqual([expect.stringMatching(/^chats\.db\.version-1-\d{4}-\d\d-\d\dT[\d.-]+Z\.backup$/)]);
  const copy = new Database(join(folder, backups()[0] ?? ''), { readonly: true });
  expect(copy.prepare('SELECT rounds_json FROM messages WHERE id = ?').pluck().get('a1')).toBe(JSON.stringify(rounds));
  copy.close();
  openStore(folder).close();
  expect(backups()).toHaveLength(1);
  const database = new Database(storePath(folder), { readonly: true });
  expect(database.pragma('foreign_key_check')).toEqual([]);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('user_version', { simple: true })).toBe(3);
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%0001%'").all()).toEqual([]);
  database.close();
});
