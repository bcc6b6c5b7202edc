// How fast an answer was against the plain decoding steps inside it, which are of the same moment. Pure.
import type { ComparedAnswer } from './bootstrap.ts';
import type { Costs, Round } from './engine.ts';

/** Fewer plain steps make no baseline: as for `GenerationStats.plainStepMs`. */
const fewestPlainSteps = 8;
/** A round that takes this many times as long as others of its kind was held up by something else on the machine. */
const heldUp = 3;

const timeOf = (round: Round) => round.draftMs + round.verifyMs;
/** Rounds of one kind do the same work. */
const kindOf = ({ mode, rows, discarded }: Round) => `${mode} ${rows} ${discarded}`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second);
  const middle = sorted.length >> 1;
  const [below = 0, above = 0] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 0 ? (below + above) / 2 : above;
}

export interface PlainBaseline {
  /** What a plain decoding step took, milliseconds. */
  stepMs: number;
  /** The steps inside the rounds of which that is the mean; empty: it was given. */
  insideMs: number[];
  /** The middle half of the calibration's samples, milliseconds a step; null where it does not come from there. */
  quartilesMs: [number, number] | null;
}

/** Time of each decoding round, milliseconds; none counts for more than three times the median of its kind. */
export function roundTimes(decoded: readonly Round[]): number[] {
  const limits = new Map<string, number>();
  for (const [kind, alike] of Map.groupBy(decoded, kindOf)) limits.set(kind, heldUp * median(alike.map(timeOf)));
  return decoded.map((round) => Math.min(timeOf(round), limits.get(kindOf(round)) ?? Number.POSITIVE_INFINITY));
}

/**
 * The plain steps among the rounds; with fewer than eight, `plainStepMs` takes their place. Null where that is null too.
 * `decoded`: rounds with rows; `timesMs`: see `roundTimes`.
 */
export function plainBaseline(
  decoded: readonly Round[],
  timesMs: readonly number[],
  plainStepMs: number | null,
): PlainBaseline | null {
  // The first plain step after another kind of round runs on a graph that has left the processor's caches: it is no baseline.
  const isBaseline = (round: Round, at: number) => round.mode === 'plain' && (decoded[at - 1]?.mode ?? 'plain') === 'plain';
  const insideMs = timesMs.filter((_, at) => isBaseline(decoded[at] as Round, at));
  if (insideMs.length < fewestPlainSteps)
    return plainStepMs === null ? null : { stepMs: plainStepMs, insideMs: [], quartilesMs: null };
  return { stepMs: insideMs.reduce((sum, ms) => sum + ms, 0) / insideMs.length, insideMs, quartilesMs: null };
}

/** The step that was measured when the model was loaded; null where it could not be. */
export function calibrationBaseline({
  plainTokensPerSecond,
  plainTokensPerSecondQuartiles: [low, high],
}: Costs): PlainBaseline | null {
  if (plainTokensPerSecond <= 0) return null;
  const quartilesMs: [number, number] | null = low > 0 && high > 0 ? [1000 / high, 1000 / low] : null;
  return { stepMs: 1000 / plainTokensPerSecond, insideMs: [], quartilesMs };
}

/**
 * The time that plain decoding would have taken for as many tokens, over the time of all rounds. Means are compared with
 * means: over the median of its own steps, plain decoding itself would come out slow, the more so the busier the machine.
 * A single long step must not decide, so no round counts for more than three times the median of its kind.
 * With fewer than eight plain steps among the rounds, `plainStepMs` takes their place; null where that is null too.
 */
export function speedupInside(rounds: readonly Round[], plainStepMs: number | null = null): number | null {
  const compared = compare(rounds, plainStepMs, null);
  return compared && factorOf(compared);
}

/** An answer's rounds beside its baseline: the plain steps among them, else `plainStepMs`, else `calibrated`; null without any. */
export function compare(
  rounds: readonly Round[],
  plainStepMs: number | null,
  calibrated: PlainBaseline | null,
): ComparedAnswer | null {
  const decoded = rounds.filter((round) => round.rows > 0);
  const timesMs = roundTimes(decoded);
  const baseline = plainBaseline(decoded, timesMs, plainStepMs) ?? calibrated;
  return baseline && { tokens: decoded.map(({ accepted }) => accepted + 1), timesMs, baseline };
}

/** See `speedupInside`; null where nothing took any time. */
export function factorOf({ tokens, timesMs, baseline }: ComparedAnswer): number | null {
  const ms = sum(timesMs);
  return ms > 0 && baseline.stepMs ? (sum(tokens) * baseline.stepMs) / ms : null;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
