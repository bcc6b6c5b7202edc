// Files that were opened by themselves, where they lie.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { writeTinyLlama } from '../testing/gguf-writer.ts';
import { starterAdapter, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('an opened file is used where it lies; deleting only takes it off the list; it is known again', async () => {
  const path = join(bench.folder, 'elsewhere.gguf');
  writeTinyLlama(path);
  const model = await bench.library.open(path);
  expect(model).toMatchObject({ name: 'elsewhere', source: 'file', folderId: null, status: 'ready', path });
  expect(await bench.library.open(path)).toEqual(model);
  const trashed = await bench.library.trash(model.id);
  expect(existsSync(path)).toBe(true);
  expect(await bench.library.restore(trashed.id)).toEqual(model);
  renameSync(path, `${path}.away`);
  await bench.library.rescan();
  expect(bench.only()).toMatchObject({ status: 'away', facts: model.facts });
  renameSync(`${path}.away`, path);
  await bench.reopen();
  expect(bench.only()).toEqual(model);
});

test.each<[string, () => string, string]>([
  ['nothing', () => join(bench.folder, 'nothing.gguf'), 'file-not-found'],
  ['no GGUF', () => fileURLToPath(import.meta.url), 'not-a-gguf'],
  ['an adapter', () => starterAdapter, 'invalid-argument'],
  ['no path', () => '', 'invalid-argument'],
])('%s cannot be opened', async (_name, path, code) => {
  await expect(bench.library.open(path())).rejects.toMatchObject({ code });
  expect(bench.library.models).toEqual([]);
});

test('a shell without dialogs says so; one with them is asked', async () => {
  await expect(bench.library.choose('model')).rejects.toMatchObject({ code: 'no-dialog' });
  bench.open({ choosePath: async (what) => `/chosen/${what}` });
  expect(await bench.library.choose('folder')).toBe('/chosen/folder');
  await expect(bench.library.choose('everything' as 'folder')).rejects.toMatchObject({ code: 'invalid-argument' });
});
