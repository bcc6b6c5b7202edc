// A queue between a producer that pushes and one reader that iterates. Leaving it early tells the producer at once,
// even while the reader waits: an async generator would only notice at its next `yield`.

export interface QueueHooks {
  /** The reader left before the end. Called at most once. */
  onReturn?(): void;
  /** The reader took an item. */
  onTake?(): void;
}

export class Queue<T> implements AsyncIterableIterator<T> {
  readonly #hooks: QueueHooks;
  #items: T[] = [];
  #waiting: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void }[] = [];
  #ending: { error?: unknown } | null = null;

  constructor(hooks: QueueHooks = {}) {
    this.#hooks = hooks;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#ending) return;
    const waiting = this.#waiting.shift();
    if (waiting) {
      this.#hooks.onTake?.();
      waiting.resolve({ value: item, done: false });
    } else {
      this.#items.push(item);
    }
  }

  /** Items that nobody took yet are still read. */
  end(): void {
    this.#finish({});
  }

  /** The reader sees the error after the items that came before it. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  /** All items that nobody took yet. */
  drain(): T[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      this.#hooks.onTake?.();
      return Promise.resolve({ value: this.#items.shift() as T, done: false });
    }
    if (this.#ending) {
      const ending = this.#ending;
      this.#ending = {};
      return 'error' in ending ? Promise.reject(ending.error) : Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const early = this.#ending === null;
    this.#items = [];
    this.#finish({});
    this.#ending = {};
    if (early) this.#hooks.onReturn?.();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #finish(ending: { error?: unknown }): void {
    if (this.#ending) return;
    this.#ending = ending;
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    if (!first) return;
    this.#ending = {};
    if ('error' in ending) first.reject(ending.error);
    else first.resolve({ value: undefined, done: true });
    for (const other of others) other.resolve({ value: undefined, done: true });
  }
}
