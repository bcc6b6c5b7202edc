// The file that a download is collected in: beside its destination, so that publishing it is one rename on one file system.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, stat, statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

export function partPathOf(destination: string): string {
  return `${destination}.kangaroo-part`;
}

/** Size of a file in bytes, null where there is none. */
export function sizeOf(path: string): number | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? found.size : null;
}

/** What is free on the disk of a folder, for this user, in bytes. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The names in a folder are on disk. Windows has no such call, and does it by itself. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The verified file gets its name, in one step, in place of what had that name. On disk when it returns. */
export function publishFile(destination: string): void {
  renameSync(partPathOf(destination), destination);
  syncFolder(dirname(destination));
}

export function removePart(destination: string): void {
  rmSync(partPathOf(destination), { force: true });
}

/** A file that is written in any order, and in repairs compared with what is there. */
export class PartFile {
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Makes the folder and the file where they are not there. */
  static async open(destination: string): Promise<PartFile> {
    const path = partPathOf(destination);
    await mkdir(dirname(path), { recursive: true });
    const isNew = (await stat(path).catch(() => null)) === null;
    const handle = await open(path, isNew ? 'w+' : 'r+');
    if (isNew) syncFolder(dirname(path));
    return new PartFile(path, handle);
  }

  async write(pieces: Buffer[], position: number): Promise<void> {
    let rest = pieces;
    let at = position;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, at);
      at += bytesWritten;
      rest = withoutFirst(rest, bytesWritten);
    }
  }

  /** Writes only what differs from what is there; tells whether anything did. */
  async replace(pieces: Buffer[], position: number): Promise<boolean> {
    const wanted = Buffer.concat(pieces);
    const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(wanted.length), 0, wanted.length, position);
    if (bytesRead === wanted.length && buffer.equals(wanted)) return false;
    await this.write([wanted], position);
    return true;
  }

  /** What was written is on disk. */
  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function withoutFirst(pieces: Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    const skip = Math.min(left, piece.length);
    left -= skip;
    if (skip < piece.length) rest.push(piece.subarray(skip));
  }
  return rest;
}
