// The figures under an answer: from the engine's own rounds while it streams, from its statistics once it is done.
import type { Costs, DraftingMode, Round } from '../../electron/contract/engine.ts';
import type { Message } from '../../electron/contract/chats.ts';
import { calibrationBaseline, speedupInside } from '../../electron/contract/speedup.ts';

/** How the answer's speed compares with plain decoding. `same`: no difference that was measured. */
export type Verdict = 'faster' | 'slower' | 'same';

/** What a speedup refers to: the plain steps inside the answer or right after it, of the same moment, or the calibration at load. */
export type Baseline = 'answer' | 'calibration';

export interface Speedup {
  factor: number;
  verdict: Verdict;
  baseline: Baseline;
}

export interface Figures {
  tokens: number;
  tokensPerSecond: number;
  rounds: number;
  tokensPerRound: number;
  drafted: number;
  accepted: number;
  /** Of the accepted drafts, those that were copied from the conversation. */
  copied: number;
  /** What the answer was asked for, as its rounds show. */
  mode: DraftingMode;
  /** Without an adapter there is nothing to pause. */
  pauses: boolean;
  /** Rounds during which automatic drafting had paused, and the drafts it did not find worth verifying. */
  pausedRounds: number;
  discarded: number;
  /** Null while unknown, and for plain decoding, which is the baseline itself. */
  speedup: Speedup | null;
}

/** Fewer tokens than this make no figure: their speed says nothing yet. */
const fewestTokens = 6;
/** A shorter answer is not compared with anything: its first rounds, which are slow, decide too much. */
const fewestCompared = 24;

/** Only rounds of automatic drafting say what they expect of drafting, and only there drafts are copied. */
function modeOf(rounds: readonly Round[]): DraftingMode {
  if (rounds.some((round) => round.expectedSpeedup !== null || round.mode === 'lookup')) return 'auto';
  return rounds.some((round) => round.drafts.length > 0) ? 'kangaroo' : 'plain';
}

/** The same before the rounds of a finished answer are here: from how it was asked for. */
export function askedMode({ rounds, stats, answeredWith }: Message): DraftingMode {
  if (rounds.length > 0 || stats === null) return modeOf(rounds);
  return stats.drafted > 0 ? (answeredWith?.settings.decodingMode ?? 'kangaroo') : stats.pausedRounds > 0 ? 'auto' : 'plain';
}

interface Totals {
  rounds: number;
  tokens: number;
  ms: number;
  drafted: number;
  accepted: number;
  copied: number;
  pausedRounds: number;
  discarded: number;
}

function acceptedCopies({ drafts, accepted }: Round): number {
  return drafts.slice(0, accepted).filter(({ source }) => source === 'lookup').length;
}

/** Sums over the decoding rounds; the round of the prompt's own token (`rows: 0`) belongs to the prompt's time. */
function totalRounds(rounds: readonly Round[]): Totals {
  const totals = { rounds: 0, tokens: 0, ms: 0, drafted: 0, accepted: 0, copied: 0, pausedRounds: 0, discarded: 0 };
  for (const round of rounds) {
    if (round.rows === 0) continue;
    totals.rounds += 1;
    totals.tokens += round.accepted + 1;
    totals.ms += round.draftMs + round.verifyMs;
    totals.drafted += round.drafts.length;
    totals.accepted += round.accepted;
    totals.copied += acceptedCopies(round);
    totals.pausedRounds += round.paused ? 1 : 0;
    totals.discarded += round.discarded;
  }
  return totals;
}

/** Null while there is too little to tell. */
export function figuresOf(message: Message, costs: Costs | null): Figures | null {
  const totals = totalRounds(message.rounds);
  const { stats } = message;
  const mode = askedMode(message);
  const pauses =
    mode === 'auto' &&
    (message.rounds.some((round) => round.expectedSpeedup !== null) ||
      (message.stats !== null && message.stats.pausedRounds > 0));
  if (stats) {
    if (stats.tokensPerSecond <= 0) return null;
    const { tokens, tokensPerSecond, rounds, tokensPerRound, drafted, accepted, pausedRounds, discarded, plainStepMs } = stats;
    const copied = stats.lookedUpAccepted;
    const baseline = plainStepMs === null ? 'calibration' : 'answer';
    const speedup = mode === 'plain' ? null : judge(tokens, message.speedup, mode, baseline, costs);
    return {
      tokens,
      tokensPerSecond,
      rounds,
      tokensPerRound,
      drafted,
      accepted,
      copied,
      mode,
      pauses,
      pausedRounds,
      discarded,
      speedup,
    };
  }
  if (totals.tokens < fewestTokens || totals.ms <= 0) return null;
  const { rounds, drafted, accepted, copied, pausedRounds, discarded } = totals;
  const tokens = totals.tokens + 1;
  const tokensPerSecond = (1000 * totals.tokens) / totals.ms;
  const inside = speedupInside(message.rounds);
  const factor = inside ?? (costs && speedupInside(message.rounds, calibrationBaseline(costs)?.stepMs ?? null));
  const baseline = inside === null ? 'calibration' : 'answer';
  return {
    tokens,
    tokensPerSecond,
    rounds,
    tokensPerRound: totals.tokens / rounds,
    drafted,
    accepted,
    copied,
    mode,
    pauses,
    pausedRounds,
    discarded,
    speedup: mode === 'plain' ? null : judge(tokens, factor, mode, baseline, costs),
  };
}

function judge(
  tokens: number,
  factor: number | null,
  mode: DraftingMode,
  baseline: Baseline,
  costs: Costs | null,
): Speedup | null {
  if (factor === null || tokens < fewestCompared) return null;
  const { low, high } = mode === 'auto' ? automaticSpread : spreadOf(costs);
  const verdict = factor > high ? 'faster' : factor < low ? 'slower' : 'same';
  return { factor, verdict, baseline };
}

/** However unsteady the baseline was, a factor further from 1 than this is called what it is. */
const widestSpread = 0.05;
/** Automatic drafting decodes plainly where drafting does not pay: its probes are all that may cost. */
const automaticSpread = { low: 1 - widestSpread, high: 1 + widestSpread };

/** Where 1× lies, given the spread of the calibration's samples. */
function spreadOf(costs: Costs | null): { low: number; high: number } {
  if (!costs || costs.plainTokensPerSecond <= 0) return { low: 1, high: 1 };
  const [lower, upper] = costs.plainTokensPerSecondQuartiles.map((quartile) => quartile / costs.plainTokensPerSecond);
  return {
    low: Math.max(1 - widestSpread, Math.min(1, lower ?? 1)),
    high: Math.min(1 + widestSpread, Math.max(1, upper ?? 1)),
  };
}

/** Drafts that were not accepted, over all rounds. */
export function rejectedDrafts(rounds: readonly Round[]): number {
  return rounds.reduce((sum, round) => sum + round.drafts.length - round.accepted, 0);
}
