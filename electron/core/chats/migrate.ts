// Brings a database to this version's schema, one migration after the other, with a copy of the file before.
// A database of a later version is refused before anything is written.
import type { Database } from 'better-sqlite3';
import { KangarooError } from '../../contract/errors.ts';
import { chats0001 } from './migrations/0001-chats.ts';

/** In order; `user_version` counts those that were run. Never change one that was released: add another. */
const released: readonly string[] = [chats0001];

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
export function migrate(database: Database, backupPath: (version: number) => string, migrations = released): void {
  const version = readVersion(database, migrations.length);
  if (version > 0 && version < migrations.length) database.prepare('VACUUM INTO ?').run(backupPath(version));
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
