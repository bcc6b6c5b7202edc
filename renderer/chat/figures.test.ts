// Figures come from the engine's own rounds and statistics, and a speedup is only claimed beyond the baseline's spread.
import { describe, expect, test } from 'vitest';
import type { Costs, GenerationStats, Round } from '../../electron/contract/engine.ts';
import { makeAnswer, makeCopyRound, makePromptRound, makeRound } from '../testing/make-round.ts';
import { figuresOf, rejectedDrafts } from './figures.ts';

function costsOf(plainTokensPerSecond: number, quartiles: [number, number]): Costs {
  return {
    verifyMs: [1000 / plainTokensPerSecond],
    verifyLateMs: [],
    draftStepMs: 2,
    stateStepMs: 1,
    plainTokensPerSecond,
    plainTokensPerSecondQuartiles: quartiles,
    depth: 64,
    tookMs: 100,
  };
}

/** 10 ms for 3 tokens, 1 of 3 drafts turned down: 300 tokens/s. */
const round = makeRound([' a', ' b'], ' c', [' x']);
const rounds: Round[] = [makePromptRound('Once'), ...Array.from({ length: 9 }, () => round)];

const stats: GenerationStats = {
  promptTokens: 9,
  cachedTokens: 0,
  promptMs: 20,
  tokens: 100,
  ms: 495,
  tokensPerSecond: 200,
  rounds: 3,
  tokensPerRound: 3,
  drafted: 9,
  accepted: 6,
  acceptanceRate: 2 / 3,
  discarded: 0,
  pausedRounds: 0,
  plainStepMs: null,
  graphsReused: 9,
  graphsBuilt: 3,
  recomputedRounds: 0,
  lookedUp: 0,
  lookedUpAccepted: 0,
  contextShifts: 0,
  roundsMs: 0,
  computeMs: null,
};

test('while streaming, from the rounds; the prompt’s own token counts as a token but takes no time', () => {
  const figures = figuresOf(makeAnswer(rounds), costsOf(200, [190, 210]));
  expect(figures).toMatchObject({ tokens: 28, rounds: 9, tokensPerRound: 3, drafted: 27, accepted: 18, mode: 'kangaroo' });
  expect(figures?.tokensPerSecond).toBeCloseTo(300);
  expect(figures?.speedup?.factor).toBeCloseTo(1.5);
});

test('copies that were accepted are counted, from the rounds and from the statistics', () => {
  const copies = Array.from({ length: 3 }, () => makeCopyRound([' a', ' b', ' c'], ' d', [' x'], 1));
  expect(figuresOf(makeAnswer(copies), null)).toMatchObject({ drafted: 12, accepted: 9, copied: 6 });
  const done = { ...stats, lookedUp: 8, lookedUpAccepted: 5 };
  expect(figuresOf(makeAnswer(copies, { status: 'complete', stats: done }), null)).toMatchObject({ copied: 5 });
});

test('when done, from the statistics', () => {
  const figures = figuresOf(makeAnswer(rounds, { status: 'complete', stats, speedup: 0.8 }), costsOf(250, [240, 255]));
  expect(figures).toMatchObject({ tokensPerSecond: 200, speedup: { factor: 0.8, verdict: 'slower' } });
});

test.each([
  [1.1, 'faster'],
  [1.02, 'same'],
  [0.97, 'same'],
  [0.9, 'slower'],
])('%f× with a baseline that spreads by 5%% is %s', (speedup, verdict) => {
  const figures = figuresOf(makeAnswer(rounds, { stats, speedup }), costsOf(100, [95, 105]));
  expect(figures?.speedup?.verdict).toBe(verdict);
});

test('a very unsteady baseline hides no slowdown', () => {
  const figures = figuresOf(makeAnswer(rounds, { stats, speedup: 0.5 }), costsOf(100, [20, 110]));
  expect(figures?.speedup?.verdict).toBe('slower');
});

test('without a baseline of this model, 1× itself is the border', () => {
  expect(figuresOf(makeAnswer(rounds, { stats, speedup: 0.99 }), null)?.speedup?.verdict).toBe('slower');
  expect(figuresOf(makeAnswer(rounds), null)?.speedup).toBeNull();
});

test('plain decoding is the baseline, so it has no speedup', () => {
  const plain = Array.from({ length: 10 }, () => makeRound([], ' a'));
  const figures = figuresOf(makeAnswer([makePromptRound('A'), ...plain]), costsOf(100, [95, 105]));
  expect(figures).toMatchObject({ mode: 'plain', speedup: null });
  expect(figures?.tokensPerSecond).toBeCloseTo(125);
});

describe('automatic drafting', () => {
  const plainStep: Round = { ...makeRound([], ' p'), verifyMs: 5, paused: true, expectedSpeedup: 0.8 };
  const probe: Round = { ...plainStep, mode: 'kangaroo', draftMs: 2, discarded: 1 };
  const drafting: Round = { ...round, expectedSpeedup: 1.4 };

  test('compares a running answer with the plain steps inside it, once they are enough', () => {
    const few = [
      makePromptRound('A'),
      ...Array.from({ length: 6 }, () => drafting),
      ...Array.from({ length: 8 }, () => plainStep), // the first of them, after a drafting round, is no baseline
    ];
    expect(figuresOf(makeAnswer(few), costsOf(250, [240, 260]))).toMatchObject({
      mode: 'auto',
      pausedRounds: 8,
      rounds: 14,
      speedup: { baseline: 'calibration' },
    });
    // 27 tokens in 105 ms; plain steps of 5 ms would take 135.
    const figures = figuresOf(makeAnswer([...few, plainStep]), costsOf(250, [240, 260]));
    expect(figures?.speedup?.baseline).toBe('answer');
    expect(figures?.speedup?.factor).toBeCloseTo(135 / 105);
  });

  test('takes the baseline of a finished answer from its statistics', () => {
    const rounds = [makePromptRound('A'), plainStep, drafting];
    const done = { ...stats, plainStepMs: 5, pausedRounds: 2, discarded: 4 };
    expect(figuresOf(makeAnswer(rounds, { stats: done, speedup: 1.3 }), null)).toMatchObject({
      pausedRounds: 2,
      discarded: 4,
      speedup: { factor: 1.3, verdict: 'faster', baseline: 'answer' },
    });
  });

  test.each([
    [1.2, 'faster'],
    [1.04, 'same'],
    [0.96, 'same'],
    [0.9, 'slower'],
  ])('%f× is %s', (speedup, verdict) => {
    const figures = figuresOf(makeAnswer([makePromptRound('A'), plainStep], { stats, speedup }), costsOf(100, [100, 100]));
    expect(figures?.speedup?.verdict).toBe(verdict);
  });

  test('is automatic too where nothing was worth verifying', () => {
    const rounds = [makePromptRound('A'), ...Array.from({ length: 9 }, () => plainStep), probe];
    expect(figuresOf(makeAnswer(rounds), null)).toMatchObject({ mode: 'auto', drafted: 0, discarded: 1, pausedRounds: 10 });
  });
});

test('a short answer has a speed, but is not compared', () => {
  const short = figuresOf(makeAnswer([makePromptRound('A'), ...Array.from({ length: 7 }, () => round)]), costsOf(100, [95, 105]));
  expect(short).toMatchObject({ tokens: 22, speedup: null });
  const done = makeAnswer(rounds, { stats: { ...stats, tokens: 20 }, speedup: 2 });
  expect(figuresOf(done, costsOf(100, [95, 105]))).toMatchObject({ tokensPerSecond: 200, speedup: null });
});

test('too few tokens make no figure', () => {
  expect(figuresOf(makeAnswer([makePromptRound('A'), round]), costsOf(100, [95, 105]))).toBeNull();
  expect(figuresOf(makeAnswer([makePromptRound('A')], { stats: { ...stats, tokens: 1, tokensPerSecond: 0 } }), null)).toBeNull();
});

test('rejected drafts are counted over all rounds', () => {
  expect(rejectedDrafts(rounds)).toBe(9);
});
