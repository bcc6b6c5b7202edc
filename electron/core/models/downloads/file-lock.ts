// One writer per file, over all processes: a lock file beside it, locked by SQLite as the data folder is (`paths.ts`), so
// that the system drops the lock with the process, however that ends. The lock file goes when the lock is given back.
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Interruption } from './interruption.ts';

export interface FileLock {
  release(): void;
}

/** SQLite's locks hold against other processes and other connections of this one. */
const tries = 5;

/** Takes the lock of `path`; throws an `Interruption` (`busy`) where another process or download has it. */
export function lockFile(path: string, lookAgainMs: number): FileLock {
  const lockPath = `${path}.kangaroo-lock`;
  const busy = () =>
    new Interruption(
      'busy',
      `Another Kangaroo Chat is downloading ${path}. This download goes on when that one is through.`,
      lookAgainMs,
    );
  for (let attempt = 0; attempt < tries; attempt++) {
    closeSync(openSync(lockPath, 'a'));
    const before = inode(lockPath);
    if (before === null) continue;
    const database = new Database(lockPath, { timeout: 0 });
    try {
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw busy();
      throw error;
    }
    // The last owner may have removed the file between the opening and the locking: then this lock keeps nobody out.
    if (inode(lockPath) === before) {
      return {
        release() {
          // On Windows an open file cannot be removed: it is after closing, or stays for the next owner.
          rmSync(lockPath, { force: true, maxRetries: 0 });
          database.close();
        },
      };
    }
    database.close();
  }
  throw busy();
}

function inode(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}
