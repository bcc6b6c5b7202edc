// Figures come from the engine's own rounds and statistics, and a speedup is only claimed beyond the baseline's spread.
import { expect, test } from 'vitest';
import type { Costs, GenerationStats, Round } from '../../electron/contract/engine.ts';
import { makeAnswer, makePromptRound, makeRound } from '../testing/make-round.ts';
import { figuresOf, rejectedDrafts } from './figures.ts';

function costsOf(plainTokensPerSecond: number, quartiles: [number, number]): Costs {
  return {
    verifyMs: [1000 / plainTokensPerSecond],
    verifyLateMs: [],
    draftStepMs: 2,
    plainTokensPerSecond,
    plainTokensPerSecondQuartiles: quartiles,
    depth: 64,
    tookMs: 100,
  };
}

/** 10 ms for 3 tokens, 1 of 3 drafts turned down: 300 tokens/s. */
const round = makeRound([' a', ' b'], ' c', [' x']);
const rounds: Round[] = [makePromptRound('Once'), round, round, round];

const stats: GenerationStats = {
  promptTokens: 9,
  cachedTokens: 0,
  promptMs: 20,
  tokens: 10,
  ms: 45,
  tokensPerSecond: 200,
  rounds: 3,
  tokensPerRound: 3,
  drafted: 9,
  accepted: 6,
  acceptanceRate: 2 / 3,
  graphsReused: 9,
  graphsBuilt: 3,
  recomputedRounds: 0,
};

test('while streaming, from the rounds; the prompt’s own token counts as a token but takes no time', () => {
  const figures = figuresOf(makeAnswer(rounds), costsOf(200, [190, 210]));
  expect(figures).toMatchObject({ tokens: 10, tokensPerRound: 3, drafted: 9, accepted: 6, drafting: true });
  expect(figures?.tokensPerSecond).toBeCloseTo(300);
  expect(figures?.speedup?.factor).toBeCloseTo(1.5);
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
  expect(figures).toMatchObject({ drafting: false, speedup: null });
  expect(figures?.tokensPerSecond).toBeCloseTo(125);
});

test('too few tokens make no figure', () => {
  expect(figuresOf(makeAnswer([makePromptRound('A'), round]), costsOf(100, [95, 105]))).toBeNull();
  expect(figuresOf(makeAnswer([makePromptRound('A')], { stats: { ...stats, tokens: 1, tokensPerSecond: 0 } }), null)).toBeNull();
});

test('rejected drafts are counted over all rounds', () => {
  expect(rejectedDrafts(rounds)).toBe(3);
});
