// Training through the addon, with the starter: captured in parts, stopped, resumed, finished, compared by layers; what may not be.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadAddon, type NativeModel } from './addon.ts';
import type { NativeLayerEvaluation, NativeText, NativeTrainingEvent, NativeTrainingOptions } from './addon-training.ts';
import { promptIds } from './prompt.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'kangaroo-training-'));
const path = (name: string) => join(folder, name);
let model: NativeModel;

function text(question: string, answer: string): NativeText {
  const prompt = promptIds(model, { kind: 'messages', messages: [{ role: 'user', content: question }] });
  const words = model.tokenize(`${answer}<|end|>`, { addSpecial: false, parseSpecial: true });
  const ids = Int32Array.from([...prompt, ...words]);
  return { ids, mask: Uint8Array.from(ids, (_, at) => (at < prompt.length ? 0 : 1)) };
}

const options: NativeTrainingOptions = {
  captured: path('train'),
  heldOut: path('held-out'),
  statePath: path('state.gguf'),
  adapterPath: path('adapter.gguf'),
  exitLayer: 3,
  steps: 200, // more than are done before a stop that is sent at once arrives
  positionsPerStep: 40,
  learningRate: 0,
  warmupSteps: -1,
  weightDecay: 0,
  seed: 1,
  evaluateEvery: 0,
  saveEvery: 50,
  threads: 1,
  draftVocab: new Int32Array(0),
  resume: true,
  name: 'An adapter',
  license: 'MIT',
  data: 'a test',
};

beforeAll(async () => {
  model = await loadAddon(root).loadModel({ path: join(root, 'assets', 'starter', 'starter-q8_0.gguf'), gpuLayers: 0 }, () => {})
    .promise;
  const subjects = ['bread', 'the sea', 'a dog', 'the moon', 'rain'];
  const texts = subjects.map((subject) =>
    text(`What is ${subject}?`, `There is much to say about ${subject}, and all of it is true.`),
  );
  for (const [name, some] of [
    ['train', texts.slice(0, 4)],
    ['held-out', texts.slice(4)],
  ] as const) {
    const capture = await model.openCapture({ path: path(name), exitLayers: [2, 3], maxTokens: 128, threads: 1 });
    for (const one of some) {
      const before = capture.totals;
      const after = await capture.add([one]);
      expect(after).toEqual(capture.totals);
      expect(after.sizeBytes - before.sizeBytes).toBe(capture.sizeOf(one.ids.length, one.mask.filter(Boolean).length));
    }
    await capture.dispose();
    await capture.dispose();
    await expect(capture.add(some)).rejects.toMatchObject({ code: 'closed' });
  }
});

afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('a captured file is continued, one call at a time, and refuses what does not fit', async () => {
  const open = (exitLayers: number[]) => model.openCapture({ path: path('train'), exitLayers, maxTokens: 128, threads: 1 });
  const capture = await open([2, 3]);
  expect(capture.totals.texts).toBe(4);
  const one = text('Why?', 'Because.');
  const added = capture.add(Array<NativeText>(2_000).fill(one)); // seconds of work, so that it cannot end by itself first
  const second = capture.add([one]);
  capture.cancel();
  await Promise.all([
    expect(added).rejects.toMatchObject({ code: 'cancelled' }),
    expect(second).rejects.toMatchObject({ code: 'busy' }),
  ]);
  await expect(capture.add([{ ids: one.ids, mask: new Uint8Array(1) }])).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(capture.totals.texts).toBe(4);
  await capture.dispose();
  await expect(open([4])).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(open([8])).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('training stops, goes on, and ends with an adapter that tells where it comes from', async () => {
  const events: NativeTrainingEvent[] = [];
  const stopped = model.train(options, (some) => events.push(...some));
  stopped.cancel();
  const first = await stopped.promise;
  expect(first.finished).toBe(false);
  expect(first.step).toBeLessThan(options.steps);
  expect(existsSync(options.statePath)).toBe(true);
  expect(existsSync(options.adapterPath)).toBe(false);

  const finished = await model.train(options, (some) => events.push(...some)).promise;
  expect(finished).toMatchObject({ finished: true, step: options.steps, steps: options.steps });
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
  expect(steps).toEqual(Array.from({ length: options.steps }, (_, at) => at + 1));
  expect(events.at(-1)).toEqual(finished.heldOut);
  expect(finished.heldOut?.crossEntropy).toBeGreaterThan(finished.heldOut?.leastCrossEntropy ?? Infinity);

  const adapter = await model.loadAdapter(options.adapterPath);
  expect(adapter.info).toMatchObject({ name: 'An adapter', exitLayer: 3, parameters: finished.parameters });
  const { metadata, license } = await loadAddon(root).inspect(options.adapterPath);
  expect(license).toBe('MIT');
  expect(metadata).toMatchObject({ 'kangaroo.train.steps': String(options.steps), 'kangaroo.train.data': 'a test' });
  await expect(model.train({ ...options, seed: 2 }, () => {}).promise).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('layers are compared one after the other', async () => {
  const told: NativeLayerEvaluation[] = [];
  const work = model.evaluateLayers(
    { captured: path('train'), heldOut: path('held-out'), steps: 1, positionsPerStep: 40, threads: 1 },
    (some) => told.push(...some),
  );
  const all = await work.promise;
  expect(all).toEqual(told);
  expect(all.map(({ layer }) => layer)).toEqual([2, 3]);
  for (const { bareAgreement, fittedAgreement } of all) {
    expect(bareAgreement).toBeGreaterThanOrEqual(0);
    expect(fittedAgreement).not.toBeNull();
  }
});
