// Numbers read as people say them, at the borders of their units too.
import { expect, test } from 'vitest';
import { bytesText, countText, parametersText, percentText, remainingText, speedRangeText } from './number-text.ts';

test.each([
  [999, '999 B'],
  [412_000, '412 kB'],
  [3_640_000, '3.6 MB'],
  [131_400_000, '131 MB'],
  [4_080_000_000, '4.1 GB'],
])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [200, 'less than a minute'],
  [61_000, '2 min'],
  [59 * 60_000, '59 min'],
  [200 * 60_000, '3 h 20 min'],
  [49 * 3_600_000, '2 days'],
])('%i ms remain: %s', (ms, text) => expect(remainingText(ms)).toBe(text));

test('100% is said only of all of it', () => {
  expect([percentText(0.9999), percentText(1), percentText(1.2)]).toEqual(['99%', '100%', '100%']);
});

test('counts, parameters and ranges', () => {
  expect([countText(1, 'model', 'models'), countText(2, 'model', 'models')]).toEqual(['1 model', '2 models']);
  expect([parametersText(84_000_000), parametersText(7_240_000_000)]).toEqual(['84 M', '7.2 B']);
  expect([speedRangeText([4.2, 6.8]), speedRangeText([9.2, 14.1]), speedRangeText([12.1, 12.4])]).toEqual([
    '4.2–6.8 tokens/s',
    '9–14 tokens/s',
    '12 tokens/s',
  ]);
});
