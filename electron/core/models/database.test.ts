// The models' database on real files: a damaged one is set aside and kept, a later version's stays as it is.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsDatabasePath, openModelsDatabase } from './database.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-models-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('opens twice in a row with the same contents', () => {
  const first = openModelsDatabase(folder);
  first.database.exec(
    `INSERT INTO downloads (id, name, endpoint, repo, revision, folder, position, state, added_at_ms)
     VALUES ('a', 'n', 'e', 'r', 'v', 'f', 0, 'queued', 1)`,
  );
  first.database.close();
  const second = openModelsDatabase(folder);
  expect(second.setAsidePath).toBeNull();
  expect(second.database.prepare('SELECT id FROM downloads').all()).toEqual([{ id: 'a' }]);
  second.database.close();
});

test.each([
  ['no database at all', (path: string) => writeFileSync(path, 'x'.repeat(9000))],
  [
    'a torn page',
    (path: string) => {
      openModelsDatabase(folder).database.close();
      const bytes = readFileSync(path);
      bytes.fill(0xff, 4096, 4096 * 2);
      writeFileSync(path, bytes);
    },
  ],
])('%s is set aside, unchanged, and the app goes on with a new file', (_name, damage) => {
  const path = modelsDatabasePath(folder);
  damage(path);
  const bytes = readFileSync(path);
  const { database, setAsidePath } = openModelsDatabase(folder, () => 0);
  database.close();
  expect(setAsidePath).toBe(`${path}.set-aside-1970-01-01T00-00-00.000Z`);
  expect(readFileSync(setAsidePath ?? '')).toEqual(bytes);
});

test("a later version's file is refused and left as it is", () => {
  const path = modelsDatabasePath(folder);
  const later = new Database(path);
  later.pragma('user_version = 999');
  later.close();
  const bytes = readFileSync(path);
  expect(() => openModelsDatabase(folder)).toThrow(expect.objectContaining({ code: 'store-too-new' }));
  expect(readFileSync(path)).toEqual(bytes);
  expect(readdirSync(folder)).toEqual(['models.db']);
});
