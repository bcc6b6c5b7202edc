// The queue of downloads: what runs, what waits and until when, what each page sees. Survives restarts: the journal
// (`store.ts`) knows what is there, and what was under way when the process ended is queued again.
import { randomUUID } from 'node:crypto';
import type { Download, DownloadRequest, DownloadsApi, DownloadWait } from '../../../contract/downloads.ts';
import { KangarooError } from '../../../contract/errors.ts';
import { integer, parseArgument, text } from '../../arguments.ts';
import type { HubClient } from '../../net/hub-client.ts';
import { shownError } from '../../shown-error.ts';
import { Watchable } from '../../watchable.ts';
import { Attempt } from './attempt.ts';
import { backoffMs, classify, Interruption } from './interruption.ts';
import { machineAddresses, NetworkWatch, type NetworkChange } from './network-watch.ts';
import { defaultSizes, defaultTimings, type DownloadSizes, type DownloadTimings } from './options.ts';
import { discardPart } from './discard-part.ts';
import { destinationOf, parseRequest } from './request.ts';
import { SpeedLimit, SpeedMeter } from './speed.ts';
import type { DownloadStore, StoredDownload } from './store.ts';

export interface DownloadsOptions {
  store: DownloadStore;
  hub: HubClient;
  timings?: Partial<DownloadTimings>;
  sizes?: Partial<DownloadSizes>;
  /** Bytes per second, for all together. */
  speedLimit?: number | null;
  /** Remembers another limit for the next start. */
  keepSpeedLimit?(bytesPerSecond: number | null): void;
  /** The folder of the library around this one that is away, as a disk may be; null: there is none. */
  awayFolder?(folder: string): string | null;
  /** Called once for each item that was completed or failed: for a notification, and for the library. */
  onEnd?(download: Download): void;
  /** This machine's, by which others can be reached; the system's by default. */
  addresses?(): string[];
}

interface Running {
  attempt: Attempt;
  controller: AbortController;
  done: Promise<void>;
}

interface Item {
  stored: StoredDownload;
  running: Running | null;
  wait: DownloadWait | null;
  timer: NodeJS.Timeout | null;
  /** In a row, without a byte in between. */
  tries: number;
  connections: number;
  meter: SpeedMeter;
}

/** A difference of the clocks beyond this is sleep, or a changed clock: connections made before are not worth waiting for. */
const sleepMs = 10_000;

export class Downloads implements DownloadsApi {
  readonly #options: DownloadsOptions;
  readonly #store: DownloadStore;
  readonly #timings: DownloadTimings;
  readonly #sizes: DownloadSizes;
  readonly #limit = new SpeedLimit();
  readonly #state: Watchable<Download[]>;
  #items: Item[];
  #ticker: NodeJS.Timeout | null = null;
  readonly #network: NetworkWatch;
  #lookAtNetworkAtMs = 0;
  #clockDifferenceMs = Date.now() - performance.now();
  #closed = false;

  /** Goes on at once with what the journal has. */
  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#network = new NetworkWatch(options.addresses ?? machineAddresses);
    this.#timings = { ...defaultTimings, ...options.timings };
    this.#sizes = { ...defaultSizes, ...options.sizes };
    this.#limit.set(options.speedLimit ?? null);
    this.#items = this.#store.all().map((stored) => this.#item(stored));
    this.#state = new Watchable(this.#view());
    this.#schedule();
  }

  async list(): Promise<Download[]> {
    return this.#view();
  }

  watch(): AsyncIterable<Download[]> {
    return this.#state.watch();
  }

  async add(request: DownloadRequest): Promise<string> {
    const { name, endpoint, repo, revision, files, folder } = parseRequest(request);
    const paths = new Set(files.map((file) => destinationOf(folder, file.path)));
    if (paths.size < files.length) throw new KangarooError('invalid-argument', '`files` names one file twice.');
    for (const { stored } of this.#items) {
      if (stored.state === 'completed' || !stored.files.some((file) => paths.has(destinationOf(stored.folder, file.path))))
        continue;
      const same = stored.endpoint === endpoint && stored.repo === repo && stored.revision === revision;
      if (same && stored.files.length === files.length) return stored.id;
      throw new KangarooError(
        'busy',
        `${stored.name} is in the list of downloads and has the same files. Remove it there first.`,
      );
    }
    const stored: StoredDownload = {
      id: randomUUID(),
      name,
      endpoint,
      repo,
      revision,
      folder,
      state: 'queued',
      addedAtMs: Date.now(),
      endedAtMs: null,
      notices: [],
      error: null,
      files: files.map((file, position) => ({
        ...file,
        position,
        etag: null,
        ranges: null,
        partBytes: this.#sizes.partBytes(file.sizeBytes),
        verified: false,
        refetched: false,
      })),
    };
    this.#store.insert(stored);
    this.#items.push(this.#item(stored));
    this.#schedule();
    return stored.id;
  }

  async pause(id: string): Promise<void> {
    const item = this.#find(id);
    if (item.stored.state !== 'queued' && item.stored.state !== 'publishing') return;
    // First, so that it is not started again; it may yet come to its end.
    this.#setState(item, 'paused');
    await this.#stop(item);
    this.#schedule();
  }

  async resume(id: string): Promise<void> {
    const item = this.#find(id);
    const { stored } = item;
    if (item.running || stored.state === 'completed') return;
    // After a second wrong hash a person decides to try again: then it may be repaired again.
    for (const file of stored.files.filter((each) => each.refetched && stored.state === 'failed')) {
      file.refetched = false;
      this.#store.updateFile(stored.id, file);
    }
    this.#leaveWait(item);
    item.tries = 0;
    stored.error = null;
    this.#setState(item, 'queued');
    this.#schedule();
  }

  async cancel(id: string): Promise<void> {
    const item = this.#find(id);
    if (item.stored.state !== 'completed') item.stored.state = 'paused';
    await this.#stop(item);
    if (item.stored.state !== 'completed') {
      for (const file of item.stored.files) discardPart(destinationOf(item.stored.folder, file.path));
    }
    this.#store.remove(item.stored.id);
    this.#items = this.#items.filter((each) => each !== item);
    this.#schedule();
  }

  async move(id: string, index: number): Promise<void> {
    const item = this.#find(id);
    const place = parseArgument(integer(0, this.#items.length - 1), index, 'index');
    const items = this.#items.filter((each) => each !== item).toSpliced(place, 0, item);
    this.#store.reorder(items.map((each) => each.stored.id));
    this.#items = items;
    this.#schedule();
  }

  async speedLimit(): Promise<number | null> {
    return this.#limit.bytesPerSecond;
  }

  async setSpeedLimit(bytesPerSecond: number | null): Promise<void> {
    const limit = bytesPerSecond === null ? null : parseArgument(integer(1024, 2 ** 40), bytesPerSecond, 'bytesPerSecond');
    this.#options.keepSpeedLimit?.(limit);
    this.#limit.set(limit);
  }

  /** The network or the machine has come back: what waits is tried at once, over new connections. */
  wake(): void {
    this.#options.hub.http.reset();
    this.#tryAll();
  }

  /** Stops what runs and keeps what has arrived. The database is the caller's to close, afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#ticker) clearInterval(this.#ticker);
    await Promise.all(this.#items.map((item) => this.#stop(item)));
    this.#options.hub.http.reset();
    this.#state.close();
  }

  #item(stored: StoredDownload): Item {
    const { connections } = this.#sizes;
    return { stored, running: null, wait: null, timer: null, tries: 0, connections, meter: new SpeedMeter() };
  }

  #find(id: string): Item {
    const wanted = parseArgument(text(1, 200), id, 'id');
    const item = this.#items.find((each) => each.stored.id === wanted);
    if (!item) throw new KangarooError('invalid-argument', `There is no download ${JSON.stringify(wanted)} in the list.`);
    return item;
  }

  /** Starts the first items that can run, as many as may run at a time; waiting ones leave their place to others. */
  #schedule(): void {
    let free = this.#sizes.parallelItems - this.#items.filter((item) => item.running).length;
    for (const item of this.#items) {
      const { state } = item.stored;
      if (free <= 0 || this.#closed) break;
      if (item.running || item.wait || (state !== 'queued' && state !== 'publishing')) continue;
      this.#start(item);
      free--;
    }
    this.#publish();
    const active = this.#items.some((item) => item.running ?? item.wait);
    if (active && !this.#ticker && !this.#closed) this.#ticker = setInterval(() => this.#tick(), this.#timings.publishEveryMs);
    if (!active && this.#ticker) {
      clearInterval(this.#ticker);
      this.#ticker = null;
    }
  }

  #tick(): void {
    const difference = Date.now() - performance.now();
    const slept = Math.abs(difference - this.#clockDifferenceMs) > sleepMs;
    this.#clockDifferenceMs = difference;
    const network = slept ? 'lost' : this.#networkChange();
    if (network === 'lost') this.wake();
    else if (network === 'added') this.#tryAll();
    else this.#publish();
  }

  #networkChange(): NetworkChange {
    const nowMs = performance.now();
    if (nowMs < this.#lookAtNetworkAtMs) return 'same';
    this.#lookAtNetworkAtMs = nowMs + this.#timings.lookAtNetworkMs;
    return this.#network.change();
  }

  #tryAll(): void {
    for (const item of this.#items) this.#leaveWait(item);
    this.#schedule();
  }

  #start(item: Item): void {
    const controller = new AbortController();
    let progressed = false;
    const attempt = new Attempt({
      download: item.stored,
      store: this.#store,
      hub: this.#options.hub,
      sizes: this.#sizes,
      timings: this.#timings,
      limit: this.#limit,
      connections: item.connections,
      awayFolder: this.#options.awayFolder ?? (() => null),
      onBytes: (bytes) => {
        progressed = true;
        item.meter.add(bytes);
      },
    });
    item.meter = new SpeedMeter();
    const done = attempt.run(controller.signal).then(
      () => {
        item.running = null;
        this.#onCompleted(item);
      },
      (error: unknown) => {
        item.running = null;
        if (progressed) item.tries = 0;
        if (!controller.signal.aborted) this.#onStopped(item, error);
      },
    );
    item.running = { attempt, controller, done };
    void done.then(() => this.#schedule());
  }

  #onCompleted(item: Item): void {
    item.stored.endedAtMs = Date.now();
    this.#setState(item, 'completed');
    this.#tellEnd(item);
  }

  #onStopped(item: Item, cause: unknown): void {
    const error = classify(cause, this.#timings);
    if (!(error instanceof Interruption)) return this.#fail(item, error);
    item.tries++;
    const fault = error.reason === 'server-error' || error.reason === 'rate-limited';
    if (fault) item.connections = Math.max(1, Math.floor(item.connections / 2));
    if (fault && item.tries > this.#sizes.serverTries) {
      return this.#fail(item, new KangarooError('hub-failed', `${error.message} It did not help: try again later.`));
    }
    const pauseMs = fault
      ? Math.max(error.retryAfterMs ?? 0, backoffMs(item.tries, this.#timings))
      : (error.retryAfterMs ?? backoffMs(item.tries, this.#timings));
    item.wait = { reason: error.reason, message: error.message, nextTryAtMs: Date.now() + pauseMs };
    item.timer = setTimeout(() => {
      this.#leaveWait(item);
      this.#schedule();
    }, pauseMs);
  }

  #fail(item: Item, error: unknown): void {
    item.stored.error = shownError(error);
    item.stored.endedAtMs = Date.now();
    this.#setState(item, 'failed');
    this.#tellEnd(item);
  }

  #tellEnd(item: Item): void {
    this.#options.onEnd?.(this.#show(item));
  }

  #leaveWait(item: Item): void {
    if (item.timer) clearTimeout(item.timer);
    item.timer = null;
    item.wait = null;
  }

  async #stop(item: Item): Promise<void> {
    this.#leaveWait(item);
    item.running?.controller.abort(new KangarooError('cancelled', 'The download was stopped.'));
    await item.running?.done;
    this.#leaveWait(item);
  }

  /** A list that cannot be written (a full disk) costs the state its place in the next start, not the app its life. */
  #setState(item: Item, state: StoredDownload['state']): void {
    item.stored.state = state;
    if (state !== 'completed' && state !== 'failed') item.stored.endedAtMs = null;
    try {
      this.#store.update(item.stored);
    } catch (error) {
      console.error(error);
    }
  }

  #publish(): void {
    this.#state.set(this.#view());
  }

  #view(): Download[] {
    return this.#items.map((item) => this.#show(item));
  }

  #show(item: Item): Download {
    const { stored, running, wait } = item;
    const { id, name, endpoint, repo, revision, folder, notices, error, addedAtMs, endedAtMs } = stored;
    const current = running?.attempt.current ?? null;
    let receivedBytes = 0;
    let verifiedBytes = 0;
    for (const file of stored.files) {
      const known = current?.file === file ? current : this.#journaled(stored, file.position);
      receivedBytes += known.receivedBytes;
      verifiedBytes += known.verifiedBytes;
    }
    const totalBytes = stored.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const bytesPerSecond = running ? item.meter.bytesPerSecond(performance.now()) : 0;
    const status = running ? running.attempt.status : wait ? 'waiting' : stored.state;
    return {
      id,
      request: {
        name,
        endpoint,
        repo,
        revision,
        folder,
        files: stored.files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 })),
      },
      status,
      receivedBytes,
      totalBytes,
      verifiedBytes,
      bytesPerSecond,
      remainingMs: bytesPerSecond > 0 ? ((totalBytes - receivedBytes) / bytesPerSecond) * 1000 : null,
      resumable: resumable(stored),
      wait,
      notices,
      error,
      addedAtMs,
      endedAtMs,
    };
  }

  #journaled(stored: StoredDownload, position: number): { receivedBytes: number; verifiedBytes: number } {
    const file = stored.files[position];
    if (stored.state === 'completed' || file?.verified) {
      return { receivedBytes: file?.sizeBytes ?? 0, verifiedBytes: file?.sizeBytes ?? 0 };
    }
    return { receivedBytes: this.#store.receivedBytes(stored.id, position), verifiedBytes: 0 };
  }
}

function resumable(stored: StoredDownload): boolean | null {
  if (stored.files.some((file) => file.ranges === false)) return false;
  return stored.files.some((file) => file.ranges === true) ? true : null;
}
