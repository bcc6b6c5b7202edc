// Speed over plain decoding: of answers, with its uncertainty; along the rounds; and where it was below 1. Pure.
import { prefixSums, speedupInterval, type ComparedAnswer, type Interval } from '../../../electron/contract/bootstrap.ts';
import type { Round } from '../../../electron/contract/engine.ts';
import type { AnswerTrace, Trace } from './trace.ts';

export interface SpeedFigure {
  /** Σ tokens · plain step / Σ time of the rounds, over the answers that have a baseline. */
  factor: number;
  /** 90%; null where there are too few rounds. */
  interval: Interval | null;
  /** Σ tokens · plain step − Σ time, milliseconds; negative: time lost. */
  savedMs: number;
  /** Answers that have a baseline, of all. */
  answers: number;
  of: number;
}

/** Null where no answer has a baseline. */
export function speedOf(answers: readonly AnswerTrace[]): SpeedFigure | null {
  const compared: ComparedAnswer[] = answers.flatMap(({ baseline, rounds, timesMs }) =>
    baseline && rounds.length > 0 ? [{ baseline, timesMs, tokens: rounds.map(({ accepted }) => accepted + 1) }] : [],
  );
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const plainMs = total(compared.map(({ tokens, baseline }) => total(tokens) * baseline.stepMs));
  const ms = total(compared.map(({ timesMs }) => total(timesMs)));
  if (ms <= 0) return null;
  return {
    factor: plainMs / ms,
    interval: speedupInterval(compared),
    savedMs: plainMs - ms,
    answers: compared.length,
    of: answers.length,
  };
}

/** Rounds that the moving figures look back and ahead on: eight on each side. */
export const movingReach = 8;

/** Over the rounds around each: tokens · plain step / time. NaN where the baseline is not known. Does not look across answers. */
export function movingSpeed(trace: Trace): Float64Array {
  const times = prefixSums(trace.timesMs);
  const plain = prefixSums(trace.tokens.map((tokens, at) => tokens * (trace.stepMs[at] || 0)));
  return overWindows(trace, (from, to) => {
    // A window lies in one answer, which has one baseline or none.
    if (Number.isNaN(trace.stepMs[from])) return Number.NaN;
    return ((plain[to] ?? 0) - (plain[from] ?? 0)) / ((times[to] ?? 0) - (times[from] ?? 0));
  });
}

/** Tokens per round over the rounds around each. */
export function movingTokens(trace: Trace): Float64Array {
  const tokens = prefixSums(trace.tokens);
  return overWindows(trace, (from, to) => ((tokens[to] ?? 0) - (tokens[from] ?? 0)) / (to - from));
}

function overWindows({ rounds, starts }: Trace, over: (from: number, to: number) => number): Float64Array {
  const values = new Float64Array(rounds.length);
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? rounds.length;
    for (let at = start; at < end; at += 1) {
      values[at] = over(Math.max(start, at - movingReach), Math.min(end, at + movingReach + 1));
    }
  }
  return values;
}

/** Further from 1 than this is called what it is: what is nearer, timing alone brings about. */
export const noise = 0.05;

export type Pace = 'faster' | 'same' | 'slower' | 'unknown';

export function paceOf(factor: number): Pace {
  if (!Number.isFinite(factor)) return 'unknown';
  return factor > 1 + noise ? 'faster' : factor < 1 - noise ? 'slower' : 'same';
}

/** Why it was slower there, as the rounds tell. */
export type SlowReason =
  | 'always' // drafting in every round was asked for
  | 'probing' // paused, with probes among the plain steps
  | 'paused' // plain steps only
  | 'drafting' // automatic drafting, before it knew better
  | 'copies' // drafts that were copied
  | 'plain'; // plain decoding was asked for: noise

export interface SlowStretch {
  /** Rounds `[from, to)` of the trace. */
  from: number;
  to: number;
  factor: number;
  /** Time lost against plain decoding, milliseconds. */
  lostMs: number;
  reason: SlowReason;
  /** What the policy expected of drafting there, on average over the rounds that say; null where none does. */
  expectedSpeedup: number | null;
}

/** Stretches of eight rounds or more during which the moving speed stayed below 1 − noise, those that lost most first. */
export function slowStretches(trace: Trace, moving: Float64Array = movingSpeed(trace)): SlowStretch[] {
  const found: SlowStretch[] = [];
  const starts = new Set(trace.starts);
  let from = -1;
  for (let at = 0; at <= trace.rounds.length; at += 1) {
    const slow = at < trace.rounds.length && paceOf(moving[at] ?? Number.NaN) === 'slower';
    const cut = starts.has(at);
    if (from >= 0 && (!slow || cut)) {
      if (at - from >= movingReach) found.push(stretchOf(trace, from, at));
      from = -1;
    }
    if (slow && from < 0) from = at;
  }
  return found.filter(({ factor }) => factor < 1).toSorted((first, second) => second.lostMs - first.lostMs);
}

function stretchOf(trace: Trace, from: number, to: number): SlowStretch {
  let [plainMs, ms] = [0, 0];
  for (let at = from; at < to; at += 1) {
    plainMs += (trace.tokens[at] ?? 0) * (trace.stepMs[at] ?? 0);
    ms += trace.timesMs[at] ?? 0;
  }
  const rounds = trace.rounds.slice(from, to);
  const expected = rounds.flatMap(({ expectedSpeedup }) => (expectedSpeedup === null ? [] : [expectedSpeedup]));
  return {
    from,
    to,
    factor: plainMs / ms,
    lostMs: ms - plainMs,
    reason: reasonOf(rounds),
    expectedSpeedup: expected.length === 0 ? null : expected.reduce((sum, value) => sum + value, 0) / expected.length,
  };
}

function reasonOf(rounds: readonly Round[]): SlowReason {
  const drafted = rounds.filter(({ mode }) => mode !== 'plain');
  const paused = rounds.filter((round) => round.paused).length > rounds.length / 2;
  if (paused) return drafted.length > 0 || rounds.some(({ discarded }) => discarded > 0) ? 'probing' : 'paused';
  if (drafted.length === 0) return 'plain';
  if (drafted.filter(({ mode }) => mode === 'lookup').length > drafted.length / 2) return 'copies';
  return rounds.some(({ expectedSpeedup }) => expectedSpeedup !== null) ? 'drafting' : 'always';
}
