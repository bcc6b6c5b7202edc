// Chats of before the index of characters: they are found inside of runs of them, and the file of before is kept.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storePath } from '../database.ts';
import { migrate } from '../migrate.ts';
import { openStore } from '../store.ts';
import { chats0001 } from './0001-chats.ts';
import { tree0002 } from './0002-tree.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-migration-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('texts that were there are indexed, those that are being written not, and a copy of the file is kept', () => {
  const old = new Database(storePath(folder));
  migrate(old, () => '', [chats0001, tree0002]);
  old.exec(`
    INSERT INTO chats (key, id, title, title_source, created_at_ms, used_at_ms, leaf_key) VALUES (1, 'c', 'Trip', 'user', 1, 1, 3);
    INSERT INTO messages (key, id, chat_key, depth, role, text, status, created_at_ms) VALUES
      (1, 'old', 1, 0, 'user', '昨日は東京タワーへ行きました', 'complete', 1),
      (2, 'other', 1, 0, 'user', 'in Latin letters', 'complete', 2),
      (3, 'streaming', 1, 0, 'assistant', '東京タワー', 'streaming', 3);
  `);
  old.close();
  const store = openStore(folder);
  expect(store.search('京タワ').map(({ message }) => message?.id)).toEqual(['old']);
  store.close();
  const [backup = '', ...others] = readdirSync(folder).filter((name) => name.endsWith('.backup'));
  expect([backup.startsWith('chats.db.version-2-'), others]).toEqual([true, []]);
  const after = new Database(storePath(folder), { readonly: true });
  expect(after.prepare('SELECT count(*) FROM messages_runs_docsize').pluck().get()).toBe(1);
  after.close();
});
