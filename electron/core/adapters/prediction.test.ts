// Rounds played by hand and by the function; what is best where passes cost what they cost.
import { describe, expect, test } from 'vitest';
import { agreementOf, answersOf, bestLimits, playRounds, verifyMsOf, type HeldOutAnswer, type RoundCosts } from './prediction.ts';

const costs: RoundCosts = { plainMs: 10, draftMs: 2, stateMs: 1, verifyMs: [8, 9, 10, 11] };

function answer(agrees: number[], confidence = 1): HeldOutAnswer {
  return { agrees, confidences: agrees.map(() => confidence), tokens: agrees.map((_, at) => at) };
}

describe('rounds', () => {
  test('accept the longest right prefix and one token more', () => {
    // Three drafts: right, right, wrong; then right, right, and the text ends.
    const played = playRounds([answer([1, 1, 0, 1, 1])], costs, { threshold: 0.5, maxDraft: 3 });
    expect(played).toMatchObject({ rounds: 2, tokens: 5, tokensPerRound: 2.5 });
    expect(played.ms).toBe(3 * 2 + 1 + 11 + (2 * 2 + 1 + 10));
    expect(played.speedup).toBeCloseTo((5 * 10) / played.ms);
    expect(played.acceptanceByPosition).toEqual([1, 1, 0]);
  });

  test('end with the draft whose confidence falls below the threshold, which is verified all the same', () => {
    const played = playRounds([{ ...answer([1, 1, 1, 1]), confidences: [0.9, 0.3, 0.9, 0.9] }], costs, {
      threshold: 0.6,
      maxDraft: 4,
    });
    // Two drafts and the target's own token, then one draft.
    expect(played.rounds).toBe(2);
    expect(played.ms).toBe(2 * 2 + 1 + 10 + (2 + 1 + 9));
  });

  test('of nothing are none', () => {
    expect(playRounds([], costs, { threshold: 0, maxDraft: 4 })).toMatchObject({ rounds: 0, tokens: 0, speedup: 0 });
    expect(agreementOf([])).toBe(0);
  });

  test('wider than what was measured cost as much per row', () => {
    expect(verifyMsOf(costs, 2)).toBe(9);
    expect(verifyMsOf(costs, 8)).toBe(22);
  });
});

test('rounds that were drafted as far as possible tell of each token whether it was foreseen', () => {
  const draft = (id: number, confidence: number) => ({ id, confidence, text: '', source: 'adapter' as const });
  const token = (id: number) => ({ id, text: '' });
  const rounds = [
    { drafts: [draft(1, 0.9), draft(2, 0.8), draft(9, 0.4), draft(8, 0.3)], accepted: 2, token: token(3) },
    { drafts: [draft(4, 0.7), draft(5, 0.6)], accepted: 2, token: token(6) },
    { drafts: [draft(9, 0.5)], accepted: 0, token: token(7) },
  ];
  // What was drafted behind a wrong token tells nothing, and nobody foresaw 6.
  expect(answersOf(rounds)).toEqual([
    { tokens: [1, 2, 3, 4, 5], agrees: [1, 1, 0, 1, 1], confidences: [0.9, 0.8, 0.4, 0.7, 0.6] },
    { tokens: [7], agrees: [0], confidences: [0.5] },
  ]);
  expect(answersOf([{ drafts: [], accepted: 0, token: token(1) }])).toEqual([]);
});

describe('the best limits', () => {
  test('draft far where all is right, and stop at once where nothing is', () => {
    expect(bestLimits([answer(Array.from({ length: 64 }, () => 1))], costs).maxDraft).toBeGreaterThanOrEqual(3);
    const hopeless = bestLimits([answer(Array.from({ length: 64 }, () => 0))], costs);
    expect(hopeless.maxDraft).toBe(1);
    expect(hopeless.speedup).toBeCloseTo(10 / (2 + 1 + 9));
  });

  test('use the confidence: a threshold parts right drafts from wrong ones', () => {
    // Right runs of one to six tokens: no fixed length fits all of them.
    const agrees = [1, 6, 2, 5, 3, 4, 6, 1, 5, 2].flatMap((run) => [...Array.from({ length: run }, () => 1), 0]);
    const told = { ...answer(agrees), confidences: agrees.map((right) => (right ? 0.95 : 0.15)) };
    const wide = { ...costs, verifyMs: [8, 9, 10, 11, 12, 13, 14, 15, 16] };
    const best = bestLimits([told], wide);
    expect(best.threshold).toBeGreaterThan(0.15);
    expect(best.threshold).toBeLessThan(0.95);
    for (const maxDraft of [1, 2, 3, 4, 5, 6]) {
      expect(best.speedup).toBeGreaterThan(playRounds([told], wide, { threshold: 0, maxDraft }).speedup);
    }
  });

  test('of a longer network behind the exit pay where verification is cheap, and not where it is dear', () => {
    const agrees = Array.from({ length: 400 }, (_, at) => (at % 5 === 4 ? 0 : 1));
    expect(bestLimits([answer(agrees)], { ...costs, verifyMs: [8, 8, 8, 8, 8, 8] }).speedup).toBeGreaterThan(1.5);
    expect(bestLimits([answer(agrees)], { ...costs, verifyMs: [8, 20, 30, 40] }).speedup).toBeLessThan(1);
  });
});
