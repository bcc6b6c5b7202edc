// SHA-256 of a file that is still growing, in a thread of its own (`hash-worker.ts`).
import { Worker } from 'node:worker_threads';
import { threadUrl } from '../../thread-url.ts';
import type { HashOrder, HashReport, HashWorkerData } from './hash-worker.ts';

/** Orders that are closer together are not worth a message. */
const orderEveryBytes = 1 << 22;

export class Hasher {
  readonly #worker: Worker;
  readonly #digest: Promise<string>;
  #orderedBytes = 0;
  #hashedBytes = 0;

  constructor(path: string) {
    const data: HashWorkerData = { path };
    this.#worker = new Worker(threadUrl('hash-worker', import.meta.url), { workerData: data, stdout: false, stderr: false });
    this.#worker.unref();
    this.#digest = new Promise((resolve, reject) => {
      this.#worker.on('message', (report: HashReport) => {
        if (report.type === 'hashed') this.#hashedBytes = report.bytes;
        else if (report.type === 'digest') resolve(report.sha256);
        else reject(Object.assign(new Error(report.message), { code: report.code }));
      });
      this.#worker.on('error', reject);
      this.#worker.on('exit', () => reject(new Error('The hashing thread ended.')));
    });
    // Whoever does not wait for it does not care.
    this.#digest.catch(() => {});
  }

  get hashedBytes(): number {
    return this.#hashedBytes;
  }

  /** The file can be read up to here. */
  advance(toBytes: number): void {
    if (toBytes - this.#orderedBytes >= orderEveryBytes) this.#order({ to: toBytes, last: false });
  }

  /** The file ends here. Rejects where it cannot be read, and after `stop`. */
  finish(sizeBytes: number): Promise<string> {
    this.#order({ to: sizeBytes, last: true });
    return this.#digest;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #order(order: HashOrder): void {
    this.#orderedBytes = order.to;
    this.#worker.postMessage(order);
  }
}

/** SHA-256 of a whole file, hexadecimal. Rejects where it cannot be read, and with the signal's reason. */
export async function hashFile(
  path: string,
  sizeBytes: number,
  signal: AbortSignal,
  onHashed: (bytes: number) => void,
): Promise<string> {
  signal.throwIfAborted();
  const hasher = new Hasher(path);
  const timer = setInterval(() => onHashed(hasher.hashedBytes), 100);
  const stop = () => void hasher.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await hasher.finish(sizeBytes);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
    await hasher.stop();
  }
}
