import { expect, test } from 'vitest';
import type { GenerationStats } from '../contract/engine.ts';
import { summary } from './generate.ts';

const stats: GenerationStats = {
  promptTokens: 12,
  cachedTokens: 0,
  promptMs: 8.4,
  tokens: 41,
  ms: 620,
  tokensPerSecond: 64.52,
  rounds: 21,
  tokensPerRound: 1.905,
  drafted: 30,
  accepted: 19,
  acceptanceRate: 0.6333,
  discarded: 0,
  pausedRounds: 0,
  plainStepMs: null,
  graphsReused: 0,
  graphsBuilt: 0,
  recomputedRounds: 0,
  lookedUp: 0,
  lookedUpAccepted: 0,
  contextShifts: 0,
  roundsMs: 0,
  computeMs: null,
};

test('the line of figures behind an answer', () => {
  expect(summary({ stats, reason: 'end-of-turn' })).toBe(
    '41 tokens in 0.62 s · 64.5 tokens/s · prompt of 12 tokens in 8 ms · 1.91 tokens per round · 63% of 30 drafts accepted · ' +
      'the model ended its answer',
  );
});

test('where automatic drafting paused, it says how much of the answer that was', () => {
  expect(summary({ stats: { ...stats, pausedRounds: 14, plainStepMs: 12 }, reason: 'end-of-turn' })).toContain(
    '63% of 30 drafts accepted · drafting paused in 67% of the rounds, where it does not pay · the model ended',
  );
});

test('copies are told apart from the drafts', () => {
  expect(summary({ stats: { ...stats, lookedUp: 12, lookedUpAccepted: 9 }, reason: 'end-of-turn' })).toContain(
    '63% of 30 drafts accepted · 9 of 12 drafts copied from the text accepted · the model ended',
  );
});

test('plain decoding has no drafts to speak of', () => {
  const plain = { ...stats, drafted: 0, accepted: 0, acceptanceRate: 0 };
  expect(summary({ stats: plain, reason: 'max-tokens' })).toBe(
    '41 tokens in 0.62 s · 64.5 tokens/s · prompt of 12 tokens in 8 ms · the longest answer was reached (--max-tokens)',
  );
});
