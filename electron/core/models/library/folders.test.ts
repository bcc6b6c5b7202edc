// Folders of the user: what is found in them, which folder of several a file belongs to, and those that may only be read.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { mountSmallDisk } from '../../testing/small-disk.ts';
import { openModelsDatabase } from '../database.ts';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../testing/gguf-writer.ts';
import { settle, starterAdapter, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('models are found in folders below, with facts from their headers; a split one is one item; other files are none', async () => {
  const path = bench.put('a/tiny-q8.gguf', { type: 8 });
  const parts = bench.putSplit();
  const { metadata, tensors } = tinyLlama();
  copyFileSync(starterAdapter, join(bench.models, 'adapter.gguf'));
  writeFileSync(
    join(bench.models, 'mmproj.gguf'),
    ggufBytes({ ...metadata, 'general.architecture': 'clip', 'general.type': 'mmproj' }, tensors),
  );
  writeFileSync(join(bench.models, 'readme.txt'), 'no model');
  await bench.library.rescan();
  expect(bench.library.models.map(({ name, status, files, source }) => [name, status, files, source])).toEqual([
    ['big', 'ready', 2, 'kangaroo'],
    ['tiny-q8', 'ready', 1, 'kangaroo'],
  ]);
  const [, tiny] = bench.library.models;
  expect(tiny).toMatchObject({ path, facts: { architecture: 'llama', quantisation: 'Q8_0', support: { support: 'drafts' } } });
  const { folders, sizeBytes } = await bench.state();
  expect(folders).toMatchObject([{ path: bench.models, isDefault: true, status: 'ready', models: 2, readOnly: false }]);
  expect(folders[0]?.freeBytes).toBeGreaterThan(0);
  const onDisk = readdirSync(bench.models, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.name.endsWith('.gguf'),
  );
  expect(sizeBytes).toBe(onDisk.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0));
  expect((await bench.library.details(bench.library.models[0]?.id ?? '')).paths).toEqual(parts);
});

test('where nothing can be written, as on a full disk, it is there all the same; what the user changes is refused', async () => {
  bench.close();
  rmSync(join(bench.folder, 'data'), { recursive: true });
  mkdirSync(join(bench.folder, 'data'));
  openModelsDatabase(join(bench.folder, 'data')).database.close();
  bench.put('tiny.gguf');
  bench.open({}, (opened) => opened.pragma('query_only = ON'));
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ name: 'tiny', status: 'ready' });
  await expect(bench.library.rename(bench.only().id, 'Mine')).rejects.toMatchObject({ code: 'file-not-readable' });
  await expect(bench.library.trash(bench.only().id)).rejects.toMatchObject({ code: 'file-not-readable' });
  expect(existsSync(join(bench.models, 'tiny.gguf'))).toBe(true);
  expect((await bench.state()).folders).toMatchObject([{ path: bench.models, models: 1 }]);
});

test('a file that has changed is read again, and only then', async () => {
  const path = bench.put('tiny.gguf', { layers: 2 });
  await bench.library.rescan();
  const { id } = bench.only();
  writeTinyLlama(path, { layers: 3 });
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ id, facts: { layers: 3 } });
});

test('a file that was opened by itself belongs to the folder that is added around it, with all that is known of it', async () => {
  const around = join(bench.folder, 'around');
  mkdirSync(join(around, 'below'), { recursive: true });
  const path = join(around, 'below', 'tiny.gguf');
  writeTinyLlama(path);
  settle(path);
  const { id } = await bench.library.open(path);
  await bench.library.rename(id, 'Mine');
  bench.library.recordSpeedup(id, 1.5);
  const { id: folderId } = await bench.library.addFolder(around);
  const adopted = { id, name: 'Mine', path, folderId, source: 'kangaroo', status: 'ready' };
  expect(bench.only()).toMatchObject(adopted);
  await bench.reopen();
  expect(bench.only()).toMatchObject(adopted);
  // Deleting it moves it now, as the folder is the user's.
  await bench.library.trash(id);
  expect(existsSync(path)).toBe(false);
});

test('a model that was restored after its folder had left belongs to that folder when it is added again', async () => {
  const other = join(bench.folder, 'other');
  mkdirSync(other);
  const path = join(other, 'tiny.gguf');
  writeTinyLlama(path);
  settle(path);
  const { id: before } = await bench.library.addFolder(other);
  const { id } = bench.only();
  const trashed = await bench.library.trash(id);
  await bench.library.removeFolder(before);
  await bench.library.restore(trashed.id);
  expect(bench.only()).toMatchObject({ id, source: 'file', folderId: null });
  const { id: after } = await bench.library.addFolder(other);
  expect(bench.only()).toMatchObject({ id, source: 'kangaroo', folderId: after });
  // The other way round: the folder is there again before the model is restored.
  const again = await bench.library.trash(id);
  await bench.library.removeFolder(after);
  const { id: last } = await bench.library.addFolder(other);
  await bench.library.restore(again.id);
  await bench.reopen();
  expect(bench.only()).toMatchObject({ id, folderId: last, status: 'ready' });
});

test('of two folders, one inside the other, each model belongs to one; what both show stays when one leaves', async () => {
  const outer = join(bench.folder, 'outer');
  const inner = join(outer, 'inner');
  mkdirSync(inner, { recursive: true });
  for (const path of [join(outer, 'one.gguf'), join(inner, 'two.gguf')]) writeTinyLlama(path);
  const { id: innerId } = await bench.library.addFolder(inner);
  const two = bench.only();
  await bench.library.rename(two.id, 'Two');
  const { id: outerId } = await bench.library.addFolder(outer);
  const held = () => bench.library.models.map(({ name, folderId }) => [name, folderId]);
  expect(held()).toEqual([
    ['one', outerId],
    ['Two', innerId],
  ]);
  await bench.reopen();
  expect(held()).toEqual([
    ['one', outerId],
    ['Two', innerId],
  ]);
  await bench.library.removeFolder(innerId);
  await bench.reopen();
  expect(held()).toEqual([
    ['one', outerId],
    ['Two', outerId],
  ]);
  expect(bench.library.find(two.id)?.name).toBe('Two');
  const { id: again } = await bench.library.addFolder(inner);
  await bench.library.removeFolder(outerId);
  expect((await bench.state()).folders.map(({ id }) => id)).toContain(again);
  expect(held()).toEqual([['Two', again]]);
});

test('a folder that is in the library under another name is that folder', async () => {
  bench.put('tiny.gguf');
  await bench.library.rescan();
  symlinkSync(bench.models, join(bench.folder, 'link'));
  expect(await bench.library.addFolder(join(bench.folder, 'link'))).toMatchObject({ path: bench.models, isDefault: true });
  expect(bench.only().path).toBe(join(bench.models, 'tiny.gguf'));
  const both = await Promise.all([1, 2].map(() => bench.library.addFolder(join(bench.folder, 'data'))));
  expect(both[0]?.id).toBe(both[1]?.id);
});

test('a file that was opened where no folder is looked through, as in a hidden one, stays in the list', async () => {
  bench.put('tiny.gguf');
  const hidden = bench.put('.hidden/secret.gguf');
  await bench.library.rescan();
  expect(bench.only().name).toBe('tiny');
  const { id } = await bench.library.open(hidden);
  await bench.reopen();
  expect(bench.library.find(id)).toMatchObject({ status: 'ready', problem: null });
  rmSync(hidden);
  await bench.library.rescan();
  expect(bench.library.find(id)).toMatchObject({ status: 'away' });
});

describe('a folder that this user may not write to', () => {
  const disk = mountSmallDisk('2m');
  afterAll(() => disk.remove());

  // Rights bind nobody who is root: there it is a disk that is mounted read-only.
  test.skipIf(disk.reason !== null && process.getuid?.() === 0)('is read-only, and says so', async () => {
    const path = join(disk.path, 'tiny.gguf');
    writeTinyLlama(path);
    const cut = join(disk.path, 'cut.gguf');
    writeFileSync(cut, readFileSync(path).subarray(0, 9000));
    for (const each of [path, cut]) settle(each);
    if (disk.reason === null) execFileSync('mount', ['-o', 'remount,ro', disk.path]);
    else chmodSync(disk.path, 0o555);
    const folder = await bench.library.addFolder(disk.path);
    expect(folder).toMatchObject({ source: 'kangaroo', readOnly: true, models: 2 });
    const byName = (name: string) => bench.library.models.find((model) => model.name === name);
    expect(byName('tiny')).toMatchObject({ readOnly: true, status: 'ready' });
    // It cannot be moved to quarantine: it stays, and is not loaded.
    expect(byName('cut')).toMatchObject({ readOnly: true, status: 'damaged', path: cut });
    const refusal = { code: 'read-only', message: expect.stringContaining('cannot be written to') };
    await expect(bench.library.trash(byName('tiny')?.id ?? '')).rejects.toMatchObject(refusal);
    await expect(bench.library.setDefaultFolder(folder.id)).rejects.toMatchObject(refusal);
    expect(existsSync(path)).toBe(true);
    if (disk.reason === null) execFileSync('mount', ['-o', 'remount,rw', disk.path]);
    else chmodSync(disk.path, 0o755);
    await bench.library.rescan();
    expect((await bench.state()).folders.find(({ id }) => id === folder.id)).toMatchObject({ readOnly: false });
  });
});
