// Damaged files: quarantine, and the way back.
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTinyLlama } from '../testing/gguf-writer.ts';
import { settle, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test.each<[string, (path: string) => void, string]>([
  ['truncated', (path) => truncateSync(path, statSync(path).size - 5000), 'file-damaged'],
  ['cut inside its header', (path) => truncateSync(path, 1000), 'file-damaged'],
  ['no GGUF', (path) => writeFileSync(path, '<!doctype html>not what was asked for'), 'not-a-gguf'],
])('%s: it goes to quarantine with its reason, and is never deleted', async (_name, damage, code) => {
  const path = bench.put('below/tiny.gguf');
  damage(path);
  settle(path);
  const bytes = readFileSync(path);
  await bench.library.rescan();
  const damaged = bench.only();
  expect(damaged).toMatchObject({ status: 'damaged', problem: { code } });
  expect(existsSync(path)).toBe(false);
  expect(damaged.path).toContain('.kangaroo');
  expect(readFileSync(damaged.path)).toEqual(bytes);
  await bench.reopen();
  expect(bench.only()).toMatchObject({ id: damaged.id, status: 'damaged', path: damaged.path });
  await expect(bench.library.checkAgain(damaged.id)).rejects.toMatchObject({ code });
  expect(readFileSync(damaged.path)).toEqual(bytes);
});

/** A model whose file was cut off after the first 9,000 bytes, and is in quarantine for that. */
async function cutOff() {
  const path = bench.put('tiny.gguf');
  const whole = readFileSync(path);
  truncateSync(path, 9000);
  settle(path);
  await bench.library.rescan();
  const { id, path: quarantined } = bench.only();
  return { id, path, whole, quarantined };
}

test('what is whole again goes back to its place', async () => {
  const { id, path, whole, quarantined } = await cutOff();
  appendFileSync(quarantined, whole.subarray(9000));
  expect(await bench.library.checkAgain(id)).toMatchObject({ id, status: 'ready', path });
  expect(readFileSync(path)).toEqual(whole);
});

test('what is in quarantine in a folder that leaves the library is in the trash, and can go back to its place', async () => {
  const other = join(bench.folder, 'other');
  mkdirSync(other);
  const path = join(other, 'cut.gguf');
  writeTinyLlama(path);
  truncateSync(path, 9000);
  settle(path);
  const { id: folderId } = await bench.library.addFolder(other);
  expect(existsSync(path)).toBe(false);
  await bench.library.removeFolder(folderId);
  await bench.reopen();
  expect(bench.library.models).toEqual([]);
  const { trash } = await bench.state();
  expect(trash).toMatchObject([{ name: 'cut', path, sizeBytes: 9000 }]);
  expect(await bench.library.restore(trash[0]?.id ?? '')).toMatchObject({ status: 'damaged', path, source: 'file' });
  expect(statSync(path).size).toBe(9000);
});

test('what is whole again does not overwrite what lies in its place by now', async () => {
  const { id, path, whole, quarantined } = await cutOff();
  appendFileSync(quarantined, whole.subarray(9000));
  writeFileSync(path, 'another file');
  await expect(bench.library.checkAgain(id)).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(readFileSync(path, 'utf8')).toBe('another file');
  expect(readFileSync(quarantined)).toEqual(whole);
});

test('a new download in the place of a damaged file is that model; the damaged file can be deleted from the trash', async () => {
  const { id, path, quarantined } = await cutOff();
  bench.put('tiny.gguf');
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ id, status: 'ready', path });
  const [trashed] = (await bench.state()).trash;
  await bench.library.purge(trashed?.id ?? '');
  expect(existsSync(quarantined)).toBe(false);
  expect(existsSync(path)).toBe(true);
});

test('one that was changed a moment ago may still be being copied: it stays, and is looked at again', async () => {
  const path = bench.put('tiny.gguf');
  const whole = readFileSync(path);
  bench.open({ settleMs: 50 });
  truncateSync(path, 9000);
  const soon = Date.now() / 1000 + 3600;
  utimesSync(path, soon, soon);
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ status: 'damaged', path, problem: { message: expect.stringContaining('just wait') } });
  writeFileSync(path, whole);
  const states = bench.library.watch()[Symbol.asyncIterator]();
  for (;;) if ((await states.next()).value.models[0]?.status === 'ready') break;
  expect(existsSync(path)).toBe(true);
});

test('a missing part of a split model is named, and nothing is moved', async () => {
  const [first] = bench.putSplit(1);
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({
    status: 'damaged',
    problem: { code: 'file-not-found', message: expect.stringContaining('00002-of') },
  });
  expect(existsSync(first)).toBe(true);
});
