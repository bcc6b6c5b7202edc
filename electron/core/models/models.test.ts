// The model's states around a real engine process that says what it is told, and what the library lists.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { LibraryModel } from '../../contract/library.ts';
import type { ModelState } from '../../contract/models.ts';
import { EngineHost } from '../engine/host.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { givenByEnvironment, listModels } from './given.ts';
import { shapeOf } from './facts.ts';
import { estimateFit } from './fit.ts';
import { Models, type Memory, type ModelSource } from './models.ts';

const worker = fileURLToPath(new URL('../engine/testing/scripted-worker.ts', import.meta.url));
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  memory = createMemory();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function entry(id: string): LibraryModel {
  const rest = { folderId: null, readOnly: false, status: 'ready', problem: null, files: 1, facts: null } as const;
  return { id, name: id, path: `${id}.gguf`, sizeBytes: 1, adapterPath: 'a.gguf', builtIn: false, source: 'file', ...rest };
}

function start(...ids: string[]) {
  const engine = new EngineHost(spawnNode('.', worker), { backoffMs: 1, mostCrashes: 2 });
  const library = ids.map(entry);
  const models = new Models({ engine, library: sourceOf(library), memory, stateFolder: 'engine' });
  const states = models.watch()[Symbol.asyncIterator]();
  cleanups.push(() => engine.close());
  return { engine, models, states, library };
}

/** A library whose estimates say what the name of the model does. */
function sourceOf(models: LibraryModel[]): ModelSource {
  return {
    models,
    // The real one makes new entries, too.
    find: (id) => models.filter((model) => model.id === id).map((model) => ({ ...model }))[0],
    recordSpeedup: () => {},
    async estimate({ id }, { contextSize = 0, cacheType = 'f16' }) {
      const free = id.includes('large') && contextSize !== 512 ? 1e6 : 1e12;
      const shape = shapeOf({ metadata: new Map(), tensors: [], dataOffset: 0 });
      const machine = { ram: { totalBytes: free, freeBytes: free }, gpu: null, bytesPerSecond: null };
      return estimateFit({ ...shape, weightBytes: 1e9 }, { contextSize, cacheType, adapter: null }, machine);
    },
  };
}

function createMemory(): Memory {
  const values = new Map<string, unknown>();
  return { value: (name) => values.get(name) ?? null, setValue: (name, value) => void values.set(name, value) };
}

let memory = createMemory();

async function until(states: AsyncIterator<ModelState>, fits: (state: ModelState) => boolean): Promise<ModelState> {
  for (;;) {
    const { value } = await states.next();
    if (fits(value)) return value;
  }
}

const isReady = (state: ModelState) => state.status === 'ready';
const never = new AbortController().signal;

describe('loading', () => {
  test('goes from unloaded through loading to ready, measured', async () => {
    const { models, states } = start('one');
    expect((await states.next()).value).toEqual({ status: 'unloaded' });
    models.start();
    expect((await states.next()).value).toMatchObject({ status: 'loading', model: { id: 'one' }, fraction: 0 });
    const ready = await until(states, isReady);
    expect(ready).toMatchObject({ model: { id: 'one' }, loaded: { contextSize: 1024 }, costs: { plainTokensPerSecond: 100 } });
    expect(await models.whenReady(never)).toEqual(ready);
  });

  test('what cannot be loaded is told by the call and by the state; another one can be loaded then', async () => {
    const { models, states } = start('missing', 'two');
    await expect(models.load('missing')).rejects.toMatchObject({ code: 'file-not-found' });
    const failed = await until(states, (state) => state.status === 'failed');
    expect(failed).toMatchObject({ model: { id: 'missing' }, error: { code: 'file-not-found' }, restarting: false });
    await expect(models.whenReady(never)).rejects.toMatchObject({ code: 'no-model' });
    await models.load('two');
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'two' } });
  });

  test('a later load overtakes an earlier one', async () => {
    const { models } = start('one', 'two');
    const first = models.load('one');
    const second = models.load('two');
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    await second;
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'two' } });
  });

  test.each<unknown>(['three', '', 7, null, '__proto__'])('the id %j is refused', async (id) => {
    const { models } = start('one');
    await expect(models.load(id as string)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('unloading frees it; a load under way is cancelled, and can be begun again with other choices', async () => {
    const { models } = start('one', 'two');
    await models.load('one');
    await models.unload();
    expect(models.state).toEqual({ status: 'unloaded' });
    expect(() => models.requirePromising()).toThrow(expect.objectContaining({ code: 'no-model' }));
    const loading = models.load('two', { contextSize: 512 });
    const cancelled = expect(loading).rejects.toMatchObject({ code: 'cancelled' });
    await models.unload();
    await cancelled;
    expect(models.state).toEqual({ status: 'unloaded' });
    await models.load('two');
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'two' } });
    await expect(models.load('two', { contextSize: -1 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('what would not fit is refused before it begins, with what would fit; the user may insist', async () => {
    const { models } = start('large', 'small', 'other');
    const message = expect.stringContaining('large does not fit into memory. It needs about');
    await expect(models.load('large')).rejects.toMatchObject({ code: 'out-of-memory', message });
    expect(models.state).toMatchObject({
      status: 'failed',
      error: { code: 'out-of-memory' },
      advice: { fit: { verdict: 'too-large' }, contextThatFits: null, modelsThatFit: [{ id: 'small' }, { id: 'other' }] },
    });
    await models.load('large', { evenIfTooLarge: true });
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'large' } });
    // That was for once.
    await expect(models.load('large')).rejects.toMatchObject({ code: 'out-of-memory' });
    // In this test it would fit with a context of 512 tokens; that is remembered.
    await models.load('large', { contextSize: 512 });
    await models.load('large');
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'large' } });
  });

  test('the model that was loaded last is opened at the next start, where it still is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kangaroo-last-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const ids = ['one', join(folder, 'two')];
    writeFileSync(join(folder, 'two.gguf'), '');
    await start(...ids).models.load(ids[1] ?? '');
    const second = start(...ids);
    second.models.start();
    expect(await until(second.states, isReady)).toMatchObject({ model: { id: ids[1] } });
    rmSync(join(folder, 'two.gguf'));
    const third = start(...ids);
    third.models.start();
    expect(await until(third.states, isReady)).toMatchObject({ model: { id: 'one' } });
  });

  test("memory is told now, with the machine's, and at once when a model has come or gone", async () => {
    const { models } = start('one');
    const reports = models.watchMemory()[Symbol.asyncIterator]();
    const first = (await reports.next()).value;
    expect(first.parts).toEqual([]);
    expect(first.ram.totalBytes).toBeGreaterThan(first.ram.freeBytes);
    await models.load('one');
    let parts = first.parts;
    while (parts.length === 0) ({ parts } = (await reports.next()).value);
    expect(parts).toEqual([{ name: 'weights', ramBytes: 14_000_000, gpuBytes: 0 }]);
    await models.unload();
    while (parts.length > 0) ({ parts } = (await reports.next()).value);
    await reports.return?.();
  });

  test('waiting ends at the signal', async () => {
    const { models } = start('one');
    models.start();
    const controller = new AbortController();
    const waiting = models.whenReady(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('another adapter', () => {
  test('is put on the loaded model, and measured; the model stays where it is', async () => {
    const { models, states, library } = start('one', 'two');
    await models.load('one');
    await models.followAdapter();
    expect(models.state).toMatchObject({ loaded: { adapter: { name: 'a.gguf' } } });
    Object.assign(library[1] ?? {}, { adapterPath: 'of-two.gguf' });
    await models.followAdapter();
    expect(models.state).toMatchObject({ loaded: { adapter: { name: 'a.gguf' } } });
    Object.assign(library[0] ?? {}, { adapterPath: 'b.gguf' });
    await models.followAdapter();
    const seen: string[] = [];
    await until(states, (state) => {
      seen.push(state.status);
      return state.status === 'ready' && state.loaded.adapter?.name === 'b.gguf';
    });
    expect(seen).not.toContain('unloaded');
    Object.assign(library[0] ?? {}, { adapterPath: null });
    await models.followAdapter();
    expect(models.state).toMatchObject({ status: 'ready', loaded: { adapter: null } });
  });

  test('that cannot be attached because the engine died is attached when it is back', async () => {
    const { engine, models, states, library } = start('one');
    await models.load('one');
    process.kill(engine.pid ?? 0, 'SIGKILL');
    Object.assign(library[0] ?? {}, { adapterPath: 'b.gguf' });
    await models.followAdapter();
    await until(states, (state) => state.status === 'failed');
    await until(states, isReady);
    await models.followAdapter();
    expect(models.state).toMatchObject({ status: 'ready', loaded: { adapter: { name: 'b.gguf' } } });
  });
});

describe('after a crash', () => {
  test('the same model is loaded again', async () => {
    const { engine, models, states } = start('one', 'two');
    await models.load('two');
    process.kill(engine.pid ?? 0, 'SIGKILL');
    const failed = await until(states, (state) => state.status === 'failed');
    expect(failed).toMatchObject({ model: { id: 'two' }, error: { code: 'engine-crashed' }, restarting: true });
    expect(() => models.requirePromising()).not.toThrow();
    expect(await until(states, isReady)).toMatchObject({ model: { id: 'two' } });
  });

  test('a model that crashes the engine each time stays failed, until it is asked for again', async () => {
    const { models, states } = start('crash', 'two');
    await expect(models.load('crash')).rejects.toMatchObject({ code: 'engine-crashed' });
    const failed = await until(states, (state) => state.status === 'failed' && !state.restarting);
    expect(failed).toMatchObject({ error: { message: expect.stringContaining('2 times in a row') } });
    await models.load('two');
    expect(models.state).toMatchObject({ status: 'ready', model: { id: 'two' } });
  });
});

describe('the library', () => {
  test('lists the named model first, then the starter', () => {
    const root = mkdtempSync(join(tmpdir(), 'kangaroo-library-'));
    cleanups.push(() => rmSync(root, { recursive: true }));
    expect(listModels(root, null)).toEqual([]);
    const folder = join(root, 'assets', 'starter');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'starter.json'), 'no json');
    expect(listModels(root, null)).toEqual([]);
    writeFileSync(join(folder, 'starter.json'), JSON.stringify({ id: 's', name: 'Starter', model: 's.gguf', adapter: null }));
    writeFileSync(join(folder, 's.gguf'), '12345');
    const path = join(folder, 's.gguf');
    const starter = { id: 's', name: 'Starter', path, sizeBytes: 5, adapterPath: null, builtIn: true };
    expect(listModels(root, null)).toEqual([expect.objectContaining(starter)]);
    const given = givenByEnvironment({ KANGAROO_MODEL: 'dir/my.gguf', KANGAROO_ADAPTER: 'a.gguf' });
    expect(listModels(root, given)).toEqual([
      expect.objectContaining({
        id: 'given',
        name: 'my',
        path: resolve('dir/my.gguf'),
        sizeBytes: 0,
        adapterPath: resolve('a.gguf'),
        builtIn: false,
      }),
      expect.objectContaining(starter),
    ]);
    expect(givenByEnvironment({ KANGAROO_ADAPTER: 'a.gguf' })).toBeNull();
  });

  test('the starter that ships is there', () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const [starter] = listModels(root, null);
    expect(starter).toMatchObject({ id: 'starter', builtIn: true });
    expect(starter?.sizeBytes).toBeGreaterThan(1_000_000);
  });
});
