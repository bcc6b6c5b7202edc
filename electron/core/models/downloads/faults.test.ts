// Random sequences of faults and of what people do (pause, restart, another network): each ends in a byte-identical file
// or a clear error, and never is there a partial file in the library. KANGAROO_SEEDS=100-400 tries others.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ErrorCode } from '../../../contract/errors.ts';
import type { HubFault, HubHost } from '../testing/hub-faults.ts';
import { startHubServer, type HubServer } from '../testing/hub-server.ts';
import { openWorkbench, randomFile, repo, sha256Of, type Workbench } from './testing/workbench.ts';

const [first = 1, last = 12] = (process.env['KANGAROO_SEEDS'] ?? '1-12').split('-').map(Number);
const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
const name = 'joey.gguf';

/** What a server that errs without end may come to; everything else is a bug. */
const clearErrors: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'checksum-mismatch',
  'hub-access-denied',
  'hub-failed',
  'hub-file-changed',
  'hub-not-found',
  'unverifiable',
]);

function randomOf(seed: number) {
  let state = seed * 7919 + 17;
  const below = (limit: number) => Math.floor(((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647) * limit);
  for (let warm = 0; warm < 5; warm++) below(2);
  return { below, pick: <T>(values: readonly T[]): T => values[below(values.length)] as T };
}

type Random = ReturnType<typeof randomOf>;

function randomFault({ below, pick }: Random, sizeBytes: number): HubFault {
  const status = () => pick([401, 403, 404, 408, 416, 429, 500, 502, 503]);
  return pick<() => HubFault>([
    () => ({ kind: 'cut', afterBytes: below(sizeBytes) }),
    () => ({ kind: 'cut', afterBytes: below(100) }),
    () => ({ kind: 'stall', afterBytes: below(sizeBytes) }),
    () => ({ kind: 'slow-loris', everyMs: 10 + below(20) }),
    () => ({ kind: 'corrupt', atByte: below(sizeBytes) }),
    () => ({ kind: 'short', byBytes: 1 + below(1000) }),
    () => ({ kind: 'wrong-total', byBytes: 1 + below(1000) }),
    () => ({ kind: 'wrong-range', byBytes: 1 + below(1000) }),
    () => ({ kind: 'no-range' }),
    () => ({ kind: 'expired' }),
    () => ({ kind: 'refuse' }),
    () => ({ kind: 'status', status: status(), headers: pick<Record<string, string>>([{}, { 'retry-after': '0.01' }]) }),
  ])();
}

/** What people and networks do meanwhile. */
async function disturb(random: Random, bench: Workbench, hub: HubServer, id: string, change: () => void): Promise<void> {
  const { below } = random;
  await new Promise((resolve) => setTimeout(resolve, below(40)));
  await random.pick<() => unknown>([
    () => hub.breakConnections(),
    () => hub.expireUrls(),
    () => bench.downloads.wake(),
    () => bench.reopen(),
    () => bench.downloads.setSpeedLimit(random.pick([null, 1_000_000])),
    () => bench.downloads.pause(id).then(() => bench.downloads.resume(id)),
    change,
  ])();
}

test.each(seeds)('seed %i', async (seed) => {
  const random = randomOf(seed);
  const { below, pick } = random;
  const sizeBytes = 1 + below(400_000);
  const versions = [randomFile(sizeBytes, seed)];
  const current = () => versions.at(-1) as Buffer;
  const hub = await startHubServer({
    repos: [{ id: repo, files: { [name]: current() } }],
    ranges: below(5) > 0,
    redirects: below(5) > 0,
    linkedEtag: below(5) > 0,
    bytesPerSecond: pick([null, 2_000_000]),
  });
  const partBytes = pick([1000, 16_384, 100_000]);
  const bench = openWorkbench({
    sizes: { partBytes: () => partBytes, connections: 1 + below(4), partsPerRequest: 1 + below(4) },
  });
  const destination = join(bench.library, name);
  const expectNoPartialFile = () => {
    if (existsSync(destination)) expect(versions.map(sha256Of)).toContain(sha256Of(readFileSync(destination)));
  };
  try {
    const faults = Array.from({ length: below(10) }, () => ({
      on: pick<HubHost>(['cdn', 'cdn', 'hub']),
      fault: randomFault(random, sizeBytes),
    }));
    hub.faults.push(...faults);
    const id = await bench.downloads.add(bench.request(hub.origin, { [name]: current() }));
    const change = () => {
      versions.push(randomFile(1 + below(400_000), seed + versions.length * 1000));
      hub.setFile(repo, name, current());
    };
    for (let count = below(5); count > 0; count--) {
      await disturb(random, bench, hub, id, change);
      expectNoPartialFile();
    }
    const download = await bench.ended(id);
    expectNoPartialFile();
    if (download.status === 'completed') {
      // The version that it verified; the last one, unless that came after the end.
      expect(download.request.files[0]?.sha256).toBe(sha256Of(readFileSync(destination)));
      expect(bench.names()).toEqual([name]);
    } else {
      expect(clearErrors, JSON.stringify({ faults, error: download.error })).toContain(download.error?.code);
    }
  } finally {
    await bench.close();
    await hub.close();
  }
});
