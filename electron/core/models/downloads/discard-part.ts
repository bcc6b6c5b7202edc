// Deleting what has arrived of a file, for an item that is cancelled.
import { lockFile, type FileLock } from './file-lock.ts';
import { Interruption } from './interruption.ts';
import { partPathOf, removePart, sizeOf } from './part-file.ts';

/** Leaves it where another process is writing it: then it is that one's. */
export function discardPart(destination: string): void {
  if (sizeOf(partPathOf(destination)) === null) return;
  let lock: FileLock;
  try {
    lock = lockFile(destination, 0);
  } catch (error) {
    if (error instanceof Interruption) return;
    throw error;
  }
  try {
    removePart(destination);
  } finally {
    lock.release();
  }
}
