// Bytes of models that can be counted by hand, and what they say about the costs of a round.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readModelFile } from '../models/gguf/files.ts';
import { scriptedCosts } from '../engine/testing/scripted-engine.ts';
import { headShare, modelBytesOf, roundCostsOf, withVocabulary, type ModelBytes } from './layer-costs.ts';

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
  // A step is never cheaper than its early layers.
  expect(withVocabulary({ ...costs, draftMs: 3 }, bytes, 100).draftMs).toBe(2);
});
