// Fetches one file into its part file until its SHA-256 is right: several ranges at a time, journaled once a second,
// hashed behind the transfer. A wrong hash is repaired once: everything is fetched again, compared with what is there, and
// the file is hashed whenever a difference was found and replaced.
import type { IncomingMessage } from 'node:http';
import { KangarooError } from '../../../contract/errors.ts';
import type { DownloadNotice } from '../../../contract/downloads.ts';
import { tapBody } from '../../net/wide-agent.ts';
import { drainBody } from './body.ts';
import { Hasher, hashFile } from './hasher.ts';
import { Interruption, RangesRefused } from './interruption.ts';
import type { DownloadSizes, DownloadTimings } from './options.ts';
import { PartFile, partPathOf, removePart, sizeOf } from './part-file.ts';
import { Parts, type Claim } from './parts.ts';
import type { FileSource } from './source.ts';
import type { SpeedLimit } from './speed.ts';
import type { DownloadStore, StoredFile } from './store.ts';

export interface TransferOptions {
  downloadId: string;
  file: StoredFile;
  destination: string;
  store: DownloadStore;
  source: FileSource;
  sizes: DownloadSizes;
  timings: DownloadTimings;
  limit: SpeedLimit;
  connections: number;
  onBytes(bytes: number): void;
  onNotice(notice: DownloadNotice): void;
  /** Rejects where there is not enough room any more; asked at every journal entry. */
  checkRoom(): Promise<void>;
}

export type TransferPhase = 'starting' | 'downloading' | 'verifying';

/** Small: what was just read is still in the processor's cache, and the system caches a file in pieces as large as its writes. */
const mostPieceBytes = 1 << 17;

export class FileTransfer {
  readonly #options: TransferOptions;
  #parts: Parts;
  #phase: TransferPhase = 'starting';
  #hasher: Hasher | null = null;
  #verifiedBytes = 0;
  /** In a repair: something that was there was replaced, and the file was not hashed since. */
  #replaced = false;

  constructor(options: TransferOptions) {
    this.#options = options;
    const { file, store, downloadId } = options;
    this.#parts = new Parts(file.sizeBytes, file.partBytes, store.parts(downloadId, file.position));
  }

  get phase(): TransferPhase {
    return this.#phase;
  }

  get receivedBytes(): number {
    return this.#options.file.verified ? this.#options.file.sizeBytes : this.#parts.receivedBytes;
  }

  get verifiedBytes(): number {
    return this.#options.file.verified ? this.#options.file.sizeBytes : (this.#hasher?.hashedBytes ?? this.#verifiedBytes);
  }

  /**
   * Resolves when the whole file is on disk with the right hash, under its part name or already under its own. Rejects as
   * `FileSource.open`, with the disk's errors, with `checksum-mismatch`, and with the signal's reason; what has arrived is
   * kept, except after `checksum-mismatch`.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { file, destination } = this.#options;
    if (file.verified && sizeOf(partPathOf(destination)) === file.sizeBytes) return;
    if (await this.#isPublished(signal)) return this.#saveVerified();
    const part = await PartFile.open(destination);
    try {
      await this.#begin(part);
      this.#hasher = new Hasher(part.path);
      this.#hasher.advance(this.#parts.frontierBytes);
      await this.#fetch(part, signal, false);
      const digest = await this.#finish(part, this.#hasher, signal);
      if (digest !== file.sha256) await this.#repair(part, signal);
      await part.sync();
      this.#saveVerified();
    } finally {
      await this.#hasher?.stop();
      this.#hasher = null;
      await part.close();
      // An empty part is of no use to a later try.
      if (this.#parts.receivedBytes === 0 && !file.verified) removePart(destination);
    }
  }

  /** The file is there already: from an earlier download, by hand, or from before a crash in the middle of publishing. */
  async #isPublished(signal: AbortSignal): Promise<boolean> {
    const { file, destination } = this.#options;
    const begun = this.#parts.receivedBytes > 0 && !file.verified;
    if (file.sha256 === null || begun || sizeOf(destination) !== file.sizeBytes) return false;
    this.#phase = 'verifying';
    const digest = await hashFile(destination, file.sizeBytes, signal, (bytes) => (this.#verifiedBytes = bytes));
    this.#phase = 'starting';
    this.#verifiedBytes = 0;
    return digest === file.sha256;
  }

  /** Forgets what the journal claims where the file does not have it, or the server could not continue it. */
  async #begin(part: PartFile): Promise<void> {
    const { file } = this.#options;
    const size = await part.size();
    const cannotContinue = file.ranges === false && !this.#parts.complete;
    if (file.verified || size > file.sizeBytes || size < this.#parts.frontierBytes || cannotContinue) this.#restart();
    if (size > 0 && this.#parts.receivedBytes === 0) await part.truncate(0);
  }

  #restart(): void {
    const { file, store, downloadId } = this.#options;
    file.verified = false;
    store.restartFile(downloadId, file);
    this.#parts = new Parts(file.sizeBytes, file.partBytes);
  }

  #saveVerified(): void {
    const { file, store, downloadId } = this.#options;
    file.verified = true;
    store.updateFile(downloadId, file);
  }

  /** Everything is there and on disk; its hash. */
  async #finish(part: PartFile, hasher: Hasher, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    this.#phase = 'verifying';
    const stop = () => void hasher.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await part.sync();
      return await hasher.finish(this.#options.file.sizeBytes);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Fetches what is missing; in a repair it stops early once something was replaced. */
  async #fetch(part: PartFile, signal: AbortSignal, repairing: boolean): Promise<void> {
    const { timings, connections, file } = this.#options;
    const group = new AbortController();
    const all = AbortSignal.any([signal, group.signal]);
    const fail = (error: unknown) => group.abort(error);
    const lanes: Promise<void>[] = [];
    const addLane = () => void lanes.push(this.#runLane(part, all, repairing, addOthers).catch(fail));
    // The first answer tells whether the server can do ranges at all.
    const addOthers = () => {
      while (lanes.length < connections && file.ranges === true) addLane();
    };
    let journaling = Promise.resolve();
    const journal = setInterval(() => {
      journaling = journaling.then(() => this.#journal(part)).catch(fail);
    }, timings.journalEveryMs);
    try {
      addLane();
      for (let index = 0; index < lanes.length; index++) await lanes[index];
    } finally {
      clearInterval(journal);
      await journaling;
      // What arrived before an interruption counts; where the disk was the reason, the last entry stands.
      await this.#journal(part).catch(fail);
    }
    if (all.aborted) throw signal.aborted ? signal.reason : group.signal.reason;
  }

  async #runLane(part: PartFile, signal: AbortSignal, repairing: boolean, onAnswer: () => void): Promise<void> {
    const { sizes, file, source, connections } = this.#options;
    for (;;) {
      if (signal.aborted || (repairing && this.#replaced)) return;
      const claim = file.ranges === false ? this.#claimAll() : this.#parts.claim(connections, sizes.partsPerRequest);
      if (!claim) return;
      try {
        const { body, ranged } = await source.open(claim.start, claim.end, signal);
        let whole = claim;
        if (!ranged) {
          this.#options.onNotice('cannot-be-resumed');
          if (this.#parts.receivedBytes > 0) throw new RangesRefused();
          this.#parts.release(claim);
          whole = this.#parts.claimAll();
        }
        this.#phase = 'downloading';
        onAnswer();
        await this.#receive(part, body, whole, signal, repairing);
      } finally {
        this.#parts.release(claim);
      }
    }
  }

  /** For a server without ranges: once, from the beginning. */
  #claimAll(): Claim | null {
    if (this.#parts.complete) return null;
    if (this.#parts.receivedBytes > 0) throw new RangesRefused();
    return this.#parts.claimAll();
  }

  async #receive(part: PartFile, body: IncomingMessage, claim: Claim, signal: AbortSignal, repairing: boolean): Promise<void> {
    const { limit, timings, onBytes } = this.#options;
    const { stallMs, stallBytes, journalEveryMs } = timings;
    const pieceBytes = () => Math.min(mostPieceBytes, Math.max(4096, Math.floor((limit.bytesPerSecond ?? Infinity) / 8)));
    await drainBody(
      tapBody(body),
      { pieceBytes, pieceMs: Math.min(200, journalEveryMs), stallMs, stallBytes },
      async (pieces, bytes) => {
        if (bytes > claim.end - claim.start)
          throw new Interruption('server-error', 'The server sent more than it was asked for.');
        await limit.take(bytes, signal);
        if (!repairing) await part.write(pieces, claim.start);
        else if (await part.replace(pieces, claim.start)) this.#replaced = true;
        this.#parts.advance(claim, bytes);
        onBytes(bytes);
        if (!repairing) this.#hasher?.advance(this.#parts.frontierBytes);
      },
    );
    if (claim.start < claim.end) throw new Interruption('server-error', 'The server sent less than it was asked for.');
  }

  async #journal(part: PartFile): Promise<void> {
    const { store, downloadId, file, checkRoom } = this.#options;
    const records = this.#parts.takeChanged();
    if (records.length === 0) return;
    await part.sync();
    store.saveParts(downloadId, file.position, records);
    await checkRoom();
  }

  async #repair(part: PartFile, signal: AbortSignal): Promise<void> {
    const { file, destination, onNotice } = this.#options;
    if (!file.refetched) {
      file.refetched = true;
      this.#restart();
      onNotice('repaired');
      await this.#hasher?.stop();
      this.#hasher = null;
      for (;;) {
        this.#replaced = false;
        this.#phase = 'downloading';
        await this.#fetch(part, signal, true);
        if (!this.#replaced && this.#parts.complete) break;
        await part.sync();
        this.#phase = 'verifying';
        const digest = await hashFile(part.path, file.sizeBytes, signal, (bytes) => (this.#verifiedBytes = bytes));
        this.#verifiedBytes = 0;
        if (digest === file.sha256) return;
        if (this.#parts.complete) break;
      }
    }
    removePart(destination);
    this.#restart();
    const message =
      `${file.path} arrived with another SHA-256 than the hub names, twice. It was not put into the library, and what ` +
      'arrived was deleted. Try again later, or from another network.';
    throw new KangarooError('checksum-mismatch', message, `expected ${file.sha256}`);
  }
}
