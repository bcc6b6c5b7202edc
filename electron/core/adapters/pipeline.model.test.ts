// The whole of a training with the real trainer and the starter, in small: what comes out drafts, interruptions cost nothing, and a
// full disk pauses.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrainingPhase, TrainingResult } from '../../contract/adapters.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { TrainingEvent, TrainingPlan } from '../../contract/training.ts';
import { loadAddon } from '../engine/addon.ts';
import { spawnNode } from '../engine/spawn-node.ts';
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
  expect(result?.speeds?.plainTokensPerSecond).toBeGreaterThan(0);
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

test('paused and killed in each phase, it goes on where it was', async () => {
  const answers = () => readFileSync(join(plan.folder, 'answers.jsonl'), 'utf8').split('\n').length;
  await train((event) => (event.type === 'progress' && event.phase === 'generate' && event.done > 400 ? 'kill' : 'go on'));
  const written = answers();
  expect(written).toBeGreaterThan(1);
  await train((event) => (event.type === 'progress' && event.phase === 'explore' && event.done > 2 ? 'pause' : 'go on'));
  expect(answers()).toBeGreaterThan(written);
  const all = answers();
  await train((event) => (event.type === 'point' && event.point.step >= 2 ? 'pause' : 'go on'));
  const last = await train((event) =>
    event.type === 'progress' && event.phase === 'measure' && event.done > 1 ? 'kill' : 'go on',
  );
  const steps = last.flatMap((event) => (event.type === 'point' && event.point.heldOutLoss === null ? [event.point.step] : []));
  expect(steps[0]).toBeGreaterThan(1);
  expect(existsSync(plan.outPath)).toBe(false);
  const end = await train();
  expect(phasesOf(end)).not.toContain('train');
  expect(resultOf(end)).toMatchObject({ steps: 8 });
  expect(answers()).toBe(all);
  expect(existsSync(plan.outPath)).toBe(true);
});

test('what cannot be trained says so', async () => {
  plan = { ...plan, exitLayer: 99 };
  await expect(train()).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('exit layer') });
  plan = { ...plan, exitLayer: 2, modelPath: join(folder, 'nothing.gguf') };
  await expect(train()).rejects.toMatchObject({ code: 'file-not-found' });
});
