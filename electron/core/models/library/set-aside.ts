// Moving a model's files out of the way and back, within their folder: the trash and the quarantine. Never copies, so that it
// takes no time and no room, and never leaves half a model behind. Nothing is deleted here but what was purged.
import { lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KangarooError } from '../../../contract/errors.ts';
import { ownFolderName } from './layouts.ts';
import type { Move } from './store.ts';

export type Aside = 'trash' | 'quarantine';

/** Where files go; `id` keeps equal names apart. */
export function asidePaths(folder: string, aside: Aside, id: string, paths: readonly string[]): string[] {
  return paths.map((path) => join(folder, ownFolderName, aside, id, basename(path)));
}

/** All or none. Rejects with `file-not-found`, `invalid-argument` (something is in its place), `file-not-readable`. */
export async function moveAll(moves: readonly Move[]): Promise<void> {
  for (const { from, to } of moves) {
    if (!(await exists(from))) throw new KangarooError('file-not-found', `${from} is not there any more.`);
    if (await exists(to)) {
      throw new KangarooError('invalid-argument', `${to} has been taken by another file. Move or rename that one first.`);
    }
  }
  const done: Move[] = [];
  try {
    for (const move of moves) {
      await mkdir(dirname(move.to), { recursive: true });
      await rename(move.from, move.to);
      done.push(move);
    }
  } catch (error) {
    for (const { from, to } of done.toReversed()) await rename(to, from).catch(() => {});
    const names = moves.map(({ from }) => from).join(', ');
    throw new KangarooError('file-not-readable', `${names} could not be moved. Check the rights of the folder.`, String(error));
  }
  for (const { from } of moves) await removeIfEmpty(dirname(from));
}

/** Deletes files for good; those that are gone already are fine. */
export async function deleteAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw new KangarooError(
        'file-not-readable',
        `${path} could not be deleted. Check the rights of its folder.`,
        String(error),
      );
    }
    await removeIfEmpty(dirname(path));
  }
}

/** Tidies up what `asidePaths` made, and nothing else. */
async function removeIfEmpty(folder: string): Promise<void> {
  const isOurs = basename(dirname(dirname(folder))) === ownFolderName;
  if (isOurs) await rmdir(folder).catch(() => {});
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
