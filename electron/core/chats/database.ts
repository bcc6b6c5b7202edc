// The chats' database file: opened, checked, brought to this version's schema; SQLite's errors as ours.
// A file that cannot be read is left as it is (`store-damaged`) until somebody asks to set it aside; none is ever deleted.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KangarooError } from '../../contract/errors.ts';
import { backupPathOf, migrate, readVersion, removeOldBackups } from './migrate.ts';

const fileName = 'chats.db';

function damaged(path: string, detail: string): KangarooError {
  const message =
    `The chats in ${path} cannot be read: the file is damaged. Nothing was changed. ` +
    'Set the file aside to start with an empty list; it is kept.';
  return new KangarooError('store-damaged', message, detail);
}

function storeError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_FULL') {
    return new KangarooError('disk-full', 'The chat was not saved: the disk is full. Free some space and try again.', code);
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return damaged(path, `${code}: ${error.message}`);
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    const message = `The chats in ${path} cannot be opened. Check the rights of the file and of its folder.`;
    return new KangarooError('file-not-readable', message, `${code}: ${error.message}`);
  }
  return new KangarooError('internal', `The chats could not be read or written: ${error.message}`, error.stack);
}

export function storePath(dataDir: string): string {
  return join(dataDir, fileName);
}

/**
 * Renames a damaged database and what belongs to it, so that the next start makes a new one. Only at somebody's request.
 * Returns the new path.
 */
export function setStoreAside(dataDir: string, nowMs: number): string {
  const path = storePath(dataDir);
  const target = `${path}.set-aside-${new Date(nowMs).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}

/** Search indexes are left out: they take most of the time, and can be made anew. */
function checkTables(database: Database.Database, path: string): void {
  const tables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'messages_text*' AND name NOT GLOB 'messages_runs*' " +
    "AND name NOT GLOB 'chats_title*'";
  for (const name of ['sqlite_schema', ...database.prepare<[], string>(tables).pluck().all()]) {
    const check = database.pragma(`quick_check('${name}')`, { simple: true });
    if (check !== 'ok') throw damaged(path, `${name}: ${String(check)}`);
  }
}

/** Throws `store-damaged`, `store-too-new`, `file-not-readable`, `disk-full`. */
export function openChatDatabase(dataDir: string): ChatDatabase {
  const path = storePath(dataDir);
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    // A later version's file is not even switched to WAL.
    readVersion(database);
    checkTables(database, path);
    database.pragma('journal_mode = WAL');
    // Every commit reaches the disk: what was shown as stored survives a power cut too.
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, (version) => backupPathOf(path, version, Date.now()));
    removeOldBackups(path);
    return new ChatDatabase(database, path);
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
}

type Parameters = unknown[] | [Record<string, unknown>];

/** Statements that are prepared once, and transactions; what SQLite throws is thrown as ours. */
export class ChatDatabase {
  readonly #database: Database.Database;
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();

  constructor(database: Database.Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** The number of rows that changed, and the key of the last one inserted. */
  run(sql: string, ...parameters: Parameters): { changes: number; key: number } {
    const { changes, lastInsertRowid } = this.#guard(() => this.#prepare(sql).run(...parameters));
    return { changes, key: Number(lastInsertRowid) };
  }

  get<Row>(sql: string, ...parameters: Parameters): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...parameters) as Row | undefined);
  }

  all<Row>(sql: string, ...parameters: Parameters): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...parameters) as Row[]);
  }

  /** All or nothing; may be nested. */
  transact<T>(work: () => T): T {
    return this.#guard(() => this.#database.transaction(work)());
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): Database.Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare<unknown[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return this.#withSearchIndex(work);
    } catch (error) {
      // Who began the transaction tells it, once all of it is undone.
      throw this.#database.inTransaction ? error : storeError(error, this.#path);
    }
  }

  /** A damaged search index is no loss: it is made anew from the texts, and the work is done once more. */
  #withSearchIndex<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const inIndex = error instanceof Database.SqliteError && error.code === 'SQLITE_CORRUPT_VTAB';
      if (!inIndex || this.#database.inTransaction) throw error;
      console.error('The search index of the chats is damaged; it is made anew.');
      for (const name of ['messages_text', 'messages_runs', 'chats_title']) {
        this.#database.exec(`INSERT INTO ${name} (${name}) VALUES ('rebuild')`);
      }
      return work();
    }
  }
}
