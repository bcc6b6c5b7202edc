// Which adapter belongs to which model.
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTinyLlama } from '../testing/gguf-writer.ts';
import { readAdapter } from './pairing.ts';
import { builtInStarter, starter, starterAdapter, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('the adapter of a base is paired with its models by fingerprint, unless the user chose', async () => {
  mkdirSync(bench.models, { recursive: true });
  copyFileSync(starter, join(bench.models, 'joey.gguf'));
  copyFileSync(starterAdapter, join(bench.models, 'joey-adapter.gguf'));
  writeTinyLlama(join(bench.models, 'other.gguf'), { embeddingLength: 256, heads: 4 });
  await bench.library.rescan();
  const [joey, other] = bench.library.models;
  expect(joey).toMatchObject({ name: 'joey', adapterPath: join(bench.models, 'joey-adapter.gguf') });
  expect(other?.adapterPath).toBeNull();
  expect((await bench.library.details(joey?.id ?? '')).adapter).toMatchObject({
    exitLayer: 2,
    sizeBytes: statSync(starterAdapter).size,
  });
  await bench.library.setAdapter(joey?.id ?? '', null);
  await bench.library.rescan();
  expect(bench.library.find(joey?.id ?? '')?.adapterPath).toBeNull();
  await expect(bench.library.setAdapter(other?.id ?? '', starterAdapter)).rejects.toMatchObject({ code: 'adapter-mismatch' });
  await expect(bench.library.setAdapter(other?.id ?? '', starter)).rejects.toMatchObject({ code: 'adapter-invalid' });
  expect(await bench.library.setAdapter(joey?.id ?? '', starterAdapter)).toMatchObject({ adapterPath: starterAdapter });
});

test('of the starter can be replaced by another one and given back, and that is remembered', async () => {
  const own = join(bench.folder, 'own.gguf');
  copyFileSync(starterAdapter, own);
  const again = () => {
    bench.open({ builtIn: [builtInStarter] });
  };
  again();
  expect(await bench.library.setAdapter('starter', own)).toMatchObject({ adapterPath: own });
  again();
  expect(bench.library.find('starter')).toMatchObject({ adapterPath: own });
  expect(await bench.library.setAdapter('starter', null)).toMatchObject({ adapterPath: starterAdapter });
  await bench.library.setAdapter('starter', own);
  rmSync(own);
  again();
  expect(bench.library.find('starter')).toMatchObject({ adapterPath: starterAdapter });
});

test('one that was made for the starter before does not stand in the way of the shipped one', async () => {
  const own = join(bench.folder, 'own.gguf');
  copyFileSync(starterAdapter, own);
  bench.open({ builtIn: [builtInStarter] });
  await bench.library.setAdapter('starter', own);
  await bench.library.rescan();
  expect(bench.library.find('starter')).toMatchObject({ adapterPath: own });

  // As if an update had brought another model since.
  const { baseFingerprint } = await readAdapter(own);
  const bytes = readFileSync(own);
  bytes.write('0'.repeat(baseFingerprint.length), bytes.indexOf(baseFingerprint));
  writeFileSync(own, bytes);
  await bench.library.rescan();
  expect(bench.library.find('starter')).toMatchObject({ adapterPath: starterAdapter, status: 'ready' });
});
