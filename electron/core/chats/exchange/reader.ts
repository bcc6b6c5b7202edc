// Reads a file of chats in a thread of its own (`import-worker.ts`).
import { Worker } from 'node:worker_threads';
import { KangarooError } from '../../../contract/errors.ts';
import { threadUrl } from '../../thread-url.ts';
import type { ImportAnswer, ImportOrder } from './import-worker.ts';
import type { Conversation, Conversations } from './read-conversations.ts';

export class Reader {
  readonly #worker: Worker;
  /** Rejects when the thread ends before it has answered. */
  readonly #ended: Promise<never>;
  #stopped = false;

  constructor() {
    this.#worker = new Worker(threadUrl('import-worker', import.meta.url));
    this.#worker.unref();
    this.#ended = new Promise((_resolve, reject) => {
      this.#worker.on('error', (error) => reject(errorOf(error)));
      this.#worker.on('exit', () => reject(new KangarooError('cancelled', 'The import was ended.')));
    });
    // Whoever asks nothing of it does not care.
    this.#ended.catch(() => {});
  }

  append(piece: string): void {
    this.#order({ type: 'piece', text: piece });
  }

  /** Reads what was appended. Rejects with `file-damaged` where it is no export, and with `cancelled` after `stop`. */
  async read(): Promise<Conversations & { all: AsyncIterable<Conversation> }> {
    const begun = await this.#ask({ type: 'finish' });
    if (begun.type !== 'begun') throw new Error(`the import's thread answered ${begun.type}`);
    return { format: begun.format, all: this.#all() };
  }

  async *#all(): AsyncGenerator<Conversation> {
    for (;;) {
      const next = await this.#ask({ type: 'next' });
      if (next.type !== 'conversation') return;
      yield next.conversation;
    }
  }

  stop(): void {
    this.#stopped = true;
    void this.#worker.terminate();
  }

  async #ask(order: ImportOrder): Promise<Exclude<ImportAnswer, { type: 'failed' }>> {
    const answered = new Promise<ImportAnswer>((resolve) => this.#worker.once('message', resolve));
    this.#order(order);
    const answer = await Promise.race([answered, this.#ended]);
    if (answer.type === 'failed') throw new KangarooError(answer.error.code, answer.error.message, answer.error.detail);
    return answer;
  }

  #order(order: ImportOrder): void {
    if (!this.#stopped) this.#worker.postMessage(order);
  }
}

function errorOf(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new KangarooError('out-of-memory', 'There is not enough memory to read this file at once. Import it in parts.');
}
