// Downloads from the test hub, each with one fault or none: the file is byte-identical in the end, or the error is clear
// and nothing is in the library.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HubFault, HubHost } from '../testing/hub-faults.ts';
import { startHubServer, type HubServer } from '../testing/hub-server.ts';
import { openWorkbench, randomFile, repo, sha256Of, type Workbench, type WorkbenchOptions } from './testing/workbench.ts';

const bytes = randomFile(500_000);
const other = randomFile(500_000, 2);
const name = 'joey.gguf';

let hub: HubServer;
let bench: Workbench;

beforeEach(async () => {
  hub = await startHubServer({ repos: [{ id: repo, files: { [name]: bytes } }] });
  bench = openWorkbench();
});

afterEach(async () => {
  await bench.close();
  await hub.close();
});

async function restart(options: WorkbenchOptions) {
  await bench.close();
  bench = openWorkbench(options);
}

const add = (over = {}) => bench.downloads.add(bench.request(hub.origin, { [name]: bytes }, over));

async function expectDownloaded(id: string) {
  expect(await bench.ended(id)).toMatchObject({
    status: 'completed',
    error: null,
    receivedBytes: bytes.length,
    verifiedBytes: bytes.length,
  });
  expect(bench.names()).toEqual([name]);
  expect(bench.read(name).equals(bytes)).toBe(true);
}

async function expectFailed(id: string, code: string) {
  const download = await bench.ended(id);
  expect(download).toMatchObject({ status: 'failed', error: { code } });
  expect(existsSync(join(bench.library, name))).toBe(false);
  return download;
}

describe('a download', () => {
  test('over several ranges is byte-identical, and told at its end', async () => {
    const ended: string[] = [];
    await restart({ onEnd: (download) => ended.push(download.status) });
    const id = await add();
    await expectDownloaded(id);
    expect((await bench.downloads.list())[0]).toMatchObject({ resumable: true, notices: [], wait: null });
    expect(ended).toEqual(['completed']);
    expect(hub.requests.filter((each) => each.host === 'cdn').length).toBeGreaterThan(3);
  });

  test('of a split model is one item, in folders of the repository', async () => {
    const files = { 'q4/joey-00001-of-00002.gguf': bytes, 'q4/joey-00002-of-00002.gguf': other };
    hub.setRepo({ id: repo, files });
    const id = await bench.downloads.add(bench.request(hub.origin, files));
    expect(await bench.ended(id)).toMatchObject({ status: 'completed', totalBytes: 1_000_000 });
    expect(bench.names()).toEqual(['q4', ...Object.keys(files)]);
    expect(bench.read('q4/joey-00002-of-00002.gguf').equals(other)).toBe(true);
  });

  test('whose hash only the hub tells is checked against that', async () => {
    await expectDownloaded(await add({ files: [{ path: name, sizeBytes: bytes.length, sha256: null }] }));
  });

  test('whose hash nobody tells is refused before anything is fetched', async () => {
    hub.options.linkedEtag = false;
    await expectFailed(await add({ files: [{ path: name, sizeBytes: bytes.length, sha256: null }] }), 'unverifiable');
  });

  test('of a file that is there already fetches nothing; of another version replaces it', async () => {
    mkdirSync(bench.library, { recursive: true });
    writeFileSync(join(bench.library, name), bytes);
    await expectDownloaded(await add());
    expect(hub.requests).toEqual([]);
    await bench.downloads.cancel((await bench.downloads.list())[0]?.id ?? '');
    writeFileSync(join(bench.library, name), other);
    await expectDownloaded(await add());
  });

  test('from a mirror without redirects', async () => {
    hub.options.redirects = false;
    await expectDownloaded(await add());
  });
});

describe('a fault', () => {
  const faults: [HubHost, HubFault][] = [
    ['cdn', { kind: 'cut', afterBytes: 0 }],
    ['cdn', { kind: 'cut', afterBytes: 40_000 }],
    ['cdn', { kind: 'stall', afterBytes: 10_000 }],
    ['cdn', { kind: 'slow-loris', everyMs: 20 }],
    ['cdn', { kind: 'short', byBytes: 1000 }],
    ['cdn', { kind: 'wrong-total', byBytes: 5 }],
    ['cdn', { kind: 'wrong-range', byBytes: 7 }],
    ['cdn', { kind: 'expired' }],
    ['cdn', { kind: 'refuse' }],
    ['cdn', { kind: 'status', status: 401 }],
    ['cdn', { kind: 'status', status: 404 }],
    ['cdn', { kind: 'status', status: 416 }],
    ['cdn', { kind: 'status', status: 500 }],
    ['hub', { kind: 'refuse' }],
    ['hub', { kind: 'status', status: 429, headers: { 'retry-after': '0.05' } }],
    ['hub', { kind: 'status', status: 503 }],
    ['cdn', { kind: 'corrupt', atByte: 33_000 }],
  ];

  test.each(faults)('of the %s: %o', async (on, fault) => {
    hub.faults.push({ on, fault });
    await expectDownloaded(await add());
    expect(hub.faults).toEqual([]);
  });

  test('that lasts is a clear error', async () => {
    hub.faults.push({ on: 'cdn', fault: { kind: 'status', status: 500 }, times: Infinity });
    const { error } = await expectFailed(await add(), 'hub-failed');
    expect(error?.message).toMatch(/500.*try again later/);
  });

  test('a server that asks to come back at once is not asked without a pause', async () => {
    await restart({ timings: { backoffFirstMs: 600_000, backoffMostMs: 600_000 } });
    hub.faults.push({ on: 'hub', fault: { kind: 'status', status: 429, headers: { 'retry-after': '0' } } });
    const { wait } = await bench.until(await add(), ({ status }) => status === 'waiting');
    expect((wait?.nextTryAtMs ?? 0) - Date.now()).toBeGreaterThan(100_000);
  });

  test('Retry-After is honoured', async () => {
    hub.faults.push({ on: 'hub', fault: { kind: 'status', status: 429, headers: { 'retry-after': '0.3' } } });
    const id = await add();
    const { wait } = await bench.until(id, ({ status }) => status === 'waiting');
    expect(wait?.reason).toBe('rate-limited');
    expect((wait?.nextTryAtMs ?? 0) - Date.now()).toBeGreaterThan(100);
    await expectDownloaded(id);
  });

  test('a network that is away is waited for, however long, and tried at once when it is back', async () => {
    await hub.close();
    const id = await add();
    const tries = new Set<number>();
    for await (const [download] of bench.downloads.watch()) {
      if (download?.wait) tries.add(download.wait.nextTryAtMs);
      if (tries.size > 8) break;
    }
    expect((await bench.until(id, ({ wait }) => wait !== null)).wait?.reason).toBe('network');
    const port = Number(new URL(hub.origin).port);
    hub = await startHubServer({ repos: [{ id: repo, files: { [name]: bytes } }], port });
    bench.downloads.wake();
    await expectDownloaded(id);
  });

  test('an address that is gone breaks the connections over it, and the download goes on over new ones', async () => {
    let addresses = ['192.0.2.1'];
    hub.faults.push({ on: 'cdn', fault: { kind: 'stall', afterBytes: 20_000 } });
    await restart({ addresses: () => addresses, timings: { stallMs: 600_000 }, sizes: { connections: 1 } });
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 0);
    addresses = ['192.0.2.2'];
    await expectDownloaded(id);
  });

  test('a new address ends the wait for the network', async () => {
    let addresses: string[] = [];
    await hub.close();
    await restart({ addresses: () => addresses, timings: { backoffFirstMs: 600_000, backoffMostMs: 600_000 } });
    const id = await add();
    expect((await bench.until(id, ({ wait }) => wait !== null)).wait?.reason).toBe('network');
    const port = Number(new URL(hub.origin).port);
    hub = await startHubServer({ repos: [{ id: repo, files: { [name]: bytes } }], port });
    addresses = ['192.0.2.1'];
    await expectDownloaded(id);
  });

  test('a wrong byte is found by comparing, replaced, and the rest is not fetched again', async () => {
    hub.faults.push({ on: 'cdn', fault: { kind: 'corrupt', atByte: 5 } });
    await restart({ sizes: { connections: 1 } });
    const id = await add();
    await expectDownloaded(id);
    expect((await bench.downloads.list())[0]?.notices).toEqual(['repaired']);
    const ranges = hub.requests.filter((each) => each.host === 'cdn').map((each) => each.range);
    expect(ranges.filter((range) => range?.startsWith('bytes=0-'))).toHaveLength(2);
    expect(ranges.filter((range) => range?.startsWith('bytes=65536-'))).toHaveLength(1);
  });

  test('a file whose hash stays wrong is refused, and nothing of it is kept', async () => {
    const id = await add({ files: [{ path: name, sizeBytes: bytes.length, sha256: sha256Of(other) }] });
    hub.options.linkedEtag = false;
    await expectFailed(id, 'checksum-mismatch');
    expect(bench.names()).toEqual([]);
  });
});

describe('a file that changed on the server', () => {
  test('is fetched anew, and that is said', async () => {
    hub.options.bytesPerSecond = 400_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    hub.setFile(repo, name, other);
    hub.breakConnections();
    hub.options.bytesPerSecond = null;
    expect(await bench.ended(id)).toMatchObject({ status: 'completed', notices: ['changed-on-server'] });
    expect(bench.read(name).equals(other)).toBe(true);
  });

  test('after another part of its model was there: that one is looked at again, and fetched anew where it changed too', async () => {
    const parts = ['joey-00001-of-00002.gguf', 'joey-00002-of-00002.gguf'] as const;
    const [old, now] = [1, 2].map((version) => parts.map((_part, index) => randomFile(200_000, version * 10 + index)));
    const filesOf = (version: Buffer[] = []) => Object.fromEntries(parts.map((part, index) => [part, version[index] as Buffer]));
    hub.setRepo({ id: repo, files: filesOf(old) });
    hub.options.bytesPerSecond = 400_000;
    const id = await bench.downloads.add(bench.request(hub.origin, filesOf(old)));
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 220_000);
    for (const [part, bytesNow] of Object.entries(filesOf(now))) hub.setFile(repo, part, bytesNow);
    hub.breakConnections();
    hub.options.bytesPerSecond = null;
    expect(await bench.ended(id)).toMatchObject({ status: 'completed', notices: ['changed-on-server'] });
    for (const [part, bytesNow] of Object.entries(filesOf(now))) expect(bench.read(part).equals(bytesNow), part).toBe(true);
  });

  test('under a fixed commit is an error', async () => {
    const { sha } = (await (await fetch(`${hub.origin}/api/models/${repo}`)).json()) as { sha: string };
    const files = [{ path: name, sizeBytes: other.length, sha256: sha256Of(other) }];
    await expectFailed(await add({ revision: sha, files }), 'hub-file-changed');
  });
});

describe('a server without ranges', () => {
  test('is said not to resume, and begins anew after a break', async () => {
    hub.options.ranges = false;
    hub.faults.push({ on: 'cdn', fault: { kind: 'cut', afterBytes: 300_000 } });
    const id = await add();
    await expectDownloaded(id);
    expect((await bench.downloads.list())[0]).toMatchObject({ resumable: false, notices: ['cannot-be-resumed'] });
    expect(hub.requests.filter((each) => each.host === 'cdn')).toHaveLength(2);
  });

  test('is noticed in mid-download', async () => {
    hub.options.bytesPerSecond = 400_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    hub.options.ranges = false;
    hub.options.bytesPerSecond = null;
    hub.breakConnections();
    await expectDownloaded(id);
    expect((await bench.downloads.list())[0]?.notices).toEqual(['cannot-be-resumed']);
  });
});

describe('pause, resume, cancel, restart', () => {
  test('a pause keeps what has arrived, over a restart, and nothing of it is fetched again', async () => {
    hub.options.bytesPerSecond = 300_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 100_000);
    await bench.downloads.pause(id);
    const paused = (await bench.downloads.list())[0];
    expect(paused).toMatchObject({ status: 'paused', resumable: true });
    expect(paused?.receivedBytes).toBeGreaterThan(100_000);
    expect(existsSync(join(bench.library, name))).toBe(false);
    await bench.reopen();
    expect((await bench.downloads.list())[0]).toMatchObject({ status: 'paused', receivedBytes: paused?.receivedBytes });
    hub.requests.length = 0;
    hub.options.bytesPerSecond = null;
    await bench.downloads.resume(id);
    await expectDownloaded(id);
    const fetched = hub.requests.filter((each) => each.host === 'cdn').reduce((sum, each) => sum + rangeLength(each.range), 0);
    expect(fetched).toBe(bytes.length - (paused?.receivedBytes ?? 0));
  });

  test('what was under way goes on by itself after a restart', async () => {
    hub.options.bytesPerSecond = 300_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    hub.options.bytesPerSecond = null;
    await bench.reopen();
    await expectDownloaded(id);
  });

  test('a cancel leaves nothing; a completed item is only forgotten', async () => {
    hub.options.bytesPerSecond = 300_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    await bench.downloads.cancel(id);
    expect(bench.names()).toEqual([]);
    expect(await bench.downloads.list()).toEqual([]);
    hub.options.bytesPerSecond = null;
    const again = await add();
    await expectDownloaded(again);
    await bench.downloads.cancel(again);
    expect(bench.names()).toEqual([name]);
  });

  test('a folder of the library that is away is not made anew by a first download into it', async () => {
    const disk = () => join(bench.folder, 'models');
    await restart({ awayFolder: () => (existsSync(disk()) ? null : disk()) });
    const id = await add();
    expect((await bench.until(id, ({ wait }) => wait !== null)).wait).toMatchObject({
      reason: 'folder-missing',
      message: expect.stringContaining(`${disk()} is not there`),
    });
    expect(existsSync(disk())).toBe(false);
    mkdirSync(disk());
    await expectDownloaded(id);
  });

  test('a failed item can be tried again', async () => {
    hub.faults.push({ on: 'hub', fault: { kind: 'status', status: 404, headers: { 'x-error-code': 'EntryNotFound' } } });
    const id = await add();
    await expectFailed(id, 'hub-not-found');
    await bench.reopen();
    expect((await bench.downloads.list())[0]?.error?.code).toBe('hub-not-found');
    await bench.downloads.resume(id);
    await expectDownloaded(id);
  });

  test('a part file that somebody removed is fetched again', async () => {
    hub.options.bytesPerSecond = 300_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    await bench.downloads.pause(id);
    renameSync(join(bench.library, `${name}.kangaroo-part`), join(bench.folder, 'elsewhere'));
    hub.options.bytesPerSecond = null;
    await bench.downloads.resume(id);
    await expectDownloaded(id);
  });

  test('a folder that is away is waited for, and not made again', async () => {
    hub.options.bytesPerSecond = 300_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
    await bench.downloads.pause(id);
    renameSync(bench.library, `${bench.library}-away`);
    await bench.downloads.resume(id);
    expect((await bench.until(id, ({ wait }) => wait !== null)).wait?.reason).toBe('folder-missing');
    expect(existsSync(bench.library)).toBe(false);
    renameSync(`${bench.library}-away`, bench.library);
    hub.options.bytesPerSecond = null;
    await expectDownloaded(id);
  });
});

describe('the queue', () => {
  const files = { 'a.gguf': randomFile(100_000, 3), 'b.gguf': randomFile(100_000, 4), 'c.gguf': randomFile(100_000, 5) };
  const one = (path: keyof typeof files) => bench.request(hub.origin, { [path]: files[path] }, { name: path });

  test('runs one after the other, in an order that can be changed and is kept', async () => {
    const ended: string[] = [];
    await restart({ onEnd: (download) => ended.push(download.request.name) });
    hub.setRepo({ id: repo, files });
    hub.options.bytesPerSecond = 200_000;
    await bench.downloads.add(one('a.gguf'));
    const b = await bench.downloads.add(one('b.gguf'));
    const c = await bench.downloads.add(one('c.gguf'));
    await bench.downloads.move(c, 1);
    expect((await bench.downloads.list()).map((each) => each.request.name)).toEqual(['a.gguf', 'c.gguf', 'b.gguf']);
    expect((await bench.downloads.list()).filter((each) => each.status !== 'queued')).toHaveLength(1);
    hub.options.bytesPerSecond = null;
    await bench.reopen();
    await bench.ended(b);
    expect(ended).toEqual(['a.gguf', 'c.gguf', 'b.gguf']);
  });

  test('one that waits leaves its place to the next', async () => {
    const ended: string[] = [];
    await restart({ onEnd: ({ request }) => ended.push(request.name) });
    hub.setRepo({ id: repo, files });
    hub.faults.push({ on: 'hub', fault: { kind: 'status', status: 429, headers: { 'retry-after': '0.9' } } });
    const a = await bench.downloads.add(one('a.gguf'));
    const b = await bench.downloads.add(one('b.gguf'));
    expect(await bench.ended(a)).toMatchObject({ status: 'completed' });
    expect(await bench.ended(b)).toMatchObject({ status: 'completed' });
    expect(ended).toEqual(['b.gguf', 'a.gguf']);
  });

  test('the same item twice is one; another one of the same file is refused', async () => {
    hub.options.bytesPerSecond = 100_000;
    const id = await add();
    expect(await add()).toBe(id);
    await expect(add({ revision: 'other' })).rejects.toMatchObject({ code: 'busy' });
  });

  test('what another instance is writing is not deleted by cancelling here', async () => {
    const second = openWorkbench({ library: bench.library });
    try {
      hub.options.bytesPerSecond = 300_000;
      const id = await add();
      await bench.until(id, ({ receivedBytes }) => receivedBytes > 50_000);
      const same = await second.downloads.add(second.request(hub.origin, { [name]: bytes }));
      await second.until(same, ({ wait }) => wait !== null);
      await second.downloads.cancel(same);
      expect(bench.names()).toContain(`${name}.kangaroo-part`);
      hub.options.bytesPerSecond = null;
      await expectDownloaded(id);
      expect((await bench.downloads.list())[0]?.notices).toEqual([]);
    } finally {
      await second.close();
    }
  });

  test('two instances never write one file', async () => {
    const second = openWorkbench({ library: bench.library });
    try {
      hub.options.bytesPerSecond = 300_000;
      const id = await add();
      await bench.until(id, ({ receivedBytes }) => receivedBytes > 0);
      const same = await second.downloads.add(second.request(hub.origin, { [name]: bytes }));
      expect((await second.until(same, ({ wait }) => wait !== null)).wait?.reason).toBe('busy');
      hub.options.bytesPerSecond = null;
      await bench.ended(id);
      expect(await second.ended(same)).toMatchObject({ status: 'completed' });
      await expectDownloaded(id);
    } finally {
      await second.close();
    }
  });

  test.each([
    ['a path out of the folder', { files: [{ path: '../evil.gguf', sizeBytes: 1, sha256: null }] }],
    ['an absolute path', { files: [{ path: '/evil.gguf', sizeBytes: 1, sha256: null }] }],
    ["a path of Windows' own", { files: [{ path: 'c:evil.gguf', sizeBytes: 1, sha256: null }] }],
    ['a device', { files: [{ path: 'nul.gguf', sizeBytes: 1, sha256: null }] }],
    ['no files', { files: [] }],
    ['a hash that is none', { files: [{ path: name, sizeBytes: 1, sha256: 'abc' }] }],
    ['a folder that is not absolute', { folder: 'models' }],
    ['an endpoint with a path', { endpoint: 'https://huggingface.co/x' }],
    ['an endpoint that is no server', { endpoint: 'file:///etc' }],
    ['a repository with a way out', { repo: '../..' }],
  ])('%s is refused', async (_what, over) => {
    await expect(add(over)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(await bench.downloads.list()).toEqual([]);
  });
});

function rangeLength(range: string | null): number {
  const [, start = 0, end = -1] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [];
  return Number(end) - Number(start) + 1;
}
