// How fast it goes, and how fast it may go. Time is monotonic (`performance.now`), so that clock changes do not matter.
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes per second over the last seconds. */
export class SpeedMeter {
  readonly #windowMs: number;
  readonly #samples: { atMs: number; bytes: number }[] = [];
  #total = 0;

  constructor(windowMs = 5000) {
    this.#windowMs = windowMs;
  }

  add(bytes: number): void {
    this.#total += bytes;
  }

  /** To be asked a few times a second: each time is a sample. */
  bytesPerSecond(nowMs: number): number {
    this.#samples.push({ atMs: nowMs, bytes: this.#total });
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= this.#windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (!first || nowMs <= first.atMs) return 0;
    return ((this.#total - first.bytes) / (nowMs - first.atMs)) * 1000;
  }
}

/** A limit on all downloads together: whoever takes bytes waits until they are due. */
export class SpeedLimit {
  #bytesPerSecond: number | null = null;
  /** When the bytes that were given out are paid for. */
  #paidAtMs = 0;
  #changed = new AbortController();

  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  set(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#paidAtMs = 0;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Waits; returns early at the signal and at another limit. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === null || signal.aborted) return;
    const nowMs = performance.now();
    this.#paidAtMs = Math.max(nowMs, this.#paidAtMs) + (bytes / this.#bytesPerSecond) * 1000;
    const waitMs = this.#paidAtMs - nowMs;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, this.#changed.signal]) }).catch(() => {});
  }
}
