// The trainings in real processes that are paused, killed, held and begun again; what they train is scripted.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrainingJob } from '../../contract/adapters.ts';
import type { EngineProcess } from '../engine/engine-process.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { newJob } from './job-store.ts';
import { TrainingJobs, withPoint } from './jobs.ts';

const worker = fileURLToPath(new URL('../engine/testing/scripted-worker.ts', import.meta.url));

let folder: string;
let jobs: TrainingJobs;
let processes: EngineProcess[];
let completed: string[];

function open(): TrainingJobs {
  const spawn = spawnNode('.', worker);
  return new TrainingJobs({
    folder: join(folder, 'training'),
    spawn: () => {
      const process = spawn();
      processes.push(process);
      return process;
    },
    onChange: () => {},
    onSpeeds: () => {},
    onCompleted: async ({ job, plan }) => {
      if (!existsSync(plan.outPath)) throw new Error('there is no adapter');
      completed.push(job.id);
      return { adapterId: 'adapter' };
    },
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-jobs-'));
  processes = [];
  completed = [];
  jobs = open();
});
afterEach(async () => {
  await jobs.close();
  rmSync(folder, { recursive: true });
});

function add(id: string, data = ''): void {
  const choices = { amount: 'quick', useChats: false, exitLayer: null } as const;
  const job = newJob(id, { id: 'm', name: 'M' }, choices, Date.now() + jobs.list.length);
  const own = jobs.folderOf(id);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'answers.jsonl'), '');
  const paths = { folder: own, modelPath: 'm.gguf', adapterPath: null, outPath: join(own, 'adapter.gguf') };
  jobs.add(job, { ...paths, tokens: 100, exitLayer: null, steps: null, data, gpuLayers: 0, speeds: null });
}

const job = (id = 'one') => jobs.list.find((each) => each.id === id);
const until = (status: TrainingJob['status'], id = 'one') =>
  vi.waitFor(() => expect(job(id)?.status).toBe(status), { timeout: 20_000, interval: 5 });
const begun = (least: number) => vi.waitFor(() => expect(step()).toBeGreaterThan(least), { timeout: 20_000, interval: 1 });
const step = (id = 'one') => job(id)?.done ?? 0;

describe('a training', () => {
  test('runs to its end in a process of its own, and leaves nothing but what it reached', async () => {
    add('one');
    await until('completed');
    expect(job()).toMatchObject({ adapterId: 'adapter', fraction: 1, remainingMs: 0, result: { steps: 10 } });
    expect(job()?.points.map((point) => point.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(readdirSync(jobs.folderOf('one'))).toEqual(['job.json']);
    await jobs.cancel('one');
    expect(jobs.list).toEqual([]);
    expect(existsSync(jobs.folderOf('one'))).toBe(false);
  });

  test('that begins ends a try of another model, and both leave no folder', async () => {
    const trying = jobs.probe({ modelPath: 'slow.gguf', adapterPath: null, questions: [], gpuLayers: 0 });
    const ended = expect(trying).rejects.toMatchObject({ code: 'cancelled' });
    await expect(jobs.probe({ modelPath: 'm.gguf', adapterPath: null, questions: [], gpuLayers: 0 })).rejects.toMatchObject({
      code: 'busy',
    });
    add('one');
    await ended;
    await until('completed');
    expect(readdirSync(join(folder, 'training'))).toEqual(['one']);
  });

  test('waits for the one before it', async () => {
    add('one');
    add('two');
    expect(job('two')?.status).toBe('queued');
    await until('completed', 'two');
    expect(completed).toEqual(['one', 'two']);
    expect(processes).toHaveLength(2);
  });

  test('that is paused ends its process, and goes on where it was', async () => {
    add('one');
    await begun(2);
    await jobs.pause('one');
    expect(job()?.status).toBe('paused');
    const at = step();
    expect(processes[0]?.pid && isAlive(processes[0].pid)).toBe(false);
    await jobs.resume('one');
    await until('completed');
    expect(at).toBeLessThan(10);
    const steps = job()?.points.map((point) => point.step) ?? [];
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps.at(-1)).toBe(10);
  });

  test('is there after a restart of the app, paused, and goes on', async () => {
    add('one');
    add('two');
    await begun(1);
    await jobs.close();
    jobs = open();
    expect(jobs.list.map(({ id, status }) => [id, status])).toEqual([
      ['one', 'paused'],
      ['two', 'paused'],
    ]);
    await jobs.resume('one');
    await until('completed');
  });

  test('that is cancelled is gone, with its files', async () => {
    add('one');
    await begun(1);
    await jobs.cancel('one');
    expect(jobs.list).toEqual([]);
    expect(existsSync(jobs.folderOf('one'))).toBe(false);
    expect(completed).toEqual([]);
  });

  test.each([
    ['crash', 'paused', 'engine-crashed'],
    ['full', 'paused', 'disk-full'],
    ['fail', 'failed', 'file-damaged'],
  ] as const)('that ends by %s is %s, says why, and can be resumed', async (data, status, code) => {
    add('one', data);
    await until(status);
    expect(job()?.error).toMatchObject({ code, message: expect.stringMatching(/\S/) });
    expect(step()).toBe(4);
    await jobs.resume('one');
    await until('completed');
    expect(job()?.error).toBeNull();
  });

  test('computes nothing while somebody waits for an answer', async () => {
    add('one');
    await begun(1);
    jobs.yieldTo(true);
    expect(job()?.status).toBe('yielding');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const at = step();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(step()).toBe(at);
    expect(at).toBeLessThan(10);
    jobs.yieldTo(false);
    await until('completed');
  });

  test('that nobody knows is refused', async () => {
    for (const ask of [jobs.pause('x'), jobs.resume('x'), jobs.cancel('x')]) {
      await expect(ask).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('of many points some are kept: the last ones, and those of held-out text', () => {
  let points: TrainingJob['points'] = [];
  for (let step = 1; step <= 2000; step++) {
    points = withPoint(points, { step, loss: 1, heldOutLoss: step % 100 === 0 ? 1 : null, agreement: null });
  }
  expect(points.length).toBeLessThan(300);
  expect(points.at(-1)?.step).toBe(2000);
  expect(points.filter(({ heldOutLoss }) => heldOutLoss !== null)).toHaveLength(20);
  expect(withPoint(points, { step: 1500, loss: 2, heldOutLoss: null, agreement: null }).at(-1)).toMatchObject({
    step: 1500,
    loss: 2,
  });
});
