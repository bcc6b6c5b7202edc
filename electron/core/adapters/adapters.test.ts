// The adapters of an app with a real library and a real database; what trains is scripted, and the starter's own files are real.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AdaptersState, TrainingChoices } from '../../contract/adapters.ts';
import type { LibraryModel } from '../../contract/library.ts';
import { createApp, type App } from '../app.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { annotate } from '../models/gguf/annotate.ts';
import { scriptedResult, scriptedSpeeds } from '../engine/testing/scripted-training.ts';
import { resultKey } from './shelf.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const worker = fileURLToPath(new URL('../engine/testing/scripted-worker.ts', import.meta.url));
const starterAdapter = join(project, 'assets', 'starter', 'starter-adapter.gguf');
const choices: TrainingChoices = { amount: 'quick', useChats: false, exitLayer: null };

let folder: string;
let app: App;

function open(): void {
  const dataDir = join(folder, 'data');
  app = createApp({
    root: folder,
    dataDir,
    shell: 'browser',
    spawnEngine: spawnNode(folder, worker),
    hubOrigin: 'http://127.0.0.1:9',
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-adapters-'));
  const starter = join(folder, 'assets', 'starter');
  mkdirSync(starter, { recursive: true });
  writeFileSync(
    join(starter, 'starter.json'),
    JSON.stringify({ id: 'starter', name: 'Joey', model: 'starter-q8_0.gguf', adapter: null }),
  );
  copyFileSync(join(project, 'assets', 'starter', 'starter-q8_0.gguf'), join(starter, 'starter-q8_0.gguf'));
  mkdirSync(join(folder, 'assets', 'prompts', 'training'), { recursive: true });
  writeFileSync(join(folder, 'assets', 'prompts', 'training', 'prompts.jsonl'), '{"prompt":"Hello!"}\n{"prompt":"Bye!"}\n');
  open();
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

async function state(fits: (state: AdaptersState) => boolean = () => true): Promise<AdaptersState> {
  for await (const state of app.services.adapters.watch()) if (state.models.length > 0 && fits(state)) return state;
  throw new Error('the adapters are closed');
}

const starter = async (): Promise<LibraryModel | undefined> =>
  (await app.services.models.list()).find(({ id }) => id === 'starter');

describe('adapters', () => {
  test('that are imported are copied, paired with their model, and used', async () => {
    const { adapters } = app.services;
    await state((now) => now.models[0]?.layers !== 0);
    const imported = await adapters.import(starterAdapter);
    expect(imported).toMatchObject({ origin: 'imported', exitLayer: 2, modelIds: ['starter'], result: null });
    expect(imported.path.startsWith(join(folder, 'data', 'adapters'))).toBe(true);
    expect(await starter()).toMatchObject({ adapterPath: imported.path });
    expect(readFileSync(imported.path)).toEqual(readFileSync(starterAdapter));
  });

  test('that are none are refused, and nothing is left behind', async () => {
    const { adapters } = app.services;
    await expect(adapters.import(join(folder, 'nothing.gguf'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(adapters.import(join(folder, 'assets', 'starter', 'starter-q8_0.gguf'))).rejects.toMatchObject({
      code: 'adapter-invalid',
    });
    await expect(adapters.import(7 as unknown as string)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(existsSync(join(folder, 'data', 'adapters'))).toBe(false);
  });

  test('go to the trash, leave their model, and come back to it; or are purged', async () => {
    const { adapters } = app.services;
    const { id, path, name } = await adapters.import(starterAdapter);
    const trashed = await adapters.trash(id);
    expect(trashed).toMatchObject({ name, sizeBytes: readFileSync(starterAdapter).length });
    expect(existsSync(path)).toBe(false);
    expect(await starter()).toMatchObject({ adapterPath: null });
    await app.close();
    open();
    expect((await state((now) => now.trash.length > 0)).trash).toMatchObject([{ id: trashed.id, name }]);
    expect(await app.services.adapters.restore(trashed.id)).toMatchObject({ path, modelIds: ['starter'] });
    const again = await app.services.adapters.trash(id);
    await app.services.adapters.purge(again.id);
    expect((await state()).trash).toEqual([]);
    for (const wrong of [again.id, '../..', '', 7]) {
      await expect(app.services.adapters.restore(wrong as string)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });

  test('are exported to a new file only', async () => {
    const { adapters } = app.services;
    const { id } = await adapters.import(starterAdapter);
    const target = join(folder, 'copy.gguf');
    await adapters.export(id, target);
    expect(readFileSync(target)).toEqual(readFileSync(starterAdapter));
    await expect(adapters.export(id, target)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(adapters.export(id, join(folder, 'copy.desktop'))).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(adapters.export(id, join(folder, 'no', 'copy.gguf'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(adapters.export('unknown', target)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('tell what their training reached; a model can do without', async () => {
    const { adapters } = app.services;
    const file = join(folder, 'trained.gguf');
    copyFileSync(starterAdapter, file);
    await annotate(file, { [resultKey]: JSON.stringify(scriptedResult) });
    const { id } = await adapters.import(file);
    expect((await state((now) => now.adapters.length === 1)).adapters).toMatchObject([
      { origin: 'trained', result: scriptedResult },
    ]);
    await adapters.use('starter', null);
    expect(await starter()).toMatchObject({ adapterPath: null });
    await adapters.use('starter', id);
    expect(await starter()).toMatchObject({ adapterPath: id });
  });

  test('are read as versions before wrote them, without the spread of their speedups', async () => {
    const { adapters } = app.services;
    const file = join(folder, 'older.gguf');
    copyFileSync(starterAdapter, file);
    const speeds = { plainTokensPerSecond: 40, kangarooTokensPerSecond: 50, autoTokensPerSecond: 52, kangarooSpeedup: 1.25 };
    const written = { ...scriptedResult, speeds: { ...speeds, autoSpeedup: 1.3, questions: 12 } };
    await annotate(file, { [resultKey]: JSON.stringify(written) });
    const { result } = await adapters.import(file);
    expect(result?.speeds).toEqual({ ...written.speeds, kangarooSpeedupQuartiles: null, autoSpeedupQuartiles: null });
  });
});

describe('a training', () => {
  test('is estimated before, from sizes or from measured speeds', async () => {
    const { adapters } = app.services;
    const quick = await adapters.estimate('starter', choices);
    expect(quick).toMatchObject({ tokens: 24_000, problem: null });
    expect(quick.totalMs).toBeCloseTo(Object.values(quick.ms).reduce((sum, ms) => sum + ms, 0));
    for (const value of [quick.diskBytes, quick.adapterBytes, quick.memoryBytes, quick.totalMs]) expect(value).toBeGreaterThan(0);
    const thorough = await adapters.estimate('starter', { ...choices, amount: 'thorough' });
    for (const key of ['tokens', 'diskBytes', 'totalMs'] as const) expect(thorough[key]).toBeGreaterThan(2 * quick[key]);
    const oneLayer = await adapters.estimate('starter', { ...choices, exitLayer: 2 });
    expect(oneLayer.ms.explore).toBeLessThan(quick.ms.explore);
  });

  test('is estimated from a short try, then from what the last training took, also after a restart', async () => {
    const { adapters } = app.services;
    expect(await adapters.estimate('starter', choices)).toMatchObject({ basis: 'guessed' });
    await adapters.timeTraining('starter');
    const tried = await adapters.estimate('starter', choices);
    expect(tried.basis).toBe('measured');
    expect(tried.ms.generate).toBeCloseTo(24_000 * (13 / 12) * scriptedSpeeds.generateMs);
    expect(readdirSync(join(folder, 'data', 'adapters', 'training'))).toEqual([]);
    await adapters.start('starter', choices);
    await state(({ jobs }) => jobs[0]?.status === 'completed' || jobs[0]?.status === 'failed');
    const trained = await adapters.estimate('starter', choices);
    expect(trained.ms.train).toBeCloseTo((tried.ms.train / scriptedSpeeds.trainMs) * 11);
    await app.close();
    open();
    expect(await app.services.adapters.estimate('starter', choices)).toMatchObject({ ms: trained.ms, basis: 'measured' });
  });

  test('is not tried while one runs, and of models that are not there', async () => {
    const { adapters } = app.services;
    await expect(adapters.timeTraining('nobody')).rejects.toMatchObject({ code: 'invalid-argument' });
    const id = await adapters.start('starter', choices);
    await expect(adapters.timeTraining('starter')).rejects.toMatchObject({ code: 'busy' });
    await adapters.cancel(id);
  });

  test.each<[unknown, unknown, string]>([
    ['nobody', choices, 'There is no model'],
    ['starter', { ...choices, amount: 'huge' }, 'amount'],
    ['starter', { ...choices, exitLayer: 0 }, 'exitLayer'],
    ['starter', { ...choices, exitLayer: 900 }, 'exitLayer'],
    ['starter', { ...choices, folder: '/' }, 'folder'],
    [{}, choices, 'modelId'],
  ])('with %j, %j is refused by name', async (model, wrong, name) => {
    const { adapters } = app.services;
    for (const ask of [adapters.estimate.bind(adapters), adapters.start.bind(adapters)]) {
      await expect(ask(model as string, wrong as TrainingChoices)).rejects.toMatchObject({
        code: 'invalid-argument',
        message: expect.stringContaining(name),
      });
    }
  });

  test('asks what the app asks, and what the user has asked only if they say so', async () => {
    const { adapters, chats } = app.services;
    const chat = await chats.current();
    await vi.waitFor(() => chats.send(chat.id, 'my secret question'), { timeout: 20_000 });
    const questions = async (useChats: boolean) => {
      const id = await adapters.start('starter', { ...choices, useChats });
      const path = join(folder, 'data', 'adapters', 'training', id, 'questions.jsonl');
      const text = readFileSync(path, 'utf8');
      await adapters.cancel(id);
      expect(existsSync(path)).toBe(false);
      return text;
    };
    expect(await questions(false)).toBe('{"prompt":"Hello!"}\n{"prompt":"Bye!"}\n');
    expect(await questions(true)).toContain('my secret question');
  });

  test('is one for each model at a time', async () => {
    const { adapters } = app.services;
    const id = await adapters.start('starter', choices);
    await expect(adapters.start('starter', choices)).rejects.toMatchObject({ code: 'busy' });
    await adapters.cancel(id);
    await adapters.cancel(await adapters.start('starter', choices));
  });
});
