import { expect, test } from 'vitest';
import { makeCopyRound } from '../../testing/make-round.ts';
import { draftRound, plainRound, simulate } from '../testing.ts';
import { acceptanceByPosition, calibrationBins, calibrationError, judgedDrafts, tokensPerRound, wilson } from './acceptance.ts';

const rounds = [
  draftRound([0.9, 0.8, 0.4], 3),
  draftRound([0.9, 0.3], 1),
  draftRound([0.2], 0),
  draftRound([0.7, 0.6], 0),
  plainRound(),
];

test('every place has its own denominator: rounds that drafted there, and those that were judged there', () => {
  expect(acceptanceByPosition(rounds)).toEqual([
    { position: 1, drafted: 4, accepted: 2, judged: 4 },
    { position: 2, drafted: 3, accepted: 1, judged: 2 },
    { position: 3, drafted: 1, accepted: 1, judged: 1 },
  ]);
});

test('copies are told apart, at the places that they have in the round', () => {
  const mixed = makeCopyRound([' a', ' b'], ' own', [' c'], 1);
  expect(acceptanceByPosition([mixed], 'adapter')).toEqual([{ position: 1, drafted: 1, accepted: 1, judged: 1 }]);
  expect(acceptanceByPosition([mixed], 'lookup')).toEqual([
    { position: 2, drafted: 1, accepted: 1, judged: 1 },
    { position: 3, drafted: 1, accepted: 0, judged: 1 },
  ]);
  expect(judgedDrafts([mixed], 'lookup').map(({ accepted }) => accepted)).toEqual([true, false]);
});

test('tokens of a round: the accepted drafts and one', () => {
  expect(tokensPerRound(rounds, false)).toEqual([
    { tokens: 1, rounds: 3 },
    { tokens: 2, rounds: 1 },
    { tokens: 3, rounds: 0 },
    { tokens: 4, rounds: 1 },
  ]);
  expect(tokensPerRound(rounds, true)[0]).toEqual({ tokens: 1, rounds: 2 });
  expect(tokensPerRound([], false)).toEqual([]);
});

test('drafts behind a rejected one are not judged', () => {
  expect(judgedDrafts(rounds, 'adapter')).toEqual([
    { confidence: 0.9, accepted: true },
    { confidence: 0.8, accepted: true },
    { confidence: 0.4, accepted: true },
    { confidence: 0.9, accepted: true },
    { confidence: 0.3, accepted: false },
    { confidence: 0.2, accepted: false },
    { confidence: 0.7, accepted: false },
  ]);
});

test('calibration: bins with counts; a confidence of 1 is in the last', () => {
  const bins = calibrationBins([
    { confidence: 0.31, accepted: true },
    { confidence: 0.39, accepted: false },
    { confidence: 1, accepted: true },
    { confidence: 0, accepted: false },
  ]);
  expect(bins).toHaveLength(10);
  expect(bins[3]).toMatchObject({ judged: 2, accepted: 1 });
  expect(bins[3]?.confidence).toBeCloseTo(0.35);
  expect(bins[9]).toMatchObject({ judged: 1, accepted: 1, confidence: 1 });
  expect(bins[0]).toMatchObject({ judged: 1, accepted: 0, confidence: 0 });
  // (|0.7 − 1| + |1 − 1| + |0 − 0|) / 4
  expect(calibrationError(bins)).toBeCloseTo(0.075);
  expect(calibrationError(calibrationBins([]))).toBeNull();
});

test('drafts that are right as often as they are confident come out calibrated', () => {
  const error = calibrationError(calibrationBins(judgedDrafts(simulate(4000, { threshold: 0.4, maxDraft: 6 }, 1), 'adapter')));
  expect(error).toBeLessThan(0.03);
});

test("Wilson's interval, also of none and of all", () => {
  expect(wilson(0, 0)).toBeNull();
  expect(wilson(0, 10)).toMatchObject({ share: 0, low: 0 });
  expect(wilson(0, 10)?.high).toBeCloseTo(0.2775, 3);
  expect(wilson(10, 10)?.low).toBeCloseTo(0.7225, 3);
  expect(wilson(50, 100)?.low).toBeCloseTo(0.4038, 3);
});
