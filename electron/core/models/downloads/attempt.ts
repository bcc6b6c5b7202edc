// One try at an item of the queue: locks its files, looks for room, fetches and verifies one after the other, and publishes
// them together. It ends in `completed` or throws; the queue (`downloads.ts`) decides what follows.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DownloadNotice, DownloadStatus } from '../../../contract/downloads.ts';
import { KangarooError } from '../../../contract/errors.ts';
import type { HubClient } from '../../net/hub-client.ts';
import { lockFile, type FileLock } from './file-lock.ts';
import { FileTransfer } from './file-transfer.ts';
import { Interruption, RangesRefused, RemoteChanged } from './interruption.ts';
import type { DownloadSizes, DownloadTimings } from './options.ts';
import { freeBytes, partPathOf, publishFile, removePart, sizeOf } from './part-file.ts';
import { destinationOf } from './request.ts';
import { FileSource } from './source.ts';
import type { SpeedLimit } from './speed.ts';
import type { DownloadStore, StoredDownload, StoredFile } from './store.ts';

export interface AttemptOptions {
  download: StoredDownload;
  store: DownloadStore;
  hub: HubClient;
  sizes: DownloadSizes;
  timings: DownloadTimings;
  limit: SpeedLimit;
  /** For each file. */
  connections: number;
  /** The folder of the library around this one that is away; null: there is none. */
  awayFolder(folder: string): string | null;
  onBytes(bytes: number): void;
}

/** A file under a fixed commit cannot change. */
const commit = /^[0-9a-f]{40}$/;
/** A branch that changes faster than it can be fetched is left alone. */
const mostChanges = 3;

export class Attempt {
  readonly #options: AttemptOptions;
  #transfer: { file: StoredFile; transfer: FileTransfer } | null = null;
  #publishing = false;
  #changes = 0;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  get status(): DownloadStatus {
    return this.#publishing ? 'publishing' : (this.#transfer?.transfer.phase ?? 'starting');
  }

  /** Of the file under way, where it knows better than the journal. */
  get current(): { file: StoredFile; receivedBytes: number; verifiedBytes: number } | null {
    if (!this.#transfer) return null;
    const { file, transfer } = this.#transfer;
    return { file, receivedBytes: transfer.receivedBytes, verifiedBytes: transfer.verifiedBytes };
  }

  /** Resolves when all files are published. Rejects with the signal's reason, or with why it stopped (see `classify`). */
  async run(signal: AbortSignal): Promise<void> {
    const { download } = this.#options;
    await this.#openFolder();
    const locks: FileLock[] = [];
    try {
      for (const file of download.files) {
        const destination = destinationOf(download.folder, file.path);
        await mkdir(dirname(destination), { recursive: true });
        locks.push(lockFile(destination, this.#options.timings.lookAgainMs));
      }
      for (const file of download.files) await this.#fetch(file, signal);
      await this.#confirmVersions(signal);
      this.#publish();
    } finally {
      this.#transfer = null;
      for (const lock of locks) lock.release();
    }
  }

  /** A folder that something was put into, or that models are known of, and that is not there is a disk that is away: it is not made again. */
  async #openFolder(): Promise<void> {
    const { download, store, timings, awayFolder } = this.#options;
    if (existsSync(download.folder)) return;
    const begun = download.files.some((file) => file.verified || store.receivedBytes(download.id, file.position) > 0);
    const away = begun ? download.folder : awayFolder(download.folder);
    if (away !== null) {
      const message = `${away} is not there. Connect its disk: the download goes on by itself.`;
      throw new Interruption('folder-missing', message, timings.lookAgainMs);
    }
    await mkdir(download.folder, { recursive: true });
  }

  /** The parts of a model are of one version: where one of them changed, those that were fetched before it may have too. */
  async #confirmVersions(signal: AbortSignal): Promise<void> {
    const { download } = this.#options;
    if (download.files.length === 1 || !download.notices.includes('changed-on-server')) return;
    let changes: number;
    do {
      changes = this.#changes;
      for (const file of download.files) {
        try {
          await this.#sourceOf(file).confirm(signal);
        } catch (error) {
          if (!(error instanceof RemoteChanged)) throw error;
          this.#onChanged(file, error);
          await this.#fetch(file, signal);
        }
      }
    } while (this.#changes > changes);
  }

  #sourceOf(file: StoredFile): FileSource {
    const { download, store, hub, timings } = this.#options;
    return new FileSource(hub, download, file, timings, () => store.updateFile(download.id, file));
  }

  async #fetch(file: StoredFile, signal: AbortSignal): Promise<void> {
    const { download, store, timings, sizes, limit, connections, onBytes } = this.#options;
    for (;;) {
      const transfer = new FileTransfer({
        downloadId: download.id,
        destination: destinationOf(download.folder, file.path),
        file,
        store,
        source: this.#sourceOf(file),
        sizes,
        timings,
        limit,
        connections,
        onBytes,
        onNotice: (notice) => this.#notice(notice),
        checkRoom: () => this.#requireRoom(0),
      });
      this.#transfer = { file, transfer };
      try {
        if (!file.verified) await this.#requireRoom(this.#missingBytes());
        return await transfer.run(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof RemoteChanged) this.#onChanged(file, error);
        else if (error instanceof RangesRefused) {
          file.ranges = false;
          this.#notice('cannot-be-resumed');
          this.#restart(file);
        } else throw error;
      }
    }
  }

  #onChanged(file: StoredFile, change: RemoteChanged): void {
    const { download } = this.#options;
    if (commit.test(download.revision) || ++this.#changes > mostChanges) {
      const message = `${file.path} on the server is not the file that was asked for. Look the model up again, and download it anew.`;
      throw new KangarooError(
        'hub-file-changed',
        message,
        `expected ${file.sha256}, the server has ${change.sha256 ?? 'another'}`,
      );
    }
    file.sizeBytes = change.sizeBytes ?? file.sizeBytes;
    file.sha256 = change.sha256;
    file.etag = null;
    file.refetched = false;
    this.#notice('changed-on-server');
    this.#restart(file);
  }

  #restart(file: StoredFile): void {
    const { download, store } = this.#options;
    file.verified = false;
    store.restartFile(download.id, file);
    removePart(destinationOf(download.folder, file.path));
  }

  #notice(notice: DownloadNotice): void {
    const { download, store } = this.#options;
    if (download.notices.includes(notice)) return;
    download.notices = [...download.notices, notice];
    store.update(download);
  }

  #missingBytes(): number {
    const { download, store } = this.#options;
    return download.files.reduce((sum, file) => {
      if (file.verified) return sum;
      return sum + file.sizeBytes - store.receivedBytes(download.id, file.position);
    }, 0);
  }

  async #requireRoom(bytes: number): Promise<void> {
    const { download, sizes, timings } = this.#options;
    const free = await freeBytes(download.folder);
    const short = bytes + sizes.reserveBytes - free;
    if (short <= 0) return;
    const message =
      `The disk of ${download.folder} has ${size(free)} free, ${size(short)} too little. ` +
      'Free some space: the download goes on by itself.';
    throw new Interruption('disk-full', message, timings.lookAgainMs);
  }

  /** The first file of a split model is the one that a library reads: it gets its name last. */
  #publish(): void {
    const { download, store } = this.#options;
    this.#publishing = true;
    download.state = 'publishing';
    store.update(download);
    for (const file of download.files.toReversed()) {
      const destination = destinationOf(download.folder, file.path);
      // Without a part it has its name already.
      if (sizeOf(partPathOf(destination)) !== null) publishFile(destination);
    }
  }
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
