// What the benchmark's samples come to, per category and overall. Nothing is left out because it looks bad.
import type { Round } from '../contract/engine.ts';
import type { PlayedConversation, Sample, Shortage } from './bench-play.ts';
import { ratio, spread, type Spread } from './statistics.ts';

export interface PositionAcceptance {
  /** Place of a draft in its round, from 1. */
  position: number;
  drafted: number;
  accepted: number;
}

export interface Summary {
  /** Conversations that were measured. */
  prompts: number;
  /** Too long for the context: left out. */
  skipped: number;
  /** Too long for the context after their first turns: measured that far. */
  shortened: number;
  /** Conversations whose answers were the same in every mode, in every repeat. */
  identical: number;
  /** All timed tokens over all their time. Null where there was nothing to time, or the mode was not measured. */
  plainTokensPerSecond: number | null;
  kangarooTokensPerSecond: number | null;
  /** Kangaroo's tokens/s over plain's, per conversation and repeat: median and quartiles. */
  speedup: Spread | null;
  /** Kangaroo's, as are those below: mean of accepted + 1. */
  tokensPerRound: number | null;
  /** Accepted drafts over all drafts. */
  acceptanceRate: number | null;
  acceptanceByPosition: PositionAcceptance[];
  autoTokensPerSecond: number | null;
  /** As `speedup`, of `auto`. */
  autoSpeedup: Spread | null;
  /** Rounds during which `auto` had paused drafting, over all of its rounds. */
  autoPausedShare: number | null;
}

export interface CategorySummary extends Summary {
  category: string;
}

/** Categories in the order in which they first come. */
export function summarizeByCategory(samples: readonly Sample[], shortages: readonly Shortage[]): CategorySummary[] {
  const places = [...samples, ...shortages].toSorted((first, second) => first.index - second.index);
  return [...new Set(places.map((place) => place.category))].map((category) => {
    const own = (entry: { category: string }) => entry.category === category;
    return { category, ...summarize(samples.filter(own), shortages.filter(own)) };
  });
}

export function summarize(samples: readonly Sample[], shortages: readonly Shortage[]): Summary {
  const prompts = new Set(samples.map((sample) => sample.index));
  const differing = new Set(samples.filter((sample) => !sameAnswers(sample)).map((sample) => sample.index));
  const kangaroo = samples.flatMap((sample) => sample.kangaroo ?? []);
  const auto = samples.flatMap((sample) => sample.auto ?? []);
  const rounds = kangaroo.flatMap((played) => played.rounds);
  const autoRounds = auto.flatMap((played) => played.rounds);
  const accepted = sum(rounds.map((round) => round.accepted));
  const drafted = sum(rounds.map((round) => round.drafts.length));
  return {
    prompts: prompts.size,
    skipped: shortages.filter((shortage) => shortage.kind === 'skipped').length,
    shortened: shortages.filter((shortage) => shortage.kind === 'shortened').length,
    identical: prompts.size - differing.size,
    plainTokensPerSecond: totalRate(samples.map((sample) => sample.plain)),
    kangarooTokensPerSecond: totalRate(kangaroo),
    speedup: spread(samples.flatMap((sample) => speedupOf(sample, sample.kangaroo))),
    tokensPerRound: ratio(accepted + rounds.length, rounds.length),
    acceptanceRate: ratio(accepted, drafted),
    acceptanceByPosition: acceptanceByPosition(rounds),
    autoTokensPerSecond: totalRate(auto),
    autoSpeedup: spread(samples.flatMap((sample) => speedupOf(sample, sample.auto))),
    autoPausedShare: ratio(autoRounds.filter((round) => round.paused).length, autoRounds.length),
  };
}

/** Of the drafts at each place of their round: how many there were, how many were accepted. */
function acceptanceByPosition(rounds: readonly Round[]): PositionAcceptance[] {
  const longest = rounds.reduce((length, round) => Math.max(length, round.drafts.length), 0);
  return Array.from({ length: longest }, (_, place) => ({
    position: place + 1,
    drafted: rounds.filter((round) => round.drafts.length > place).length,
    accepted: rounds.filter((round) => round.accepted > place).length,
  }));
}

function sameAnswers({ plain, kangaroo, auto }: Sample): boolean {
  const expected = JSON.stringify(plain.answers);
  return [kangaroo, auto].every((played) => played === null || JSON.stringify(played.answers) === expected);
}

/** Nothing where one of the two gave a single token: there is no time to compare. */
function speedupOf({ plain }: Sample, played: PlayedConversation | null): number[] {
  const [before, after] = [totalRate([plain]), totalRate(played === null ? [] : [played])];
  return before === null || after === null ? [] : [after / before];
}

function totalRate(played: readonly PlayedConversation[]): number | null {
  const tokens = sum(played.map((one) => one.timedTokens));
  const seconds = sum(played.map((one) => one.ms)) / 1000;
  return tokens === 0 ? null : ratio(tokens, seconds);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
