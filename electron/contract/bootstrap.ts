// How sure a measured speedup is: a block bootstrap over its rounds. Pure, and the same for the same rounds.

export interface Interval {
  low: number;
  high: number;
}

const resamples = 400;
/** The interval holds the middle 90% of the resamples. */
const tail = 0.05;
/** Fewer rounds than this tell nothing of their spread. */
const fewestRounds = 16;

/** An answer whose plain decoding step is known. */
export interface ComparedAnswer {
  /** Tokens and milliseconds of each decoding round. */
  tokens: readonly number[];
  timesMs: readonly number[];
  baseline: {
    /** Milliseconds of a plain decoding step. */
    stepMs: number;
    /** The steps inside the answer, milliseconds; else empty. */
    insideMs: readonly number[];
    /** The middle half of the calibration's samples, milliseconds a step; null where it does not come from there. */
    quartilesMs: readonly [number, number] | null;
  };
}

/**
 * Middle 90% of the factor over 400 resamples. In each, every answer is drawn anew from blocks of n^(1/3) consecutive rounds
 * (neighbours are alike: they share their text), and its baseline from its own plain steps; a baseline that comes from the
 * calibration is drawn evenly from the middle half of its samples, one from after the answer stays as it is.
 * Null with fewer than 16 rounds.
 */
export function speedupInterval(answers: readonly ComparedAnswer[]): Interval | null {
  const factors = redrawn(answers);
  if (!factors) return null;
  factors.sort();
  const at = (share: number) => factors[Math.round(share * (resamples - 1))] ?? Number.NaN;
  return { low: at(tail), high: at(1 - tail) };
}

/** Standard deviation of the factor over the same resamples; null with fewer than 16 rounds. */
export function speedupDeviation(answers: readonly ComparedAnswer[]): number | null {
  const factors = redrawn(answers);
  if (!factors) return null;
  const mean = factors.reduce((sum, factor) => sum + factor, 0) / resamples;
  return Math.sqrt(factors.reduce((sum, factor) => sum + (factor - mean) ** 2, 0) / (resamples - 1));
}

function redrawn(answers: readonly ComparedAnswer[]): Float64Array | null {
  const rounds = answers.reduce((sum, answer) => sum + answer.tokens.length, 0);
  if (rounds < fewestRounds) return null;
  const random = randomFrom(rounds);
  const parts = answers.map((answer) => ({
    answer,
    times: prefixSums([...answer.timesMs, ...answer.timesMs]),
    tokens: prefixSums([...answer.tokens, ...answer.tokens]),
  }));
  const factors = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample += 1) {
    let [plainMs, ms] = [0, 0];
    for (const { answer, times, tokens } of parts) {
      const count = answer.tokens.length;
      const block = Math.max(1, Math.round(Math.cbrt(count)));
      let gained = 0;
      for (let drawn = 0; drawn < count; drawn += block) {
        const length = Math.min(block, count - drawn);
        const from = Math.floor(random() * count); // blocks go on at the beginning: the columns stand there twice
        ms += (times[from + length] ?? 0) - (times[from] ?? 0);
        gained += (tokens[from + length] ?? 0) - (tokens[from] ?? 0);
      }
      plainMs += gained * drawStep(answer, random);
    }
    factors[sample] = plainMs / ms;
  }
  return factors;
}

function drawStep({ baseline: { insideMs, quartilesMs, stepMs } }: ComparedAnswer, random: () => number): number {
  if (insideMs.length > 0) {
    let sum = 0;
    for (let drawn = 0; drawn < insideMs.length; drawn += 1) sum += insideMs[Math.floor(random() * insideMs.length)] ?? 0;
    return sum / insideMs.length;
  }
  if (!quartilesMs) return stepMs;
  return quartilesMs[0] + random() * (quartilesMs[1] - quartilesMs[0]);
}

/** mulberry32: a small generator is enough here, and the interval must not flicker from one look to the next. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Sums up to each place: `sums[to] - sums[from]` is the sum over `[from, to)`. */
export function prefixSums(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let at = 0; at < values.length; at += 1) sums[at + 1] = (sums[at] ?? 0) + (values[at] ?? 0);
  return sums;
}
