// Speeds of trainings: kept by model and machine, and made of what the phases really took.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TrainingSpeeds } from '../../contract/training.ts';
import { estimateTraining, workOf } from './estimate.ts';
import { PhaseClock } from './phase-clock.ts';
import { RememberedSpeeds } from './training-speeds.ts';

const speeds: TrainingSpeeds = { generateMs: 4, captureMs: 2, trainMs: 1, exploreFactor: 1, measureFactor: 1 };

describe('remembered speeds', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kangaroo-speeds-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are there again after a restart, for their own model only', () => {
    const path = join(folder, 'speeds.json');
    new RememberedSpeeds(path).keep('one', speeds);
    const again = new RememberedSpeeds(path);
    expect(again.of('one')).toEqual(speeds);
    expect(again.of('another')).toBeNull();
  });

  test('of another machine, and of a damaged file, do not count', () => {
    const path = join(folder, 'speeds.json');
    new RememberedSpeeds(path).keep('one', speeds);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/ on \d+ × /, ' on 999 × '));
    expect(new RememberedSpeeds(path).of('one')).toBeNull();
    for (const damage of ['', '{', '[]', '{"one":{"generateMs":-1}}']) {
      writeFileSync(path, damage);
      expect(new RememberedSpeeds(path).of('one')).toBeNull();
    }
  });

  test('that cannot be written are known until the end', () => {
    const remembered = new RememberedSpeeds(join(folder, 'no folder', 'speeds.json'));
    remembered.keep('one', speeds);
    expect(remembered.of('one')).toEqual(speeds);
  });
});

describe('the clock of a training', () => {
  const training = { tokens: 24_000, steps: 900, layers: [1, 2], speeds };
  const work = workOf(training);

  /** Goes through all phases, each of which takes `times` what it was estimated to. */
  function goThrough(times: number, from: Partial<Record<keyof typeof work, number>> = {}): PhaseClock {
    let now = 0;
    const clock = new PhaseClock(work, speeds, () => now);
    clock.at('load', 0, 0);
    const ms = estimateOf(speeds);
    for (const phase of ['generate', 'explore', 'capture', 'train', 'measure'] as const) {
      const begin = from[phase] ?? 0;
      for (const done of [begin, (begin + 10) / 2, 10]) {
        now += done === begin ? 0 : ms[phase] * times * ((10 - begin) / 20);
        clock.at(phase, done, 10);
      }
    }
    clock.end();
    return clock;
  }

  function estimateOf(these: TrainingSpeeds) {
    return estimateTraining({
      ...training,
      speeds: these,
      shape: { embeddingLength: 64 } as Parameters<typeof estimateTraining>[0]['shape'],
      bytes: { layers: [1], head: 1, adapter: 1, vocabularySize: 10 },
      fileBytes: 1,
      basis: 'measured',
      availableBytes: 0,
      availableMemoryBytes: 0,
    }).ms;
  }

  test('makes the next estimate what this training took', () => {
    const { generate, capture, train } = estimateOf(goThrough(3).speeds);
    const before = estimateOf(speeds);
    expect(generate).toBeCloseTo(3 * before.generate);
    expect(capture).toBeCloseTo(3 * before.capture);
    expect(train).toBeCloseTo(3 * before.train);
    expect(goThrough(3).speeds.exploreFactor).toBeCloseTo(3);
    expect(goThrough(3).speeds.measureFactor).toBeCloseTo(3);
  });

  test('a phase that another run has done most of tells nothing', () => {
    const { speeds: found } = goThrough(3, { generate: 9, train: 5 });
    expect(found.generateMs).toBe(speeds.generateMs);
    expect(found.trainMs).toBeCloseTo(3 * speeds.trainMs);
  });
});
