// The database of the models: what is being downloaded, and what the library remembers. One file, one list of migrations.
// Nothing in it is irreplaceable, so a damaged file is set aside (never deleted) and the app starts with a new one.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KangarooError } from '../../contract/errors.ts';
import { migrate, readVersion } from '../chats/migrate.ts';
import { downloads0001 } from './migrations/0001-downloads.ts';
import { library0002 } from './migrations/0002-library.ts';

const fileName = 'models.db';

/** In order; `user_version` counts those that were run. Never change one that was released: add another. */
const released: readonly string[] = [downloads0001, library0002];

export interface ModelsDatabase {
  database: Database.Database;
  /** Where a damaged file was put, null where there was none. */
  setAsidePath: string | null;
}

export function modelsDatabasePath(dataDir: string): string {
  return join(dataDir, fileName);
}

/** Throws `store-too-new`, `file-not-readable` and `disk-full`. */
export function openModelsDatabase(dataDir: string, nowMs: () => number = Date.now): ModelsDatabase {
  const path = modelsDatabasePath(dataDir);
  try {
    return { database: open(path, nowMs), setAsidePath: null };
  } catch (error) {
    if (!isDamage(error)) throw modelsDatabaseError(error, path);
  }
  const setAsidePath = `${path}.set-aside-${new Date(nowMs()).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, setAsidePath + suffix);
  }
  try {
    return { database: open(path, nowMs), setAsidePath };
  } catch (error) {
    throw modelsDatabaseError(error, path);
  }
}

/** For this run only: where the file cannot be used, the app starts all the same. */
export function temporaryModelsDatabase(): Database.Database {
  return open(':memory:', Date.now);
}

function open(path: string, nowMs: () => number): Database.Database {
  const database = new Database(path);
  try {
    readVersion(database, released.length, 'The list of models and downloads was');
    const check = database.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok') throw new KangarooError('store-damaged', `The list of models in ${path} is damaged.`, String(check));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, (version) => `${path}.version-${version}-${nowMs()}.backup`, released);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  if (error instanceof KangarooError) return error.code === 'store-damaged';
  return error instanceof Database.SqliteError && (error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB');
}

/** SQLite's errors as ours. */
export function modelsDatabaseError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_FULL') {
    return new KangarooError('disk-full', `${path} was not saved: the disk is full. Free some space and try again.`, code);
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    const message = `${path} cannot be opened. Check the rights of the file and of its folder.`;
    return new KangarooError('file-not-readable', message, `${code}: ${error.message}`);
  }
  return new KangarooError('internal', `${path} could not be read or written: ${error.message}`, error.stack);
}
