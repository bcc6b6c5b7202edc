// Which bytes of a file are there, in parts of one size, and which connection fetches what next. Pure bookkeeping.
// Within a part the bytes that are there are its first ones.

export interface PartRecord {
  part: number;
  receivedBytes: number;
}

/** A stretch of the file that one request fetches. `start` moves on as bytes arrive. */
export interface Claim {
  start: number;
  readonly end: number;
}

export class Parts {
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly #received: number[];
  readonly #claimed = new Set<number>();
  readonly #changed = new Set<number>();
  #receivedBytes = 0;
  /** Every part before this one is complete. */
  #firstOpen = 0;

  constructor(sizeBytes: number, partBytes: number, records: readonly PartRecord[] = []) {
    this.sizeBytes = sizeBytes;
    this.partBytes = partBytes;
    this.#received = Array.from<number>({ length: Math.ceil(sizeBytes / partBytes) }).fill(0);
    for (const { part, receivedBytes } of records) {
      if (part >= this.#received.length) continue;
      this.#received[part] = Math.min(receivedBytes, this.#length(part));
      this.#receivedBytes += this.#received[part];
    }
    this.#skipComplete();
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get complete(): boolean {
    return this.#receivedBytes === this.sizeBytes;
  }

  /** How many bytes there are from the beginning without a gap. */
  get frontierBytes(): number {
    const partial = this.#received[this.#firstOpen];
    return partial === undefined ? this.sizeBytes : this.#firstOpen * this.partBytes + partial;
  }

  /**
   * The first stretch that nobody fetches: what is missing of one part, and whole missing parts behind it, as many as leave
   * something for the other connections, at most `mostParts`. Null where there is none.
   */
  claim(connections: number, mostParts: number): Claim | null {
    let first = this.#firstOpen;
    while (first < this.#received.length && !this.#isFree(first)) first++;
    if (first === this.#received.length) return null;
    let last = first + 1;
    while (last < this.#received.length && last - first < connections * mostParts && this.#isUntouched(last)) last++;
    last = first + Math.max(1, Math.min(mostParts, Math.ceil((last - first) / connections)));
    for (let part = first; part < last; part++) this.#claimed.add(part);
    return { start: first * this.partBytes + (this.#received[first] ?? 0), end: Math.min(this.sizeBytes, last * this.partBytes) };
  }

  /** Everything that is missing from the beginning, for servers without ranges; only where nothing has arrived. */
  claimAll(): Claim {
    for (let part = 0; part < this.#received.length; part++) this.#claimed.add(part);
    return { start: 0, end: this.sizeBytes };
  }

  /** The next `bytes` of the claim are on disk, though not yet synced. */
  advance(claim: Claim, bytes: number): void {
    let left = bytes;
    while (left > 0) {
      const part = Math.floor(claim.start / this.partBytes);
      const step = Math.min(left, (part + 1) * this.partBytes - claim.start);
      this.#received[part] = (this.#received[part] ?? 0) + step;
      this.#receivedBytes += step;
      this.#changed.add(part);
      if (this.#received[part] === this.#length(part)) this.#claimed.delete(part);
      claim.start += step;
      left -= step;
    }
    this.#skipComplete();
  }

  /** Gives back what of the claim was not fetched. */
  release(claim: Claim): void {
    if (claim.start >= claim.end) return;
    const first = Math.floor(claim.start / this.partBytes);
    for (let part = first; part * this.partBytes < claim.end; part++) this.#claimed.delete(part);
  }

  /** What changed since it was last asked: to be recorded once it is synced. */
  takeChanged(): PartRecord[] {
    const records = [...this.#changed].map((part) => ({ part, receivedBytes: this.#received[part] ?? 0 }));
    this.#changed.clear();
    return records;
  }

  #length(part: number): number {
    return Math.min(this.partBytes, this.sizeBytes - part * this.partBytes);
  }

  #isFree(part: number): boolean {
    return !this.#claimed.has(part) && (this.#received[part] ?? 0) < this.#length(part);
  }

  #isUntouched(part: number): boolean {
    return !this.#claimed.has(part) && this.#received[part] === 0;
  }

  #skipComplete(): void {
    while (this.#firstOpen < this.#received.length && this.#received[this.#firstOpen] === this.#length(this.#firstOpen)) {
      this.#firstOpen++;
    }
  }
}
