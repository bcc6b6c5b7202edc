// The thread that hashes a file behind the download: it reads what was written (mostly from the system's cache), so that
// what is verified is the file itself, and neither the main thread nor the transfer waits for it.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export interface HashWorkerData {
  path: string;
}

/** `to` is how far the file can be read; `last` that this is its end. */
export interface HashOrder {
  to: number;
  last: boolean;
}

export type HashReport =
  | { type: 'hashed'; bytes: number }
  | { type: 'digest'; sha256: string }
  | { type: 'failed'; message: string; code: string | undefined };

const readBytes = 1 << 20;
const reportEveryBytes = 1 << 26;

const { path } = workerData as HashWorkerData;
const hash = createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(readBytes);
let file: number | null = null;
let at = 0;

function report(message: HashReport): void {
  parentPort?.postMessage(message);
}

function advance({ to, last }: HashOrder): void {
  file ??= openSync(path, 'r');
  let reported = at;
  while (at < to) {
    const bytes = readSync(file, buffer, 0, Math.min(readBytes, to - at), at);
    if (bytes === 0) throw Object.assign(new Error(`${path} ends at ${at}, and should not before ${to}.`), { code: 'EIO' });
    hash.update(buffer.subarray(0, bytes));
    at += bytes;
    if (at - reported >= reportEveryBytes) report({ type: 'hashed', bytes: (reported = at) });
  }
  report({ type: 'hashed', bytes: at });
  if (!last) return;
  closeSync(file);
  report({ type: 'digest', sha256: hash.digest('hex') });
}

parentPort?.on('message', (order: HashOrder) => {
  try {
    advance(order);
  } catch (error) {
    // An error's own properties would not survive the way.
    const { message, code } = error as NodeJS.ErrnoException;
    report({ type: 'failed', message, code });
  }
});
