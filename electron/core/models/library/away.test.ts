// Disks that go away and come back: nothing is forgotten but by the user.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LibraryModel } from '../../../contract/library.ts';
import { freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test.each([
  [
    'the folder is gone',
    () => renameSync(bench.models, `${bench.models}.away`),
    () => renameSync(`${bench.models}.away`, bench.models),
  ],
  [
    'an empty folder is in its place, as where a disk is not mounted',
    () => {
      renameSync(bench.models, `${bench.models}.away`);
      mkdirSync(bench.models);
    },
    () => {
      rmSync(bench.models, { recursive: true });
      renameSync(`${bench.models}.away`, bench.models);
    },
  ],
])('%s: its models are shown as away, over restarts, and are back as they were', async (_name, leave, comeBack) => {
  bench.put('tiny.gguf');
  await bench.library.rescan();
  await bench.library.rename(bench.only().id, 'Mine');
  const before = bench.only();
  leave();
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({
    id: before.id,
    name: 'Mine',
    status: 'away',
    facts: before.facts,
    problem: { code: 'away' },
  });
  expect(await bench.state()).toMatchObject({ folders: [{ status: 'away', freeBytes: null, models: 1 }] });
  await bench.reopen();
  expect(bench.only()).toMatchObject({ name: 'Mine', status: 'away' });
  comeBack();
  await bench.library.rescan();
  expect(bench.only()).toEqual(before);
});

test('a folder that comes and goes is noticed without being asked', async () => {
  bench.put('tiny.gguf');
  bench.open({ lookEveryMs: 20 });
  await bench.library.rescan();
  const states = bench.library.watch()[Symbol.asyncIterator]();
  const until = async (status: string) => {
    for (;;) if ((await states.next()).value.models[0]?.status === status) return;
  };
  renameSync(bench.models, `${bench.models}.away`);
  await until('away');
  renameSync(`${bench.models}.away`, bench.models);
  await until('ready');
});

test('a single file that is gone is away too, until the user forgets it', async () => {
  const path = bench.put('tiny.gguf');
  bench.put('other.gguf');
  await bench.library.rescan();
  const id = bench.library.models.find(({ name }) => name === 'tiny')?.id ?? '';
  await expect(bench.library.forget(id)).rejects.toMatchObject({ code: 'invalid-argument' });
  rmSync(path);
  await bench.library.rescan();
  expect(bench.library.find(id)).toMatchObject({ status: 'away', problem: { message: expect.stringContaining('take it off') } });
  await expect(bench.library.checkAgain(id)).rejects.toMatchObject({ code: 'away' });
  await bench.library.forget(id);
  await bench.reopen();
  expect(bench.only()).toMatchObject({ name: 'other' });
});

test('what was deleted by hand is not here; what lies on a disk that is away is, and downloads into it wait', async () => {
  const path = bench.put('tiny.gguf');
  bench.put('other.gguf');
  const origin = { repository: 'someone/Tiny-GGUF', revision: 'main', file: 'tiny.gguf' };
  await bench.library.published(path, origin, 'a'.repeat(64));
  await bench.library.rescan();
  const { id, sizeBytes } = bench.library.models.find(({ name }) => name === 'tiny') as LibraryModel;
  const held = () => bench.library.modelOf('a'.repeat(64), { repository: origin.repository, file: origin.file, sizeBytes });
  expect([held(), bench.library.awayFolder(join(bench.models, 'someone'))]).toEqual([id, null]);
  renameSync(bench.models, `${bench.models}.away`);
  await bench.library.rescan();
  expect([held(), bench.library.awayFolder(join(bench.models, 'someone'))]).toEqual([id, bench.models]);
  expect(bench.library.awayFolder(join(bench.folder, 'elsewhere'))).toBeNull();
  renameSync(`${bench.models}.away`, bench.models);
  rmSync(path);
  await bench.library.rescan();
  expect([held(), bench.library.awayFolder(join(bench.models, 'someone'))]).toEqual([null, null]);
});
