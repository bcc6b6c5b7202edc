// The trash: deleting, taking that back, deleting for good.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('a deleted model is back as it was; both parts of a split one', async () => {
  const [first, second] = bench.putSplit(2, 'x');
  await bench.library.rescan();
  await bench.library.rename(bench.only().id, 'Mine');
  const before = bench.only();
  const total = (await bench.state()).sizeBytes;
  const trashed = await bench.library.trash(before.id);
  expect(trashed).toMatchObject({ name: 'Mine', path: first, sizeBytes: before.sizeBytes });
  expect(existsSync(first) || existsSync(second)).toBe(false);
  await bench.reopen();
  expect(bench.library.models).toEqual([]);
  // The trash takes room too.
  expect(await bench.state()).toMatchObject({ trash: [trashed], sizeBytes: total });
  expect(await bench.library.restore(trashed.id)).toEqual(before);
  expect((await bench.state()).trash).toEqual([]);
  expect(existsSync(first) && existsSync(second)).toBe(true);
});

test('what was purged is gone for good; what is loaded is not moved; a place that was taken is not overwritten', async () => {
  const path = bench.put('tiny.gguf');
  await bench.library.rescan();
  const { id } = bench.only();
  bench.loadedId = id;
  await expect(bench.library.trash(id)).rejects.toMatchObject({ code: 'busy' });
  bench.loadedId = null;
  const trashed = await bench.library.trash(id);
  writeFileSync(path, 'another file');
  await expect(bench.library.restore(trashed.id)).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(readFileSync(path, 'utf8')).toBe('another file');
  await bench.library.purge(trashed.id);
  expect(readdirSync(bench.models, { recursive: true }).filter((name) => String(name).endsWith('.gguf'))).toEqual(['tiny.gguf']);
  await expect(bench.library.restore(trashed.id)).rejects.toMatchObject({ code: 'invalid-argument' });
});
