// How fast conversations went, and how much of the time was not the network's.
import type { GenerationStats, Round } from '../contract/engine.ts';
import { ratio } from '../core/statistics.ts';

/** One conversation in one mode or setting. */
export interface PlayedConversation {
  /** The answers, one per turn that was played. */
  answers: number[][];
  /** Tokens that `ms` is the time of: the first of each answer comes with the prompt and is left out. */
  timedTokens: number;
  ms: number;
  rounds: Round[];
  /** See `GenerationStats`; all answers together. `computeMs` is null where one of them does not know. */
  roundsMs: number;
  computeMs: number | null;
}

/** A conversation of which nothing has been played yet. */
export function newlyPlayed(): PlayedConversation {
  return { answers: [], timedTokens: 0, ms: 0, rounds: [], roundsMs: 0, computeMs: 0 };
}

export function addAnswer(
  played: PlayedConversation,
  answer: { tokenIds: number[]; rounds: readonly Round[]; stats: Pick<GenerationStats, 'ms' | 'roundsMs' | 'computeMs'> },
): void {
  const { tokenIds, rounds, stats } = answer;
  played.answers.push(tokenIds);
  played.timedTokens += Math.max(0, tokenIds.length - 1);
  played.ms += stats.ms;
  for (const round of rounds) played.rounds.push(round);
  played.roundsMs += stats.roundsMs;
  played.computeMs = played.computeMs === null || stats.computeMs === null ? null : played.computeMs + stats.computeMs;
}

/** Tokens/s over all of them: all timed tokens over all time. Null where there was nothing to time. */
export function totalRate(played: readonly PlayedConversation[]): number | null {
  const tokens = sum(played.map((one) => one.timedTokens));
  return tokens === 0 ? null : ratio(tokens, sum(played.map((one) => one.ms)) / 1000);
}

/** The one ratio of tokens/s; nothing where one of the two was not played or gave a single token. */
export function speedsOver(
  before: PlayedConversation | null | undefined,
  after: PlayedConversation | null | undefined,
): number[] {
  const [slow, fast] = [totalRate(before ? [before] : []), totalRate(after ? [after] : [])];
  return slow === null || fast === null ? [] : [fast / slow];
}

/** What the rounds took outside graph computation: batches, cells, masks, choosing tokens. */
export interface HostOverhead {
  /** Of the rounds' time. */
  share: number;
  msPerRound: number;
}

/** Null without rounds, and where a device other than the CPU computes. */
export function hostOverhead(played: readonly PlayedConversation[]): HostOverhead | null {
  const known = played.flatMap(({ computeMs }) => computeMs ?? []);
  const rounds = sum(played.map((one) => one.rounds.length));
  const roundsMs = sum(played.map((one) => one.roundsMs));
  if (known.length < played.length || rounds === 0 || roundsMs === 0) return null;
  const hostMs = roundsMs - sum(known);
  return { share: hostMs / roundsMs, msPerRound: hostMs / rounds };
}

export interface Copies {
  /** Drafts that were copied from the conversation, and those of them that were accepted. */
  drafted: number;
  accepted: number;
}

export function copiesOf(rounds: readonly Round[]): Copies {
  const copies = { drafted: 0, accepted: 0 };
  for (const { drafts, accepted } of rounds) {
    for (const [place, { source }] of drafts.entries()) {
      if (source !== 'lookup') continue;
      copies.drafted += 1;
      if (place < accepted) copies.accepted += 1;
    }
  }
  return copies;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
