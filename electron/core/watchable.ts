// A value that can be watched by many: each gets the current one first, then every change that it keeps up with.
import { Queue } from '../rpc/queue.ts';

/** A slow watcher skips what is out of date: at most one value waits for it. */
export class Watchable<T> {
  #value: T;
  readonly #queues = new Set<Queue<T>>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const queue of this.#queues) {
      queue.drain();
      queue.push(value);
    }
  }

  watch(): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const queue: Queue<T> = new Queue<T>({ onReturn: () => this.#queues.delete(queue) });
        this.#queues.add(queue);
        queue.push(this.#value);
        return queue;
      },
    };
  }

  /** Ends every watch. */
  close(): void {
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }
}
