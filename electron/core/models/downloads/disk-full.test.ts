// A small file system that is really full: the download waits, says why, and goes on when there is room. Needs root on
// Linux, for a tmpfs of a few megabytes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mountSmallDisk } from '../../testing/small-disk.ts';
import { startHubServer, type HubServer } from '../testing/hub-server.ts';
import { openWorkbench, randomFile, repo, type Workbench } from './testing/workbench.ts';

const mebibyte = 1 << 20;
const disk = mountSmallDisk('8m');
const { path: mountPoint, reason } = disk;
const name = 'joey.gguf';
const bytes = randomFile(5 * mebibyte);

afterAll(() => disk.remove());

describe.skipIf(reason !== null)(`a disk of 8 MiB${reason === null ? '' : ` (${reason})`}`, () => {
  let hub: HubServer;
  let bench: Workbench;
  const filler = join(mountPoint, 'filler');
  const library = join(mountPoint, 'models');

  beforeAll(() => mkdirSync(library));

  beforeEach(async () => {
    hub = await startHubServer({ repos: [{ id: repo, files: { [name]: bytes } }] });
    bench = openWorkbench({ library });
  });

  afterEach(async () => {
    await bench.close();
    await hub.close();
    rmSync(filler, { force: true });
    rmSync(library, { recursive: true });
    mkdirSync(library);
  });

  const fill = (free: number) => writeFileSync(filler, Buffer.alloc(8 * mebibyte - free));
  const add = () => bench.downloads.add(bench.request(hub.origin, { [name]: bytes }));

  async function expectWaitThenEnd(id: string) {
    const { wait } = await bench.until(id, ({ status }) => status === 'waiting');
    expect(wait).toMatchObject({ reason: 'disk-full', message: expect.stringMatching(/Free some space/) });
    expect(bench.names()).not.toContain(name);
    rmSync(filler);
    expect(await bench.ended(id)).toMatchObject({ status: 'completed' });
    expect(bench.read(name).equals(bytes)).toBe(true);
  }

  test('that is too full is noticed before anything is fetched', async () => {
    fill(4 * mebibyte);
    const id = await add();
    await bench.until(id, ({ status }) => status === 'waiting');
    expect(hub.requests).toEqual([]);
    await expectWaitThenEnd(id);
  });

  test('that fills up meanwhile pauses the download, which keeps what it has', async () => {
    hub.options.bytesPerSecond = 1_000_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > mebibyte);
    fill(2 * mebibyte);
    hub.options.bytesPerSecond = null;
    const waiting = await bench.until(id, ({ status }) => status === 'waiting');
    expect(waiting.receivedBytes).toBeGreaterThan(mebibyte);
    await expectWaitThenEnd(id);
  });

  test('that has less than the reserve left pauses it before it is full', async () => {
    await bench.reopen({ sizes: { reserveBytes: 2 * mebibyte } });
    hub.options.bytesPerSecond = 1_000_000;
    const id = await add();
    await bench.until(id, ({ receivedBytes }) => receivedBytes > mebibyte);
    fill(2 * mebibyte);
    await expectWaitThenEnd(id);
  });
});
