// The figures under an answer: from the engine's own rounds while it streams, from its statistics once it is done.
import type { Costs, Round } from '../../electron/contract/engine.ts';
import type { Message } from '../../electron/contract/chats.ts';

/** How the answer's speed compares with plain decoding as measured at load. `same`: within the baseline's own spread. */
export type Verdict = 'faster' | 'slower' | 'same';

export interface Speedup {
  factor: number;
  verdict: Verdict;
}

export interface Figures {
  tokens: number;
  tokensPerSecond: number;
  tokensPerRound: number;
  drafted: number;
  accepted: number;
  /** True when any round drafted: otherwise rounds and acceptance say nothing. */
  drafting: boolean;
  /** Null while unknown, and for plain decoding, which is the baseline itself. */
  speedup: Speedup | null;
}

/** Fewer tokens than this make no figure: their speed says nothing yet. */
const fewestTokens = 6;

interface Totals {
  rounds: number;
  tokens: number;
  ms: number;
  drafted: number;
  accepted: number;
}

/** Sums over the decoding rounds; the round of the prompt's own token (`rows: 0`) belongs to the prompt's time. */
function totalRounds(rounds: readonly Round[]): Totals {
  const totals: Totals = { rounds: 0, tokens: 0, ms: 0, drafted: 0, accepted: 0 };
  for (const round of rounds) {
    if (round.rows === 0) continue;
    totals.rounds += 1;
    totals.tokens += round.accepted + 1;
    totals.ms += round.draftMs + round.verifyMs;
    totals.drafted += round.drafts.length;
    totals.accepted += round.accepted;
  }
  return totals;
}

/** Null while there is too little to tell. */
export function figuresOf(message: Message, costs: Costs | null): Figures | null {
  const totals = totalRounds(message.rounds);
  const { stats } = message;
  const drafting = totals.drafted > 0;
  if (stats) {
    if (stats.tokensPerSecond <= 0) return null;
    return {
      tokens: stats.tokens,
      tokensPerSecond: stats.tokensPerSecond,
      tokensPerRound: stats.tokensPerRound,
      drafted: stats.drafted,
      accepted: stats.accepted,
      drafting,
      speedup: drafting && message.speedup !== null ? judge(message.speedup, costs) : null,
    };
  }
  if (totals.tokens < fewestTokens || totals.ms <= 0) return null;
  const tokensPerSecond = (1000 * totals.tokens) / totals.ms;
  return {
    tokens: totals.tokens + 1,
    tokensPerSecond,
    tokensPerRound: totals.tokens / totals.rounds,
    drafted: totals.drafted,
    accepted: totals.accepted,
    drafting,
    speedup: drafting && costs ? judge(tokensPerSecond / costs.plainTokensPerSecond, costs) : null,
  };
}

/** A factor within the baseline's quartiles is no difference that was measured. */
function judge(factor: number, costs: Costs | null): Speedup {
  const { low, high } = spreadOf(costs);
  const verdict = factor > high ? 'faster' : factor < low ? 'slower' : 'same';
  return { factor, verdict };
}

/** However unsteady the baseline was, a factor further from 1 than this is called what it is. */
const widestSpread = 0.05;

/** Where 1× lies, given the spread of the baseline's samples. */
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
