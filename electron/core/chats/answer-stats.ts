// Figures of an answer: against plain decoding, and over the parts of one that was continued.
import type { GenerationStats, Round } from '../../contract/engine.ts';
import { speedupDeviation } from '../../contract/bootstrap.ts';
import { calibrationBaseline, compare, factorOf } from '../../contract/speedup.ts';
import type { ReadyState } from '../models/models.ts';

/** See `Message.speedup` and `GenerationStats.speedupDeviation`; each null where it is not known. */
export function speedupOf(rounds: readonly Round[], { plainStepMs }: GenerationStats, { costs }: ReadyState) {
  const compared = compare(rounds, plainStepMs, calibrationBaseline(costs));
  return { speedup: compared && factorOf(compared), deviation: compared && speedupDeviation([compared]) };
}

/** Of an answer and its continuation, as if they were one: see `Message.stats`. */
export function joinStats(first: GenerationStats, next: GenerationStats): GenerationStats {
  const sum = <Key extends keyof GenerationStats>(key: Key) => ((first[key] as number) ?? 0) + ((next[key] as number) ?? 0);
  // The first token of either part belongs to its prompt's time.
  const timed = Math.max(0, first.tokens - 1) + Math.max(0, next.tokens - 1);
  const [ms, rounds, drafted, accepted] = [sum('ms'), sum('rounds'), sum('drafted'), sum('accepted')];
  const leftOutTurns = next.leftOutTurns ?? 0;
  return {
    promptTokens: next.promptTokens,
    cachedTokens: next.cachedTokens,
    promptMs: sum('promptMs'),
    tokens: sum('tokens'),
    ms,
    tokensPerSecond: ms > 0 ? (timed * 1000) / ms : 0,
    rounds,
    tokensPerRound: rounds > 0 ? (first.tokensPerRound * first.rounds + next.tokensPerRound * next.rounds) / rounds : 0,
    drafted,
    accepted,
    acceptanceRate: drafted > 0 ? accepted / drafted : 0,
    lookedUp: sum('lookedUp'),
    lookedUpAccepted: sum('lookedUpAccepted'),
    discarded: sum('discarded'),
    pausedRounds: sum('pausedRounds'),
    // A baseline is of its moment: the last part's, else what there is.
    plainStepMs: next.plainStepMs ?? first.plainStepMs,
    graphsReused: sum('graphsReused'),
    graphsBuilt: sum('graphsBuilt'),
    recomputedRounds: sum('recomputedRounds'),
    contextShifts: sum('contextShifts'),
    ...(leftOutTurns > 0 && { leftOutTurns }),
    roundsMs: sum('roundsMs'),
    computeMs: first.computeMs === null || next.computeMs === null ? null : first.computeMs + next.computeMs,
  };
}
