// The library's models in the real engine: loaded with choices, their memory as it was estimated, refused, unloaded, opened again.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LibraryModel } from '../../contract/library.ts';
import type { MemoryPart } from '../../contract/memory.ts';
import type { ModelState } from '../../contract/models.ts';
import { createApp, type App } from '../app.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { writeTinyLlama } from './testing/gguf-writer.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const starter = join(root, 'assets', 'starter');
let folder = '';
let app: App;

const start = () => (app = createApp({ root, dataDir: join(folder, 'data'), shell: 'browser', spawnEngine: spawnNode(root) }));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-models-'));
  mkdirSync(join(folder, 'data', 'models'), { recursive: true });
  copyFileSync(join(starter, 'starter-f16.gguf'), join(folder, 'data', 'models', 'joey-f16.gguf'));
  writeTinyLlama(join(folder, 'tiny.gguf'), {
    embeddingLength: 256,
    feedForwardLength: 768,
    layers: 4,
    trainedContext: 4096,
    type: 1,
  });
  start();
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

async function stateWith(status: ModelState['status']): Promise<ModelState> {
  for await (const state of app.services.models.watch()) {
    if (state.status === status) return state;
    if (state.status === 'failed' && !state.restarting) throw new Error(state.error.message);
  }
  throw new Error('the app was closed');
}

async function modelNamed(name: string): Promise<LibraryModel> {
  for await (const { models, scanning } of app.services.library.watch()) {
    const found = models.find((model) => model.name === name);
    if (!scanning && found) return found;
  }
  throw new Error('the app was closed');
}

const totalOf = (parts: readonly MemoryPart[]) => parts.reduce((sum, part) => sum + part.ramBytes + part.gpuBytes, 0);

test('a model of the default folder is found, paired with the starter’s adapter, and drafts with it', async () => {
  await stateWith('ready');
  const joey = await modelNamed('joey-f16');
  expect(joey.adapterPath).toBe(join(starter, 'starter-adapter.gguf'));
  await app.services.models.load(joey.id);
  expect(await stateWith('ready')).toMatchObject({
    model: { id: joey.id },
    loaded: { adapterError: null, adapter: { exitLayer: 2 } },
  });
});

test('an opened file is loaded with the chosen context; the memory bar shows what was estimated', async () => {
  const { library, models } = app.services;
  const tiny = await library.open(join(folder, 'tiny.gguf'));
  const choices = { contextSize: 2048, cacheType: 'q8_0' as const };
  const fit = await library.fit(tiny.id, choices);
  await models.load(tiny.id, choices);
  expect(await stateWith('ready')).toMatchObject({ model: { id: tiny.id }, loaded: { contextSize: 2048, adapter: null } });
  for await (const report of models.watchMemory()) {
    if (report.parts.length === 0) continue;
    expect(report.parts.map(({ name }) => name)).toEqual(['weights', 'kv', 'compute']);
    expect(Math.abs(fit.totalBytes / totalOf(report.parts) - 1)).toBeLessThan(0.1);
    expect(report.ram.freeBytes).toBeLessThanOrEqual(report.ram.totalBytes);
    break;
  }
});

test('a context that no machine can hold is refused before it is loaded, with what would fit', async () => {
  const { library, models } = app.services;
  const path = join(folder, 'wide.gguf');
  // Few weights, and 200 KB of K/V per token.
  writeTinyLlama(path, {
    embeddingLength: 256,
    feedForwardLength: 32,
    heads: 1,
    headsKv: 1,
    layers: 200,
    type: 2,
    trainedContext: 1 << 20,
  });
  const wide = await library.open(path);
  await expect(models.load(wide.id, { contextSize: 1 << 20 })).rejects.toMatchObject({ code: 'out-of-memory' });
  for await (const state of models.watch()) {
    if (state.status !== 'failed') continue;
    expect(state.advice?.fit.verdict).toBe('too-large');
    expect(state.advice?.modelsThatFit.map(({ name }) => name)).toContain('tiny');
    break;
  }
});

test('unloading frees it; what was loaded last is opened after a restart, as it was', async () => {
  const { library, models } = app.services;
  const tiny = await library.open(join(folder, 'tiny.gguf'));
  await models.load(tiny.id);
  await models.unload();
  for await (const report of models.watchMemory()) {
    expect(report.parts).toEqual([]);
    break;
  }
  await app.close();
  start();
  expect(await stateWith('ready')).toMatchObject({ model: { id: tiny.id }, loaded: { contextSize: 2048 } });
});
