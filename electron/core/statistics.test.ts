import { expect, test } from 'vitest';
import { quantile, ratio, spread } from './statistics.ts';

test('quantiles interpolate between neighbours, whatever the order', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
  expect(quantile([10, 9, 100], 0.5)).toBe(10);
  expect(quantile([5], 0.75)).toBe(5);
});

test('the ends are the smallest and the largest sample', () => {
  expect(quantile([3, 1, 2], 0)).toBe(1);
  expect(quantile([3, 1, 2], 1)).toBe(3);
});

test('no samples, no figure', () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(spread([])).toBeNull();
  expect(ratio(1, 0)).toBeNull();
});

test('spread', () => {
  expect(spread([1, 2, 3, 4, 5])).toEqual({ median: 3, low: 2, high: 4 });
});

test('samples stay as they are', () => {
  const samples = [3, 1, 2];
  quantile(samples, 0.5);
  expect(samples).toEqual([3, 1, 2]);
});
