// Bytes of models that can be counted by hand, and what they say about the costs of a round.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readModelFile } from '../models/gguf/files.ts';
import { scriptedCosts } from '../engine/testing/scripted-engine.ts';
import { headShare, modelBytesOf, roundCostsOf, smoothed, withVocabulary, type ModelBytes } from './layer-costs.ts';

const bytes: ModelBytes = { layers: [100, 100, 100, 100], head: 100, adapter: 25, vocabularySize: 1000 };

test('layers, head and adapter of a file are told apart', async () => {
  const { header } = await readModelFile(fileURLToPath(new URL('../../../assets/starter/starter-q8_0.gguf', import.meta.url)));
  const found = modelBytesOf(header);
  const shape = header.tensors.find(({ name }) => name === 'token_embd.weight')?.shape ?? [];
  expect(found.vocabularySize).toBe(shape[1]);
  expect(found.layers.length).toBeGreaterThan(2);
  expect(new Set(found.layers).size).toBe(1);
  const counted = header.tensors.reduce((sum, { name, sizeBytes }) => sum + (name === 'output_norm.weight' ? 0 : sizeBytes), 0);
  expect(found.layers.reduce((sum, each) => sum + each, 0) + found.head).toBe(counted);
});

test('a round costs what was measured with the adapter; a shorter draft vocabulary saves its share of the head', () => {
  const costs = roundCostsOf({ ...scriptedCosts, draftStepMs: 6, stateStepMs: 2 });
  expect(costs).toEqual({ plainMs: 10, draftMs: 6, stateMs: 2, verifyMs: [8, 12, 16] });
  // The head is a fifth of the bytes, so two of ten milliseconds; a tenth of its rows stay.
  expect(headShare(bytes)).toBeCloseTo(0.2);
  expect(withVocabulary(costs, bytes, 100).draftMs).toBeCloseTo(6 - 1.8);
  expect(withVocabulary(costs, bytes, 0)).toBe(costs);
  expect(withVocabulary(costs, bytes, 100, 100)).toBe(costs);
  // Measured with a short list, the whole head costs more.
  expect(withVocabulary(withVocabulary(costs, bytes, 100), bytes, 0, 100).draftMs).toBeCloseTo(6);
  // A step is never cheaper than its early layers.
  expect(withVocabulary({ ...costs, draftMs: 3 }, bytes, 100).draftMs).toBe(2);
});

test('layers are told apart by what they read; a layer that was timed at a bad moment is no slower for it', () => {
  const bytes = { layers: [10, 10, 10, 10], head: 10, adapter: 5, vocabularySize: 400 };
  // A millisecond per ten bytes, but the second layer was timed while the machine was busy.
  const at = (exitLayer: number, busy: number) => ({
    exitLayer,
    costs: {
      plainMs: 5 * busy,
      stateMs: (exitLayer + 0.5) * busy,
      draftMs: (exitLayer + 1.5) * busy,
      verifyMs: [1, 2].map((rows) => rows * (5 - exitLayer) * busy),
    },
  });
  const found = smoothed([at(1, 1), at(2, 3), at(3, 1)], bytes);
  expect(found.map(({ exitLayer }) => exitLayer)).toEqual([1, 2, 3]);
  for (const { exitLayer, costs } of found) {
    const wanted = at(exitLayer, 1).costs;
    expect(costs.plainMs).toBeCloseTo(wanted.plainMs);
    expect(costs.stateMs).toBeCloseTo(wanted.stateMs);
    expect(costs.draftMs).toBeCloseTo(wanted.draftMs);
    expect(costs.verifyMs.map((each) => Number(each.toFixed(6)))).toEqual(wanted.verifyMs);
  }
  const [alone] = smoothed([at(2, 3)], bytes);
  expect(alone?.costs).toEqual(at(2, 3).costs);
});
