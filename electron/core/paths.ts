// Where the app keeps its data, and the lock that keeps a second instance out of it.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { KangarooError } from '../contract/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `KANGAROO_DATA_DIR`, or the place that the system has for an application's data. */
export function defaultDataDir(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env['KANGAROO_DATA_DIR']) return resolve(env['KANGAROO_DATA_DIR']);
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Kangaroo Chat');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Kangaroo Chat');
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'kangaroo-chat');
}

export interface DataDirLock {
  release(): void;
}

/** Creates the app's data folder where needed and takes it for this process; throws `busy` where another one has it. */
export function lockDataDir(dataDir: string): DataDirLock {
  return lockFolder(
    dataDir,
    `Kangaroo Chat is already running with the data folder ${dataDir}. Close it first, or set KANGAROO_DATA_DIR to another folder.`,
  );
}

/**
 * The same for any folder; `busy` is the message where another process has it. The lock is SQLite's own on a file of ours: the
 * system drops it with the process, however that ends.
 */
export function lockFolder(folder: string, busy: string): DataDirLock {
  let database: Database.Database;
  try {
    mkdirSync(folder, { recursive: true });
    database = new Database(join(folder, 'lock'), { timeout: 0 });
  } catch (error) {
    throw new KangarooError('file-not-readable', `The folder ${folder} cannot be used. Check its rights.`, String(error));
  }
  try {
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new KangarooError('busy', busy);
    }
    throw new KangarooError('file-not-readable', `The folder ${folder} cannot be locked. Check its rights.`, String(error));
  }
  return { release: () => database.close() };
}
