// Downloads on a temporary folder with small parts and short times, and what tests ask of them.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, DownloadFile, DownloadRequest } from '../../../../contract/downloads.ts';
import { HttpClient } from '../../../net/http.ts';
import { HubClient } from '../../../net/hub-client.ts';
import { openModelsDatabase } from '../../database.ts';
import { Downloads, type DownloadsOptions } from '../downloads.ts';
import type { DownloadSizes, DownloadTimings } from '../options.ts';
import { DownloadStore } from '../store.ts';

export const repo = 'joey/pouch';

export const smallTimings: DownloadTimings = {
  journalEveryMs: 20,
  publishEveryMs: 10,
  stallMs: 300,
  stallBytes: 64,
  backoffFirstMs: 2,
  backoffMostMs: 20,
  retryAfterMostMs: 1000,
  lookAgainMs: 20,
  lookAtNetworkMs: 20,
};

export const smallSizes: DownloadSizes = {
  partBytes: () => 16_384,
  partsPerRequest: 4,
  connections: 3,
  parallelItems: 1,
  reserveBytes: 0,
  serverTries: 6,
};

/** Bytes that look like nothing, the same for the same seed. */
export function randomFile(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index++) {
    state = (state * 48_271) % 2_147_483_647;
    bytes[index] = state >> 8;
  }
  return bytes;
}

export const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

export interface Workbench {
  folder: string;
  library: string;
  downloads: Downloads;
  /** Names in the library folder. */
  names(): string[];
  read(name: string): Buffer;
  request(origin: string, files: Record<string, Buffer>, over?: Partial<DownloadRequest>): DownloadRequest;
  /** The first state of the item that fits. */
  until(id: string, fits: (download: Download) => boolean): Promise<Download>;
  /** Until it is completed or failed. */
  ended(id: string): Promise<Download>;
  /** As a restart does: closes everything and opens it again. */
  reopen(over?: WorkbenchOptions): Promise<void>;
  close(): Promise<void>;
}

export interface WorkbenchOptions extends Partial<Omit<DownloadsOptions, 'store' | 'hub'>> {
  library?: string;
  token?: string | null;
  hubOrigin?: string;
}

export function openWorkbench(options: WorkbenchOptions = {}): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'kangaroo-downloads-'));
  const library = options.library ?? join(folder, 'models', 'joey');
  let current = options;
  let { downloads, database } = open();

  function open() {
    const { database } = openModelsDatabase(folder);
    const { token = null, hubOrigin, library: _library, timings, sizes, ...rest } = current;
    const hub = new HubClient({
      http: new HttpClient({}),
      token: () => token,
      timeoutMs: 1000,
      ...(hubOrigin ? { hubOrigin } : {}),
    });
    const downloads = new Downloads({
      ...rest,
      store: new DownloadStore(database),
      hub,
      timings: { ...smallTimings, ...timings },
      sizes: { ...smallSizes, ...sizes },
    });
    return { downloads, database };
  }

  async function until(id: string, fits: (download: Download) => boolean): Promise<Download> {
    for await (const list of downloads.watch()) {
      const found = list.find((each) => each.id === id);
      if (found && fits(found)) return found;
    }
    throw new Error('The downloads were closed.');
  }

  return {
    folder,
    library,
    get downloads() {
      return downloads;
    },
    names: () => readdirSync(library, { recursive: true, encoding: 'utf8' }).sort(),
    read: (name) => readFileSync(join(library, name)),
    request: (origin, files, over = {}) => ({
      name: 'Joey',
      endpoint: origin,
      repo,
      revision: 'main',
      folder: library,
      files: Object.entries(files).map(([path, bytes]): DownloadFile => ({
        path,
        sizeBytes: bytes.length,
        sha256: sha256Of(bytes),
      })),
      ...over,
    }),
    until,
    ended: (id) => until(id, ({ status }) => status === 'completed' || status === 'failed'),
    async reopen(over = {}) {
      await downloads.close();
      database.close();
      current = { ...current, ...over };
      ({ downloads, database } = open());
    },
    async close() {
      await downloads.close();
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
