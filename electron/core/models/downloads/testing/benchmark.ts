// npm run bench:download: one large file from a local hub in another process, by curl and by the download engine in turn.
// Prints the ratio of their speeds, and the engine's processor time and memory. The engine also hashes and syncs.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  mostResidentBytes: number;
}

function curl(hub: LargeHub): number {
  const path = join(folder, 'curl.gguf');
  const beganMs = performance.now();
  execFileSync('curl', ['-sfL', '-o', path, `${hub.origin}/${largeRepo}/resolve/main/${largeName}`]);
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
  let mostResidentBytes = 0;
  const beganMs = performance.now();
  const before = process.cpuUsage();
  const files = [{ path: largeName, sizeBytes, sha256: hub.sha256 }];
  const library = join(folder, 'models');
  await downloads.add({ name: 'Large', endpoint: hub.origin, repo: largeRepo, revision: 'main', files, folder: library });
  for await (const [download] of downloads.watch()) {
    mostResidentBytes = Math.max(mostResidentBytes, process.memoryUsage.rss());
    if (download?.error) throw new Error(download.error.message);
    if (download?.wait) console.error(download.wait.message);
    if (download?.status === 'completed') break;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  await downloads.close();
  database.close();
  rmSync(library, { recursive: true });
  return { bytesPerSecond: sizeBytes / seconds, coresAt500: (user + system) / 1e6 / (sizeBytes / 5e8), mostResidentBytes };
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const serverPath = fileURLToPath(new URL('../../testing/large-hub-child.ts', import.meta.url));
const server = fork(serverPath, [String(sizeBytes)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
try {
  const [hub] = (await once(server, 'message')) as [LargeHub];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const pairs: { curl: number; ours: Figures }[] = [];
  console.log(`${megabytes(sizeBytes)} MB into ${values.folder}, ${values.connections} connections, ${rounds} rounds`);
  for (let round = 1; round <= rounds; round++) {
    const pair = { curl: curl(hub), ours: await ours(hub) };
    pairs.push(pair);
    console.log(
      `round ${round}: curl ${megabytes(pair.curl)} MB/s, kangaroo ${megabytes(pair.ours.bytesPerSecond)} MB/s, ` +
        `${pair.ours.coresAt500.toFixed(2)} cores at 500 MB/s, ${megabytes(pair.ours.mostResidentBytes)} MB of memory at most`,
    );
  }
  const ratio = median(pairs.map((pair) => pair.ours.bytesPerSecond / pair.curl));
  console.log(
    `median: ${(ratio * 100).toFixed(0)}% of curl, ${median(pairs.map((pair) => pair.ours.coresAt500)).toFixed(2)} cores at 500 MB/s`,
  );
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}
