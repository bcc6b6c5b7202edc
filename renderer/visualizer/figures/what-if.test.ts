import { describe, expect, test } from 'vitest';
import { defaultSettings, type AnswerSettings } from '../../../electron/contract/settings.ts';
import { makeAnswer, makeCopyRound } from '../../testing/make-round.ts';
import { draftRound, plainRound, simulate, testCosts } from '../testing.ts';
import { isSampled, traceAnswer } from './trace.ts';
import {
  along,
  bestCell,
  checkCosts,
  predict,
  predictAsRecorded,
  predictGrid,
  recordedDrafts,
  recordedSettings,
  roundTime,
  type WhatIfSettings,
} from './what-if.ts';

const recorded = [draftRound([0.9, 0.8, 0.4], 3), draftRound([0.9, 0.3], 1), draftRound([0.2], 0)];

describe('settings that the record covers', () => {
  test('are told from it alone: drafts end behind the first one below η, and at γ', () => {
    // η 0.85: two drafts, two drafts, one; accepted 2, 1, 0.
    expect(predict(recordedDrafts(recorded), { threshold: 0.85, maxDraft: 8 }, null)).toEqual({
      tokensPerRound: 2,
      draftsPerRound: 5 / 3,
      speedup: null,
      extrapolated: 0,
    });
    // γ 1: one draft each.
    expect(predict(recordedDrafts(recorded), { threshold: 0, maxDraft: 1 }, null)).toMatchObject({
      tokensPerRound: 5 / 3,
      draftsPerRound: 1,
      extrapolated: 0,
    });
  });

  test('the ones it was recorded with give what was recorded, and the time that the costs say', () => {
    const settings = { threshold: 0.5, maxDraft: 6 };
    const rounds = simulate(500, settings, 4);
    const prediction = predict(recordedDrafts(rounds), settings, testCosts);
    const tokens = rounds.reduce((sum, { accepted }) => sum + accepted + 1, 0);
    const ms = rounds.reduce((sum, { draftMs, verifyMs }) => sum + draftMs + verifyMs, 0);
    expect(prediction?.extrapolated).toBe(0);
    expect(prediction?.tokensPerRound).toBeCloseTo(tokens / 500);
    expect(prediction?.speedup).toBeCloseTo((tokens * 10) / ms);
  });
});

describe('settings that would draft on', () => {
  test('gain nothing behind a rejected draft, but cost time', () => {
    const known = recordedDrafts([draftRound([0.9, 0.9], 1)]);
    const prediction = predict(known, { threshold: 0.5, maxDraft: 3 }, testCosts);
    expect(prediction).toMatchObject({ tokensPerRound: 2, draftsPerRound: 3, extrapolated: 0 });
  });

  test('are extrapolated where all drafts were accepted, and say how often', () => {
    // Judged: four, two of them accepted and sure of it; the others neither.
    const rounds = [draftRound([0.9], 1), draftRound([0.9], 1), draftRound([0.1], 0), draftRound([0.1], 0)];
    const prediction = predict(recordedDrafts(rounds), { threshold: 0.5, maxDraft: 3 }, null);
    expect(prediction?.extrapolated).toBe(0.5);
    // Two more drafts at most: 0.5 + 0.5 · 0.5 accepted, 1 + 0.5 drafted, in half of the rounds.
    expect(prediction?.tokensPerRound).toBeCloseTo(1 + (2 * (1 + 0.75)) / 4);
    expect(prediction?.draftsPerRound).toBeCloseTo((2 * (1 + 1.5) + 2) / 4);
  });

  const far: WhatIfSettings[] = [
    { threshold: 0.3, maxDraft: 8 },
    { threshold: 0.5, maxDraft: 3 },
    { threshold: 0.8, maxDraft: 6 },
    { threshold: 0.1, maxDraft: 4 },
  ];
  test.each(far)('agree with a process whose truth is known: η $threshold, γ $maxDraft', (settings) => {
    const known = recordedDrafts(simulate(4000, { threshold: 0.6, maxDraft: 4 }, 11));
    const truth = predict(recordedDrafts(simulate(20_000, settings, 12)), settings, testCosts);
    const found = predict(known, settings, testCosts);
    expect(found?.tokensPerRound).toBeCloseTo(truth?.tokensPerRound ?? Number.NaN, 1);
    expect(Math.abs((found?.speedup ?? 0) / (truth?.speedup ?? 1) - 1)).toBeLessThan(0.03);
  });
});

test('the costs of rounds as they were: drafts, copies, plain steps, what was discarded', () => {
  const rounds = [draftRound([0.9, 0.8], 2), plainRound(), plainRound({ discarded: 1 }), makeCopyRound([' a', ' b'], ' own')];
  // 3 + 1 + 1 + 3 tokens; 18, 10, 10 + 2, and 17 for three rows of the whole network.
  expect(predictAsRecorded(rounds, testCosts)).toBeCloseTo(80 / 57);
  expect(predictAsRecorded(rounds, { ...testCosts, stateStepMs: null })).toBeNull();
});

describe('costs that are not what was measured', () => {
  const settings = { threshold: 0.5, maxDraft: 6 };
  const answer = (slowness: number, asked: Partial<AnswerSettings> = {}) => {
    const rounds = simulate(400, settings, 4).map((round) => ({
      ...round,
      draftMs: round.draftMs * slowness,
      verifyMs: round.verifyMs * slowness,
    }));
    const answeredWith = {
      settings: { ...defaultSettings, decodingMode: 'kangaroo' as const, ...settings, ...asked },
      seed: 0,
      systemPrompt: '',
      modelFingerprint: '',
      adapterName: 'a',
    };
    return traceAnswer(makeAnswer(rounds, { answeredWith }), rounds, 1, testCosts);
  };

  test('are told, and predictions begin at what was measured', () => {
    const slow = answer(1.5);
    const check = checkCosts([slow], testCosts);
    expect(check?.scale).toBeCloseTo(1 / 1.5, 1);
    expect(check).toMatchObject({ far: true });
    const prediction = predict(recordedDrafts(slow.rounds), settings, testCosts, check?.scale);
    expect(prediction?.speedup).toBeCloseTo(check?.measured ?? Number.NaN, 6);
    expect(predictGrid(recordedDrafts(slow.rounds), testCosts, 2)[0]?.speedup).toBeCloseTo(
      2 * (predictGrid(recordedDrafts(slow.rounds), testCosts)[0]?.speedup ?? 0),
    );
    expect(checkCosts([answer(1)], testCosts)).toMatchObject({ far: false });
  });

  test('only drafting rounds are compared: paused ones say nothing of drafting', () => {
    const { rounds } = answer(1.5);
    const mixed = [...Array.from({ length: 4000 }, () => plainRound({ paused: true })), ...rounds];
    const check = checkCosts([traceAnswer(makeAnswer(mixed), mixed, 1, testCosts)], testCosts);
    expect(check?.scale).toBeCloseTo(1 / 1.5, 1);
    expect(checkCosts([answer(1)], null)).toBeNull();
    expect(checkCosts([traceAnswer(makeAnswer([]), [plainRound()], 1, testCosts)], testCosts)).toBeNull();
  });

  test('the settings that were recorded are those of the answers, where they agree', () => {
    expect(recordedSettings([answer(1), answer(2)])).toEqual(settings);
    expect(recordedSettings([answer(1), answer(1, { maxDraft: 3 })])).toBeNull();
    expect(recordedSettings([answer(1, { decodingMode: 'auto' })])).toBeNull();
    expect(recordedSettings([])).toBeNull();
    expect(isSampled([answer(1), answer(1, { temperature: 0.8 })])).toBe(true);
    expect(isSampled([answer(1)])).toBe(false);
  });
});

test('plain rounds and copies tell nothing of η and γ', () => {
  expect(recordedDrafts([plainRound(), makeCopyRound([' a'], ' b')])).toMatchObject({ rounds: [], of: 2 });
  expect(predict(recordedDrafts([plainRound()]), { threshold: 0.5, maxDraft: 4 }, testCosts)).toBeNull();
  // Copies behind the adapter's drafts are cut off.
  const mixed = makeCopyRound([' a', ' b'], ' own', [], 1);
  expect(recordedDrafts([mixed]).rounds).toEqual([{ confidences: [0.7], accepted: 1 }]);
});

test('the time of a round: draft steps, the last pass, the late layers', () => {
  expect(roundTime(testCosts)?.(2)).toBe(2 * 2 + 1 + 13);
  expect(roundTime(testCosts)?.(2.5)).toBe(2.5 * 2 + 1 + 13.5);
  expect(roundTime({ ...testCosts, draftStepMs: null })).toBeNull();
  expect(along([10, 20, 40], 2.5)).toBe(30);
  expect(along([10, 20, 40], 5)).toBe(80);
});

test('the best of a grid is the fastest', () => {
  const grid = predictGrid(recordedDrafts(simulate(2000, { threshold: 0.2, maxDraft: 8 }, 6)), testCosts);
  const best = bestCell(grid);
  expect(grid).toHaveLength(72);
  expect(best?.speedup).toBe(Math.max(...grid.map(({ speedup }) => speedup ?? 0)));
  expect(bestCell([])).toBeNull();
});
