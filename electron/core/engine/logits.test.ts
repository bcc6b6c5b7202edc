import { expect, test } from 'vitest';
import { logitsOf } from './logits.ts';

const model = { detokenize: (ids: Int32Array) => `<${ids[0]}>` };
const weigh = (logits: number[], candidates: number[] = []) => logitsOf(Float32Array.from(logits), candidates, model);

test('the likeliest two, in order, wherever they stand', () => {
  expect(weigh([1, 5, 3, 4]).top).toEqual([
    { id: 1, text: '<1>', logit: 5 },
    { id: 3, text: '<3>', logit: 4 },
  ]);
  expect(weigh([5, 4, 3]).top.map(({ id }) => id)).toEqual([0, 1]);
  expect(weigh([3, 4, 5]).top.map(({ id }) => id)).toEqual([2, 1]);
});

test('of equals the smaller id comes first', () => {
  expect(weigh([2, 7, 7, 7]).top.map(({ id }) => id)).toEqual([1, 2]);
});

test('also what was forbidden has its place', () => {
  expect(weigh([Number.NEGATIVE_INFINITY, 1]).top.map(({ id }) => id)).toEqual([1, 0]);
  expect(weigh([1]).top.map(({ id }) => id)).toEqual([0]);
});

test('those that were asked for, in the order of asking', () => {
  expect(weigh([1, 5, 3], [2, 0]).candidates).toEqual([
    { id: 2, text: '<2>', logit: 3 },
    { id: 0, text: '<0>', logit: 1 },
  ]);
});
