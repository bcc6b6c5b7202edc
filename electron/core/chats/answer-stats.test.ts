// The figures of an answer and its continuation are those of one answer.
import { describe, expect, test } from 'vitest';
import type { GenerationStats } from '../../contract/engine.ts';
import { makeStoredRound } from '../testing/make-message.ts';
import type { ReadyState } from '../models/models.ts';
import { joinStats, speedupOf } from './answer-stats.ts';

const first: GenerationStats = {
  promptTokens: 10,
  cachedTokens: 2,
  promptMs: 5,
  tokens: 11,
  ms: 100,
  tokensPerSecond: 100,
  rounds: 5,
  tokensPerRound: 2,
  drafted: 10,
  accepted: 5,
  acceptanceRate: 0.5,
  lookedUp: 1,
  lookedUpAccepted: 1,
  discarded: 2,
  pausedRounds: 1,
  plainStepMs: 9,
  graphsReused: 4,
  graphsBuilt: 1,
  recomputedRounds: 0,
  contextShifts: 0,
  roundsMs: 90,
  computeMs: 80,
};

test('sums and means', () => {
  const next = {
    ...first,
    promptTokens: 21,
    cachedTokens: 20,
    tokens: 21,
    ms: 300,
    rounds: 15,
    tokensPerRound: 1,
    drafted: 0,
    accepted: 0,
  };
  const joined = joinStats(first, { ...next, plainStepMs: null, leftOutTurns: 2 });
  expect(joined).toMatchObject({
    promptTokens: 21,
    cachedTokens: 20,
    promptMs: 10,
    tokens: 32,
    ms: 400,
    rounds: 20,
    leftOutTurns: 2,
  });
  // 30 tokens after the first of either part, in 0.4 s.
  expect(joined).toMatchObject({
    tokensPerSecond: 75,
    tokensPerRound: 1.25,
    acceptanceRate: 0.5,
    plainStepMs: 9,
    computeMs: 160,
  });
});

test('nothing to divide by', () => {
  const none = { ...first, tokens: 1, ms: 0, rounds: 0, drafted: 0, accepted: 0, computeMs: null };
  expect(joinStats(none, none)).toMatchObject({ tokensPerSecond: 0, tokensPerRound: 0, acceptanceRate: 0, computeMs: null });
  expect(joinStats(none, none)).not.toHaveProperty('leftOutTurns');
});

describe('against plain decoding', () => {
  const costs = { plainTokensPerSecond: 100, plainTokensPerSecondQuartiles: [80, 125] };
  const model = { costs } as unknown as ReadyState;
  const rounds = Array.from({ length: 20 }, (_, at) =>
    makeStoredRound(at % 2 === 0 ? [' a'] : [], ' b', at % 2 === 0 ? [] : [' c']),
  );
  const ms = 20 * 3.75;

  test('the steps of the same moment come before those at load', () => {
    expect(speedupOf(rounds, { ...first, plainStepMs: 9 }, model).speedup).toBeCloseTo((30 * 9) / ms);
    expect(speedupOf(rounds, { ...first, plainStepMs: null }, model).speedup).toBeCloseTo((30 * 10) / ms);
    expect(speedupOf([], { ...first, plainStepMs: null }, model).speedup).toBeNull();
    expect(
      speedupOf(rounds, { ...first, plainStepMs: null }, {
        costs: { ...costs, plainTokensPerSecond: 0 },
      } as unknown as ReadyState).speedup,
    ).toBeNull();
  });

  test('its spread is that of the rounds, wider with a baseline that is unsure, and unknown for a few', () => {
    const sure = speedupOf(rounds, { ...first, plainStepMs: 10 }, model).deviation ?? Number.NaN;
    const unsure = speedupOf(rounds, { ...first, plainStepMs: null }, model).deviation ?? Number.NaN;
    expect(sure).toBeGreaterThan(0);
    expect(unsure).toBeGreaterThan(2 * sure);
    expect(speedupOf(rounds.slice(0, 15), { ...first, plainStepMs: 10 }, model).deviation).toBeNull();
  });
});
