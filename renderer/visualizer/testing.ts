// Rounds for tests of the visualizer: made by a process whose truth is known.
import { randomFrom } from '../../electron/contract/bootstrap.ts';
import type { Costs, Round } from '../../electron/contract/engine.ts';
import { makeRound } from '../testing/make-round.ts';
import type { WhatIfSettings } from './figures/what-if.ts';

export const testCosts: Costs = {
  verifyMs: [10, 15, 17, 18, 24, 28, 33, 36],
  verifyLateMs: [8, 12, 13, 14, 19, 22, 26, 29],
  draftStepMs: 2,
  stateStepMs: 1,
  plainTokensPerSecond: 100,
  plainTokensPerSecondQuartiles: [95, 105],
  depth: 64,
  tookMs: 1,
};

/** One round that drafted `confidences`; times as `testCosts` has them. */
export function draftRound(confidences: number[], accepted: number, patch: Partial<Round> = {}): Round {
  const words = confidences.map((_, at) => ` w${at}`);
  const round = makeRound(words.slice(0, accepted), ' own', words.slice(accepted));
  const drafts = round.drafts.map((draft, at) => ({ ...draft, confidence: confidences[at] ?? 0 }));
  const times = { draftMs: 2 * drafts.length + 1, verifyMs: testCosts.verifyLateMs[drafts.length] ?? 29 };
  return { ...round, ...times, drafts, ...patch };
}

export function plainRound(patch: Partial<Round> = {}): Round {
  return { ...makeRound([], ' own'), verifyMs: 10, ...patch };
}

/** Drafts of even confidences that are right exactly as often as they are confident. */
export function simulate(count: number, { threshold, maxDraft }: WhatIfSettings, seed: number): Round[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const confidences: number[] = [];
    let [accepted, wrong] = [0, false];
    do {
      const confidence = random();
      confidences.push(confidence);
      if (!wrong && random() < confidence) accepted += 1;
      else wrong = true;
    } while ((confidences.at(-1) ?? 0) >= threshold && confidences.length < maxDraft);
    return draftRound(confidences, accepted);
  });
}
