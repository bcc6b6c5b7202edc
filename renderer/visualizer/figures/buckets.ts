// Many rounds in few columns: what a chart draws of 10,000 of them. Pure.
import { prefixSums } from '../../../electron/contract/bootstrap.ts';
import { movingSpeed } from './speed.ts';
import type { Trace } from './trace.ts';

/** Sums over the rounds `[from, to)`. */
export interface Bucket {
  from: number;
  to: number;
  draftMs: number;
  verifyMs: number;
  /** Tokens gained, by where they come from. */
  drafted: number;
  copied: number;
  own: number;
  /** Of the rounds whose baseline is known: what plain decoding would have taken for as many tokens, and what they took. */
  plainMs: number;
  timesMs: number;
  /** Mean of the moving speed over plain decoding (`movingSpeed`): single rounds jump about 1. NaN: not known. */
  pace: number;
}

/** Columns of a trace, made once, from which any stretch of it is summed in no time. */
export interface Columns {
  length: number;
  sums: Record<keyof Omit<Bucket, 'from' | 'to'> | 'paced', Float64Array>;
}

export function columnsOf(trace: Trace): Columns {
  const { rounds, timesMs, tokens, stepMs } = trace;
  const copied = rounds.map(({ drafts, accepted }) => {
    let count = 0;
    for (let at = 0; at < accepted; at += 1) if (drafts[at]?.source === 'lookup') count += 1;
    return count;
  });
  const moving = movingSpeed(trace);
  return {
    length: rounds.length,
    sums: {
      draftMs: prefixSums(rounds.map((round) => round.draftMs)),
      verifyMs: prefixSums(rounds.map((round) => round.verifyMs)),
      drafted: prefixSums(rounds.map(({ accepted }, at) => accepted - (copied[at] ?? 0))),
      copied: prefixSums(copied),
      own: prefixSums(rounds.map(() => 1)),
      plainMs: prefixSums(tokens.map((count, at) => count * (stepMs[at] || 0))),
      timesMs: prefixSums(timesMs.map((ms, at) => (Number.isNaN(stepMs[at]) ? 0 : ms))),
      pace: prefixSums(moving.map((pace) => pace || 0)),
      paced: prefixSums(moving.map((pace) => (Number.isNaN(pace) ? 0 : 1))),
    },
  };
}

export function bucketOf({ sums }: Columns, from: number, to: number): Bucket {
  const over = (values: Float64Array) => (values[to] ?? 0) - (values[from] ?? 0);
  return {
    from,
    to,
    draftMs: over(sums.draftMs),
    verifyMs: over(sums.verifyMs),
    drafted: over(sums.drafted),
    copied: over(sums.copied),
    own: over(sums.own),
    plainMs: over(sums.plainMs),
    timesMs: over(sums.timesMs),
    pace: over(sums.pace) / over(sums.paced),
  };
}

/**
 * The rounds `[from, to)` in at most `most` buckets of equally many rounds. Where buckets hold several, they begin at
 * multiples of their length, so that scrolling moves them and does not mix them anew.
 */
export function bucketsOf(columns: Columns, from: number, to: number, most: number): Bucket[] {
  const [first, end] = [Math.max(0, Math.floor(from)), Math.min(columns.length, Math.ceil(to))];
  if (end <= first || most < 1) return [];
  const per = Math.max(1, Math.ceil((end - first) / most));
  const buckets: Bucket[] = [];
  for (let at = first - (first % per); at < end; at += per) {
    buckets.push(bucketOf(columns, Math.max(0, at), Math.min(columns.length, at + per)));
  }
  return buckets;
}
