// What is known of a model beyond its header: its name, measured speedup, hash, whether it fits.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInStarter, starter, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('names, ids and what was learned stay over a restart; the file keeps its own name', async () => {
  bench.put('tiny.gguf');
  await bench.library.rescan();
  const { id } = bench.only();
  expect(await bench.library.rename(id, ' My model ')).toMatchObject({ id, name: 'My model' });
  bench.library.recordSpeedup(id, 1.5);
  bench.library.recordSpeedup(id, 2.5);
  await bench.reopen();
  expect(bench.only()).toMatchObject({ id, name: 'My model', status: 'ready' });
  expect((await bench.library.details(id)).measuredSpeedup).toEqual({ speedup: 2, answers: 2 });
  expect(existsSync(join(bench.models, 'tiny.gguf'))).toBe(true);
  expect(await bench.library.rename(id, '')).toMatchObject({ name: 'tiny' });
  await expect(bench.library.rename('nobody', 'x')).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('what ships with the app has a measured speedup too', async () => {
  bench.open({ builtIn: [builtInStarter] });
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ status: 'ready', facts: { layers: 8 }, sizeBytes: statSync(starter).size });
  for (const speedup of [1, 2]) bench.library.recordSpeedup('starter', speedup);
  const details = await bench.library.details('starter');
  expect(details).toMatchObject({ measuredSpeedup: { speedup: 1.5, answers: 2 }, adapter: { exitLayer: 2 } });
  await expect(bench.library.trash('starter')).rejects.toMatchObject({ code: 'read-only' });
});

test('hashing tells SHA-256, and it is remembered', async () => {
  const path = bench.put('tiny.gguf');
  await bench.library.rescan();
  let last: { fraction: number; sha256: string | null } | undefined;
  for await (const progress of bench.library.hash(bench.only().id)) last = progress;
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  expect(last).toEqual({ fraction: 1, sha256 });
  expect((await bench.library.details(bench.only().id)).sha256).toBe(sha256);
  expect(bench.library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBe(bench.only().id);
  expect(bench.library.modelOf(null, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBeNull();
});

test('hashing a split model reads all its parts, and is not taken for the SHA-256 of one file', async () => {
  const parts = bench.putSplit();
  await bench.library.rescan();
  const { id, files } = bench.only();
  expect(files).toBe(2);
  const told: { fraction: number; sha256: string | null }[] = [];
  for await (const progress of bench.library.hash(id)) told.push(progress);
  const sha256 = createHash('sha256')
    .update(Buffer.concat(parts.map((path) => readFileSync(path))))
    .digest('hex');
  expect(told.at(-1)).toEqual({ fraction: 1, sha256 });
  expect(told.every(({ fraction }) => fraction > 0 && fraction <= 1)).toBe(true);
  expect((await bench.library.details(id)).sha256).toBeNull();
  expect(bench.library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBeNull();
});

test('whether it would fit, from its header', async () => {
  bench.put('tiny.gguf');
  await bench.library.rescan();
  const fit = await bench.library.fit(bench.only().id, { contextSize: 256 });
  expect(fit).toMatchObject({ verdict: 'fits', contextSize: 256 });
  await expect(bench.library.fit(bench.only().id, { contextSize: -1 })).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('a hash belongs to the file that was hashed: where that changes it is forgotten, also of a downloaded one', async () => {
  const path = bench.put('tiny.gguf', { layers: 2 });
  const origin = { repository: 'someone/Tiny-GGUF', revision: 'main', file: 'tiny.gguf' };
  await bench.library.published(path, origin, 'a'.repeat(64));
  const { id } = bench.only();
  expect(await bench.library.details(id)).toMatchObject({ sha256: 'a'.repeat(64), origin });
  bench.put('tiny.gguf', { layers: 3 });
  await bench.library.published(path, origin, 'b'.repeat(64));
  expect((await bench.library.details(id)).sha256).toBe('b'.repeat(64));
  bench.put('tiny.gguf', { layers: 4 });
  await bench.library.rescan();
  expect((await bench.library.details(id)).sha256).toBeNull();
});

test('hashing a file that is gone by now says so', async () => {
  const path = bench.put('tiny.gguf');
  await bench.library.rescan();
  const { id } = bench.only();
  rmSync(path);
  await expect(bench.library.hash(id).next()).rejects.toMatchObject({ code: 'file-not-found' });
});
