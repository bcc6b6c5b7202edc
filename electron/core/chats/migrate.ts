// Brings a database to this version's schema, one migration after the other, with a copy of the file before.
// A database of a later version is refused before anything is written.
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { KangarooError } from '../../contract/errors.ts';
import { chats0001 } from './migrations/0001-chats.ts';
import { tree0002 } from './migrations/0002-tree.ts';
import { runs0003 } from './migrations/0003-runs.ts';

/** SQL, or what does the work itself; inside a transaction. */
export type Migration = string | ((database: Database) => void);

/** In order; `user_version` counts those that were run. Never change one that was released: add another. */
const released: readonly Migration[] = [chats0001, tree0002, runs0003];

/** Backups of one database that are kept, the newest. */
const keptBackups = 3;

/** What the file says; throws `store-too-new`, which names the file's `contents`. Writes nothing. */
export function readVersion(database: Database, known = released.length, contents = 'The chats were'): number {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > known) {
    throw new KangarooError(
      'store-too-new',
      `${contents} written by a later version of Kangaroo Chat (schema ${version}, this one knows ${known}). ` +
        'Nothing was changed. Install that version again, or use another data folder.',
    );
  }
  return version;
}

/** Each migration is one transaction: a crash leaves the one before it. `VACUUM INTO` copies what the WAL holds too. */
export function migrate(
  database: Database,
  backupPath: (version: number) => string,
  migrations: readonly Migration[] = released,
): void {
  const version = readVersion(database, migrations.length);
  if (version > 0 && version < migrations.length) database.prepare('VACUUM INTO ?').run(backupPath(version));
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      if (typeof migration === 'string') database.exec(migration);
      else migration(database);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/** `chats.db.version-1-2026-11-25T14-03-05.123Z.backup`. */
export function backupPathOf(path: string, version: number, nowMs: number): string {
  return `${path}.version-${version}-${new Date(nowMs).toISOString().replaceAll(':', '-')}.backup`;
}

/** Removes all but the newest backups of this database. What cannot be removed stays. */
export function removeOldBackups(path: string): void {
  const backup = /\.version-\d+-(.+)\.backup$/;
  const dateOf = (name: string) => backup.exec(name)?.[1] ?? '';
  const backups = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)) && backup.test(name));
  for (const name of backups.toSorted((a, b) => dateOf(b).localeCompare(dateOf(a))).slice(keptBackups)) {
    try {
      rmSync(join(dirname(path), name));
    } catch (error) {
      console.error(error);
    }
  }
}
