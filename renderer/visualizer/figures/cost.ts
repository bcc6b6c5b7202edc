// Where the time went, and what verification of n rows cost: measured at load, and in the rounds themselves. Pure.
import type { Round } from '../../../electron/contract/engine.ts';
import type { AnswerTrace } from './trace.ts';

export interface TimeFigure {
  draftMs: number;
  verifyMs: number;
  /** Between rounds: text, events, sampling. Of the answers that have ended. */
  betweenMs: number;
  /** Of drafting and verifying, what is not graph computation: batches, cells, masks. Null where another device computes. */
  hostMs: number | null;
}

export function timesOf(answers: readonly AnswerTrace[]): TimeFigure {
  const times: TimeFigure = { draftMs: 0, verifyMs: 0, betweenMs: 0, hostMs: 0 };
  for (const { rounds, stats } of answers) {
    const own = { draftMs: 0, verifyMs: 0 };
    for (const round of rounds) {
      own.draftMs += round.draftMs;
      own.verifyMs += round.verifyMs;
    }
    times.draftMs += own.draftMs;
    times.verifyMs += own.verifyMs;
    if (!stats) continue;
    times.betweenMs += Math.max(0, stats.ms - own.draftMs - own.verifyMs);
    times.hostMs = times.hostMs === null || stats.computeMs === null ? null : times.hostMs + stats.roundsMs - stats.computeMs;
  }
  return times;
}

export interface RowsFigure {
  /** Rows of the verification pass. */
  rows: number;
  rounds: number;
  /** Median milliseconds of drafting and verifying together, and their quartiles. */
  medianMs: number;
  lowMs: number;
  highMs: number;
  /** Mean tokens that such a round gave. */
  tokens: number;
}

/** What rounds of each width cost and gave. */
export function byRows(rounds: readonly Round[]): RowsFigure[] {
  const widths = Map.groupBy(rounds, (round) => round.rows);
  return [...widths]
    .toSorted(([first], [second]) => first - second)
    .map(([rows, alike]) => {
      const times = alike.map(({ draftMs, verifyMs }) => draftMs + verifyMs).toSorted((first, second) => first - second);
      const at = (share: number) => quantile(times, share);
      const tokens = alike.reduce((sum, { accepted }) => sum + accepted + 1, 0) / alike.length;
      return { rows, rounds: alike.length, medianMs: at(0.5), lowMs: at(0.25), highMs: at(0.75), tokens };
    });
}

/** Between the two nearest of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return below + (above - below) * (place - Math.floor(place));
}
