// What the benchmark's samples come to, per category and overall. Nothing is left out because it looks bad.
import type { Round } from '../contract/engine.ts';
import { summarizeGrid, type GridSummary } from './bench-grid.ts';
import type { Sample, Shortage } from './bench-play.ts';
import { copiesOf, hostOverhead, speedsOver, sum, totalRate, type Copies, type HostOverhead } from './bench-speed.ts';
import { ratio, spread, type Spread } from '../core/statistics.ts';

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
  /** `auto`'s; null where it was not measured. */
  copies: Copies | null;
  hostOverhead: { plain: HostOverhead | null; kangaroo: HostOverhead | null; auto: HostOverhead | null };
  grid: GridSummary | null;
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
  const plain = samples.map((sample) => sample.plain);
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
    plainTokensPerSecond: totalRate(plain),
    kangarooTokensPerSecond: totalRate(kangaroo),
    speedup: spread(samples.flatMap((sample) => speedsOver(sample.plain, sample.kangaroo))),
    tokensPerRound: ratio(accepted + rounds.length, rounds.length),
    acceptanceRate: ratio(accepted, drafted),
    acceptanceByPosition: acceptanceByPosition(rounds),
    autoTokensPerSecond: totalRate(auto),
    autoSpeedup: spread(samples.flatMap((sample) => speedsOver(sample.plain, sample.auto))),
    autoPausedShare: ratio(autoRounds.filter((round) => round.paused).length, autoRounds.length),
    copies: auto.length === 0 ? null : copiesOf(autoRounds),
    hostOverhead: { plain: hostOverhead(plain), kangaroo: hostOverhead(kangaroo), auto: hostOverhead(auto) },
    grid: summarizeGrid(samples),
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

function sameAnswers({ plain, kangaroo, auto, grid }: Sample): boolean {
  const expected = JSON.stringify(plain.answers);
  return [kangaroo, auto, ...grid].every((played) => played === null || JSON.stringify(played.answers) === expected);
}
