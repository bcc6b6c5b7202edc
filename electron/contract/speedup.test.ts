// The speedup over the plain steps inside an answer: 1 for plain decoding itself, and no single long step decides it.
import { expect, test } from 'vitest';
import type { Round } from './engine.ts';
import { speedupInside } from './speedup.ts';

const token = { id: 1, text: 'a' };

function plainStep(verifyMs: number): Round {
  const nothing = { drafts: [], accepted: 0, pieces: [], draftMs: 0, discarded: 0, paused: false, expectedSpeedup: 1 };
  return { ...nothing, token, verifyMs, rows: 1, mode: 'plain' };
}

/** Two tokens. */
function drafting(draftMs: number, verifyMs: number): Round {
  const drafts = [{ ...token, confidence: 0.9, source: 'adapter' as const }];
  return { ...plainStep(verifyMs), drafts, accepted: 1, draftMs, rows: 2, mode: 'kangaroo' };
}

/** Two tokens, the first one copied. */
function lookup(verifyMs: number): Round {
  const drafts = [{ ...token, confidence: 0.9, source: 'lookup' as const }];
  return { ...plainStep(verifyMs), drafts, accepted: 1, rows: 2, mode: 'lookup' };
}

const times = (count: number, round: Round): Round[] => Array.from({ length: count }, () => round);

test('is the time that plain decoding would have taken over the time that the rounds took', () => {
  // 28 tokens: 280 ms plainly, 80 + 10 × 12 ms as they were decoded.
  expect(speedupInside([...times(8, plainStep(10)), ...times(10, drafting(4, 8))])).toBeCloseTo(1.4);
  expect(speedupInside([...times(8, plainStep(10)), ...times(10, drafting(14, 16))])).toBeCloseTo(280 / 380);
});

test('of plain decoding is 1, however unevenly it goes', () => {
  expect(speedupInside([2, 3, 2, 9, 2, 3, 2, 2, 40, 2].map(plainStep))).toBeCloseTo(1);
});

test('is not decided by one step that was held up', () => {
  const steady = speedupInside([...times(8, plainStep(10)), ...times(10, drafting(4, 8))]) ?? 0;
  const interrupted = speedupInside([...times(7, plainStep(10)), plainStep(900), ...times(10, drafting(4, 8))]) ?? 0;
  expect(interrupted / steady).toBeLessThan(1.2);
});

test('rounds of copied drafts are no plain steps, and neither is the first step behind one', () => {
  // 28 tokens: 280 ms plainly, 80 + 10 × 14 ms as they were decoded.
  expect(speedupInside([...times(8, plainStep(10)), ...times(10, lookup(14))])).toBeCloseTo(280 / 220);
  expect(speedupInside(times(10, lookup(14)))).toBeNull();
  const cold = Array.from({ length: 8 }, () => [lookup(14), plainStep(30)]).flat();
  // The cold steps count as time, and not as the baseline.
  expect(speedupInside([...times(8, plainStep(10)), ...cold])).toBeCloseTo((32 * 10) / (80 + 8 * 44));
});

test('is unknown with too few plain steps; the prompt’s own token is none', () => {
  const prompt = { ...plainStep(0), rows: 0 };
  expect(speedupInside([...times(7, plainStep(10)), prompt, drafting(4, 8)])).toBeNull();
  expect(speedupInside([])).toBeNull();
  expect(speedupInside(times(9, plainStep(0)))).toBeNull();
});

test('refers to plain steps right after the answer where it has too few of its own', () => {
  // 20 tokens in 10 × 12 ms; plainly, 20 × 9.
  expect(speedupInside(times(10, drafting(4, 8)), 9)).toBeCloseTo(1.5);
  expect(speedupInside([...times(8, plainStep(10)), ...times(10, drafting(4, 8))], 9)).toBeCloseTo(1.4);
});
