// Estimates before a training, and what is left of one: in proportion, and from what was measured.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { shapeOf } from '../models/facts.ts';
import { readModelFile } from '../models/gguf/files.ts';
import { estimateTraining, layersToCompare, positionsPerStep, stepsFor, trainingTokens, type EstimateInput } from './estimate.ts';
import { modelBytesOf } from './layer-costs.ts';
import { Remaining } from './remaining.ts';
import { guessedSpeeds, speedsFrom } from './training-speeds.ts';

const { header, sizeBytes } = await readModelFile(
  fileURLToPath(new URL('../../../assets/starter/starter-q8_0.gguf', import.meta.url)),
);
const bytes = modelBytesOf(header);

function input(patch: Partial<EstimateInput> = {}): EstimateInput {
  const tokens = trainingTokens.standard;
  return {
    tokens,
    steps: stepsFor(tokens),
    layers: [1, 2],
    shape: shapeOf(header),
    bytes,
    fileBytes: sizeBytes,
    speeds: speedsFrom({ verifyMs: [2, 3, 4, 4] }, bytes),
    basis: 'measured',
    availableBytes: 1,
    availableMemoryBytes: 2,
    ...patch,
  };
}

describe('an estimate', () => {
  test('follows the measured speeds, phase by phase', () => {
    const one = estimateTraining(input());
    const twice = estimateTraining(input({ speeds: speedsFrom({ verifyMs: [4, 6, 8, 8] }, bytes) }));
    for (const phase of ['generate', 'capture', 'train'] as const) {
      expect(twice.ms[phase]).toBeCloseTo(2 * one.ms[phase]);
    }
    // These also time passes, which takes the same for every model.
    for (const phase of ['explore', 'measure'] as const) {
      expect(twice.ms[phase]).toBeGreaterThan(1.5 * one.ms[phase]);
      expect(twice.ms[phase]).toBeLessThan(2 * one.ms[phase]);
    }
    // 96,000 tokens at two milliseconds each, and a twelfth more that is held out.
    expect(one.ms.generate).toBeCloseTo(96_000 * 2 * (13 / 12));
    expect(one).toMatchObject({ availableBytes: 1, availableMemoryBytes: 2, basis: 'measured' });
  });

  test('counts the states on the disk: rows of two bytes a value', () => {
    const { diskBytes, adapterBytes, memoryBytes } = estimateTraining(input());
    const row = 2 * shapeOf(header).embeddingLength;
    expect(diskBytes).toBeGreaterThan(row * 96_000 * 2);
    expect(diskBytes).toBeLessThan(row * 96_000 * 4);
    expect(adapterBytes).toBeLessThan(sizeBytes / 4);
    expect(memoryBytes).toBeGreaterThan(sizeBytes);
  });

  test('of more layers to compare takes longer', () => {
    expect(estimateTraining(input({ layers: [1, 2, 3, 4] })).ms.explore).toBeGreaterThan(
      1.5 * estimateTraining(input()).ms.explore,
    );
  });

  test('without a measurement is guessed from the size', () => {
    const guessed = guessedSpeeds({ ...bytes, layers: bytes.layers.map((each) => each * 1000), head: bytes.head * 1000 });
    expect(guessed.generateMs).toBeGreaterThan(guessedSpeeds(bytes).generateMs);
    expect(guessed.captureMs).toBeLessThan(guessed.generateMs);
  });

  test('compares early layers, each once, none behind the middle', () => {
    for (const layers of [2, 4, 8, 16, 28, 36, 80]) {
      const some = layersToCompare(layers);
      expect(some.length).toBeGreaterThan(0);
      expect(some).toEqual([...new Set(some)].toSorted((first, second) => first - second));
      expect(some.every((layer) => layer >= 1 && layer <= layers / 2)).toBe(true);
    }
  });

  test('of a short text makes small steps, and never none', () => {
    expect(positionsPerStep(100)).toBe(64);
    expect(positionsPerStep(1_000_000)).toBe(256);
    expect(stepsFor(1)).toBeGreaterThan(0);
  });
});

describe('what is left', () => {
  const expected = { load: 1000, generate: 10_000, explore: 4000, capture: 2000, train: 20_000, measure: 3000 };

  test('is the phases behind, and of this one what its own speed tells', () => {
    let now = 0;
    const remaining = new Remaining(expected, () => now);
    expect(remaining.at('generate', 0, 100)).toBe(10_000 + 29_000);
    now = 1000; // too early to tell
    expect(remaining.at('generate', 50, 100)).toBe(5000 + 29_000);
    now = 4000;
    expect(remaining.at('generate', 50, 100)).toBe(4000 + 29_000);
    expect(remaining.at('measure', 0, 10)).toBe(3000);
  });

  test('does not take what an earlier run did for its own speed', () => {
    let now = 0;
    const remaining = new Remaining(expected, () => now);
    remaining.at('train', 900, 1000);
    now = 2000;
    expect(remaining.at('train', 910, 1000)).toBeCloseTo(2000 * 9 + 3000);
  });
});
