// Lets work through while nobody waits for an answer. What runs is told to stop when the gate closes, and waits until it opens.

export class Gate {
  #closed: PromiseWithResolvers<void> | null = null;
  #stop: (() => void) | null = null;
  #heldMs = 0;
  #closedAtMs = 0;
  readonly signal: AbortSignal;

  /** Aborted: the work ends for good, also behind a closed gate. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', () => {
      this.#stop?.();
      this.#closed?.resolve();
    });
  }

  /** Milliseconds that went by while it was open, from any beginning. */
  openMs(): number {
    const now = performance.now();
    return now - this.#heldMs - (this.#closed ? now - this.#closedAtMs : 0);
  }

  hold(held: boolean): void {
    if (held && !this.#closed) {
      this.#closed = Promise.withResolvers();
      this.#closedAtMs = performance.now();
      this.#stop?.();
    } else if (!held && this.#closed) {
      this.#closed.resolve();
      this.#closed = null;
      this.#heldMs += performance.now() - this.#closedAtMs;
    }
  }

  /**
   * Runs `work` when the gate is open; `stop` must end it soon. Where it was stopped by the gate, as `interrupted` tells of what it
   * resolved with, it runs again. Rejects with what `signal` was aborted with.
   */
  async run<T>(work: () => { result: Promise<T>; stop: () => void }, interrupted: (result: T) => boolean): Promise<T> {
    for (;;) {
      await this.#closed?.promise;
      this.signal.throwIfAborted();
      const { result, stop } = work();
      this.#stop = stop;
      const settled = await result.finally(() => (this.#stop = null));
      if (!interrupted(settled)) return settled;
    }
  }
}
