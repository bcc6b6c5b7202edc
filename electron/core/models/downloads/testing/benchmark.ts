// npm run bench:download: one large file from a local hub in another process, in turn by curl, by curl with a sync at its end,
// and by the download engine, which hashes and syncs. Prints the ratios of their speeds, and the engine's processor time and
// memory. Before each run the disk is let come to rest: what the one before left unwritten or deleted is not its to pay for.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HttpClient } from '../../../net/http.ts';
import { HubClient } from '../../../net/hub-client.ts';
import { openModelsDatabase } from '../../database.ts';
import { largeName, largeRepo, type LargeHub } from '../../testing/large-hub-child.ts';
import { Downloads } from '../downloads.ts';
import { DownloadStore } from '../store.ts';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '4' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const sizeBytes = Math.round(Number(values.gigabytes) * 1e9);
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(values.folder, 'kangaroo-bench-'));

interface Figures {
  bytesPerSecond: number;
  /** Of the processor, per 500 MB; at 500 MB/s this is how many cores are busy. */
  coresAt500: number;
  /** The kernel's share of that. */
  systemCoresAt500: number;
  /** When a quarter has arrived, and the most of the whole time: flat where they are about the same. */
  quarterResidentBytes: number;
  mostResidentBytes: number;
}

/** Bytes per second of curl, which neither hashes nor syncs; `synced`: and then `fdatasync`, without which nothing is on disk yet. */
function curl(hub: LargeHub, synced: boolean): number {
  const path = join(folder, 'curl.gguf');
  const beganMs = performance.now();
  execFileSync('curl', ['-sfL', '-o', path, `${hub.origin}/${largeRepo}/resolve/main/${largeName}`]);
  if (synced) {
    const file = openSync(path, 'r+');
    fdatasyncSync(file);
    closeSync(file);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  if (statSync(path).size !== sizeBytes) throw new Error('curl did not fetch the whole file.');
  rmSync(path);
  return sizeBytes / seconds;
}

async function ours(hub: LargeHub): Promise<Figures> {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const { database } = openModelsDatabase(dataDir);
  const downloads = new Downloads({
    store: new DownloadStore(database),
    hub: new HubClient({ http: new HttpClient(), token: () => null }),
    sizes: { connections: Number(values.connections), reserveBytes: 0 },
  });
  let quarterResidentBytes = 0;
  let mostResidentBytes = 0;
  const beganMs = performance.now();
  const before = process.cpuUsage();
  const files = [{ path: largeName, sizeBytes, sha256: hub.sha256 }];
  const library = join(folder, 'models');
  await downloads.add({ name: 'Large', endpoint: hub.origin, repo: largeRepo, revision: 'main', files, folder: library });
  for await (const [download] of downloads.watch()) {
    const residentBytes = process.memoryUsage.rss();
    mostResidentBytes = Math.max(mostResidentBytes, residentBytes);
    if ((download?.receivedBytes ?? 0) > sizeBytes / 4) quarterResidentBytes ||= residentBytes;
    if (download?.error) throw new Error(download.error.message);
    if (download?.wait) console.error(download.wait.message);
    if (download?.status === 'completed') break;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  await downloads.close();
  database.close();
  rmSync(library, { recursive: true });
  return {
    bytesPerSecond: sizeBytes / seconds,
    coresAt500: (user + system) / 1e6 / (sizeBytes / 5e8),
    systemCoresAt500: system / 1e6 / (sizeBytes / 5e8),
    quarterResidentBytes,
    mostResidentBytes,
  };
}

/** Everything that was written or deleted is on disk; freed blocks are told to the disk with the file system's next entry. */
function rest(): void {
  execFileSync('sync');
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const serverPath = fileURLToPath(new URL('../../testing/large-hub-child.ts', import.meta.url));
const server = fork(serverPath, [String(sizeBytes)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
try {
  const [hub] = (await once(server, 'message')) as [LargeHub];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const results: { curl: number; synced: number; ours: Figures }[] = [];
  const machine = `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)}`;
  console.log(`${megabytes(sizeBytes)} MB into ${values.folder}, ${values.connections} connections; ${machine}`);
  for (let round = 1; round <= rounds; round++) {
    rest();
    const unsynced = curl(hub, false);
    rest();
    const synced = curl(hub, true);
    rest();
    const result = { curl: unsynced, synced, ours: await ours(hub) };
    results.push(result);
    const { bytesPerSecond, coresAt500, systemCoresAt500, quarterResidentBytes, mostResidentBytes } = result.ours;
    console.log(
      `round ${round}: curl ${megabytes(unsynced)} MB/s, with a sync ${megabytes(synced)} MB/s, kangaroo ` +
        `${megabytes(bytesPerSecond)} MB/s, ${coresAt500.toFixed(2)} cores at 500 MB/s (${systemCoresAt500.toFixed(2)} in the kernel), ` +
        `${megabytes(quarterResidentBytes)} MB of memory at a quarter, ${megabytes(mostResidentBytes)} MB at most`,
    );
  }
  const percent = (ratios: number[]) => {
    const sorted = ratios.toSorted((a, b) => a - b).map((ratio) => (ratio * 100).toFixed(0));
    return `${sorted[Math.floor(sorted.length / 2)]}% (${sorted[0]}–${sorted.at(-1)})`;
  };
  console.log(
    `median: ${percent(results.map((each) => each.ours.bytesPerSecond / each.curl))} of curl, ` +
      `${percent(results.map((each) => each.ours.bytesPerSecond / each.synced))} of curl with a sync, ` +
      `${median(results.map((each) => each.ours.coresAt500)).toFixed(2)} cores at 500 MB/s`,
  );
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}
