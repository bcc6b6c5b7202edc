// The whole of a training with the real trainer and the starter, in small: what comes out drafts, interruptions cost nothing, and a
// full disk pauses.
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { TrainingPhase, TrainingResult } from '../../contract/adapters.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { TrainingEvent, TrainingPlan } from '../../contract/training.ts';
import { loadAddon } from '../engine/addon.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { Gate } from './gate.ts';
import { trainAdapter } from './pipeline.ts';
import { bundledQuestions } from './questions.ts';
import { readAdapterFile } from './shelf.ts';
import { TrainingProcess } from './training-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const starter = join(root, 'assets', 'starter', 'starter-q8_0.gguf');

let folder: string;
let plan: TrainingPlan;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-training-'));
  plan = {
    folder: join(folder, 'job'),
    modelPath: starter,
    adapterPath: null,
    outPath: join(folder, 'adapter.gguf'),
    tokens: 1200,
    exitLayer: 2,
    steps: 8,
    data: 'a test',
    gpuLayers: 0,
    speeds: null,
  };
  mkdirSync(plan.folder);
  const questions = bundledQuestions(root).slice(0, 48);
  writeFileSync(join(plan.folder, 'questions.jsonl'), questions.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Trains in a process of its own until `until` says so, or to the end; resolves with what it told. */
async function train(until: (event: TrainingEvent) => 'go on' | 'pause' | 'kill' = () => 'go on'): Promise<TrainingEvent[]> {
  const training = new TrainingProcess(spawnNode(root));
  const told: TrainingEvent[] = [];
  let ending: Promise<void> | null = null;
  try {
    await training.train(plan, (events) => {
      for (const event of events) {
        told.push(event);
        const what = until(event);
        if (what === 'kill' && training.pid !== undefined) process.kill(training.pid, 'SIGKILL');
        if (what === 'pause') ending ??= training.end();
      }
    });
  } catch (error) {
    if (!(error instanceof KangarooError) || error.code !== 'engine-crashed') throw error;
  } finally {
    await (ending ?? training.end());
  }
  return told;
}

const resultOf = (events: readonly TrainingEvent[]): TrainingResult | undefined =>
  events.flatMap((event) => (event.type === 'done' ? [event.result] : []))[0];
const phasesOf = (events: readonly TrainingEvent[]): TrainingPhase[] => [
  ...new Set(events.flatMap((event) => (event.type === 'progress' ? [event.phase] : []))),
];

test('a training ends in an adapter that fits its model, says what it reached, and drafts in the engine', async () => {
  const events = await train();
  expect(phasesOf(events)).toEqual(['load', 'generate', 'explore', 'capture', 'train', 'measure']);
  const result = resultOf(events);
  expect(result).toMatchObject({ exitLayer: 2, steps: 8 });
  expect(result?.tokens).toBeGreaterThanOrEqual(1200);
  expect(result?.agreement).toBeGreaterThan(0.05);
  expect(result?.tokensPerRound).toBeGreaterThan(1);
  const measured = result?.speeds;
  expect(measured?.plainTokensPerSecond).toBeGreaterThan(0);
  for (const [median, quartiles] of [
    [measured?.kangarooSpeedup, measured?.kangarooSpeedupQuartiles],
    [measured?.autoSpeedup, measured?.autoSpeedupQuartiles],
  ] as const) {
    expect(median).toBeGreaterThanOrEqual(quartiles?.[0] ?? Infinity);
    expect(median).toBeLessThanOrEqual(quartiles?.[1] ?? 0);
  }
  // What it takes was told first, and what it really took in the end: nothing of the try is left.
  const estimate = events.find((event) => event.type === 'estimate')?.estimate;
  expect(estimate).toMatchObject({ tokens: 1200, basis: 'measured' });
  expect(estimate?.totalMs).toBeGreaterThan(0);
  const speeds = events.flatMap((event) => (event.type === 'speeds' ? [event.speeds] : [])).at(-1);
  for (const each of Object.values(speeds ?? { none: 0 })) expect(each).toBeGreaterThan(0);
  const points = events.flatMap((event) => (event.type === 'point' ? [event.point] : []));
  expect(points.filter(({ heldOutLoss }) => heldOutLoss !== null).length).toBeGreaterThan(2);
  expect(await readAdapterFile(plan.outPath)).toMatchObject({ exitLayer: 2, result });
  // Nothing large is left.
  expect(readdirSync(plan.folder).toSorted()).toEqual(['answers.jsonl', 'progress.json', 'questions.jsonl']);

  const model = await loadAddon(root).loadModel({ path: starter, gpuLayers: 0 }, () => {}).promise;
  try {
    expect((await model.loadAdapter(plan.outPath)).info).toMatchObject({ exitLayer: 2 });
  } finally {
    await model.dispose();
  }
});

const has = (phase: TrainingPhase, done: number) => (event: TrainingEvent) =>
  event.type === 'progress' && event.phase === phase && event.done > done;

test('killed in each phase, it goes on where it was', async () => {
  const answers = () => readFileSync(join(plan.folder, 'answers.jsonl'), 'utf8').split('\n').length;
  const kill = (in_: (event: TrainingEvent) => boolean) => train((event) => (in_(event) ? 'kill' : 'go on'));
  await kill(has('generate', 400));
  const written = answers();
  expect(written).toBeGreaterThan(1);
  await kill(has('explore', 2));
  const all = answers();
  expect(all).toBeGreaterThan(written);
  await kill(has('capture', 0));
  // Paused, it keeps the step that it is at; killed, the last fifty.
  await train((event) => (event.type === 'point' && event.point.step >= 2 ? 'pause' : 'go on'));
  const last = await kill(has('measure', 1));
  const steps = last.flatMap((event) => (event.type === 'point' && event.point.heldOutLoss === null ? [event.point.step] : []));
  expect(steps[0]).toBeGreaterThan(1);
  expect(phasesOf(last)).not.toContain('explore');
  expect(existsSync(plan.outPath)).toBe(false);
  const end = await train();
  expect(phasesOf(end)).not.toContain('train');
  expect(resultOf(end)).toMatchObject({ steps: 8 });
  expect(answers()).toBe(all);
  expect(existsSync(plan.outPath)).toBe(true);
});

test('a model that is another one, or gone, when it goes on: an error that says so; with its own it goes on', async () => {
  const copy = join(folder, 'model.gguf');
  copyFileSync(starter, copy);
  plan = { ...plan, modelPath: copy };
  await train((event) => (has('explore', 2)(event) ? 'kill' : 'go on'));
  copyFileSync(starter.replace('q8_0', 'f16'), copy);
  await expect(train()).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('another file') });
  rmSync(copy);
  await expect(train()).rejects.toMatchObject({ code: 'file-not-found' });
  copyFileSync(starter, copy);
  expect(resultOf(await train())).toMatchObject({ exitLayer: 2 });
});

const disk = mountSmallDisk('24m');
afterAll(() => disk.remove());

// Filled by another program in the middle of a phase, so that no check beforehand can help.
test.skipIf(disk.reason !== null)(
  'a disk that gets full in each phase pauses it, and with room it goes on to its end',
  async () => {
    const filler = join(disk.path, 'filler');
    const addon = loadAddon(root);
    cpSync(plan.folder, join(disk.path, 'job'), { recursive: true });
    plan = { ...plan, folder: join(disk.path, 'job'), outPath: join(disk.path, 'adapter.gguf') };
    const trainUntilFull = async (in_: ((event: TrainingEvent) => boolean) | null) => {
      const told: TrainingEvent[] = [];
      const onEvent = (event: TrainingEvent) => {
        told.push(event);
        if (in_?.(event) && !existsSync(filler)) fill(filler);
      };
      try {
        await trainAdapter({ addon, plan, gate: new Gate(new AbortController().signal), onEvent, available: () => Infinity });
        return { told, code: null };
      } catch (error) {
        return { told, code: (error as KangarooError).code };
      } finally {
        rmSync(filler, { force: true });
      }
    };
    const before: Record<string, (event: TrainingEvent) => boolean> = {
      generate: has('generate', 100),
      explore: ({ type, ...event }) => type === 'progress' && 'phase' in event && event.phase === 'explore',
      capture: ({ type }) => type === 'layers',
      train: ({ type, ...event }) => type === 'point' && 'point' in event && event.point.step >= 2,
      measure: has('measure', 4),
    };
    for (const [phase, in_] of Object.entries(before)) {
      const { code, told } = await trainUntilFull(in_);
      expect(code, phase).toBe('disk-full');
      // Capturing begins with a file that cannot even be opened then.
      if (phase !== 'capture') expect(phasesOf(told).at(-1), phase).toBe(phase);
      expect(existsSync(plan.outPath), phase).toBe(false);
    }
    const { code, told } = await trainUntilFull(null);
    expect(code).toBeNull();
    expect(resultOf(told)).toMatchObject({ steps: 8 });
    expect(await readAdapterFile(plan.outPath)).toMatchObject({ exitLayer: 2 });
  },
);

/** Takes all that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [1 << 16, 1 << 10, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch {
        // Nothing of this size fits any more.
      }
    }
  } finally {
    closeSync(file);
  }
}

test('what cannot be trained says so', async () => {
  plan = { ...plan, exitLayer: 99 };
  await expect(train()).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('exit layer') });
  plan = { ...plan, exitLayer: 2, modelPath: join(folder, 'nothing.gguf') };
  await expect(train()).rejects.toMatchObject({ code: 'file-not-found' });
});
