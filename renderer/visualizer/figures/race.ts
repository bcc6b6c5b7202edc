// An answer's replay at its true speed beside plain decoding, which gives the same tokens one step at a time. Pure.
import type { Round } from '../../../electron/contract/engine.ts';

export interface Race {
  /** When each token of the answer was there, milliseconds from the end of the prompt; the prompt's own token at 0. */
  draftedMs: Float64Array;
  /** When plain decoding would have had it. */
  plainMs: Float64Array;
  /** Where each token's text ends in the answer's. */
  textEnds: Uint32Array;
  text: string;
}

/** `rounds`: all of the answer's, the prompt's own token's included; `stepMs`: of plain decoding. */
export function raceOf(rounds: readonly Round[], stepMs: number): Race {
  const [drafted, plain, ends]: [number[], number[], number[]] = [[], [], []];
  let [ms, text, steps] = [0, '', 0];
  for (const { rows, draftMs, verifyMs, pieces } of rounds) {
    ms += draftMs + verifyMs;
    for (const piece of pieces) {
      // The prompt's pass brings the first token to both.
      if (rows > 0) steps += 1;
      text += piece.text;
      drafted.push(ms);
      plain.push(steps * stepMs);
      ends.push(text.length);
    }
  }
  return { draftedMs: Float64Array.from(drafted), plainMs: Float64Array.from(plain), textEnds: Uint32Array.from(ends), text };
}

/** How many values are at most `limit`, in ascending ones. */
export function countUpTo(ascending: ArrayLike<number>, limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** When both have ended. */
export function raceLength({ draftedMs, plainMs }: Race): number {
  return Math.max(draftedMs.at(-1) ?? 0, plainMs.at(-1) ?? 0);
}
