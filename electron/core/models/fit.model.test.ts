// Estimates against the engine: what it says that it has allocated, for the starter and for small models of other shapes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { MemoryPart } from '../../contract/memory.ts';
import { loadAddon, type NativeModel, type NativeSession } from '../engine/addon.ts';
import { memoryParts, type FitOptions } from './fit.ts';
import { readModelFile } from './gguf/files.ts';
import { adapterShapeOf, shapeOf, type AdapterShape } from './facts.ts';
import { writeTinyLlama, type TinyModel } from './testing/gguf-writer.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const addon = loadAddon(root);
const starter = join(root, 'assets', 'starter', 'starter-q8_0.gguf');
const starterAdapter = join(root, 'assets', 'starter', 'starter-adapter.gguf');
const folder = mkdtempSync(join(tmpdir(), 'kangaroo-fit-'));

afterAll(() => rmSync(folder, { recursive: true }));

async function load(path: string): Promise<NativeModel> {
  return addon.loadModel({ path, gpuLayers: 0 }, () => {}).promise;
}

async function answer(model: NativeModel, session: NativeSession): Promise<void> {
  const ids = model.tokenize('hop hop hop', { addSpecial: true, parseSpecial: false });
  const options = { mode: 'auto', threshold: 0.6, maxDraft: 6, draftSampling: 'sampled', promptLookup: true } as const;
  const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, repetitionWindow: 64, seed: 0 };
  await session.generate(ids, { ...options, ...sampling, maxTokens: 64, contextShift: false, keepTokens: 4, stop: [] }, () => {});
}

/** What the engine holds after an answer, and what was estimated, by part. */
async function compare(path: string, options: FitOptions, adapterPath: string | null) {
  const model = await load(path);
  try {
    const adapter = adapterPath === null ? null : await model.loadAdapter(adapterPath);
    const { contextSize, cacheType } = options;
    const session = await model.createSession({ contextSize, cacheType, threads: 1, flashAttention: 'auto', adapter });
    // As the app does after a load: then every width has its graph, whichever the clock lets the answer choose.
    await session.measure({ maxRows: 8, repeat: 1, depth: 64, budgetMs: 60_000 });
    await answer(model, session);
    const held = session.memory();
    await session.dispose();
    const { header } = await readModelFile(path);
    return { held, estimated: memoryParts(shapeOf(header), options) };
  } finally {
    await model.dispose();
  }
}

const total = (parts: { bytes: number }[]) => parts.reduce((sum, { bytes }) => sum + bytes, 0);
const heldBytes = (parts: MemoryPart[]) => parts.map((part) => ({ name: part.name, bytes: part.ramBytes + part.gpuBytes }));

describe('the starter', () => {
  test.each([
    [256, 'f16', true],
    [1024, 'f16', true],
    [1024, 'q8_0', true],
    [1024, 'f16', false],
    [8192, 'f16', true],
  ] as const)('context %i, %s, adapter: %s', async (contextSize, cacheType, withAdapter) => {
    const adapter: AdapterShape | null = withAdapter ? adapterShapeOf((await readModelFile(starterAdapter)).header) : null;
    const { held, estimated } = await compare(starter, { contextSize, cacheType, adapter }, withAdapter ? starterAdapter : null);
    const real = heldBytes(held);
    expect(estimated.map(({ name }) => name)).toEqual(real.map(({ name }) => name));
    for (const name of ['kv', 'draft-kv'] as const) {
      const of = (parts: typeof real) => parts.find((part) => part.name === name)?.bytes;
      expect(of(estimated)).toBe(of(real));
    }
    expect(Math.abs(total(estimated) / total(real) - 1)).toBeLessThan(0.1);
  });
});

describe('other shapes', () => {
  test.each<[string, TinyModel]>([
    ['wide', { embeddingLength: 1024, feedForwardLength: 4096, heads: 16, headsKv: 4, layers: 4, trainedContext: 4096 }],
    ['a large vocabulary', { embeddingLength: 256, feedForwardLength: 1024, vocabularySize: 100_000, trainedContext: 2048 }],
    [
      'many layers with many heads',
      { embeddingLength: 512, feedForwardLength: 1408, heads: 8, headsKv: 8, layers: 12, trainedContext: 4096 },
    ],
  ])('%s: within 10 %%', async (name, tiny) => {
    const path = join(folder, `${name}.gguf`);
    writeTinyLlama(path, { ...tiny, type: 1 });
    const { held, estimated } = await compare(path, { contextSize: 2048, cacheType: 'f16', adapter: null }, null);
    const real = heldBytes(held);
    expect(estimated.find((part) => part.name === 'kv')?.bytes).toBe(real.find((part) => part.name === 'kv')?.bytes);
    expect(Math.abs(total(estimated) / total(real) - 1)).toBeLessThan(0.1);
  });
});
