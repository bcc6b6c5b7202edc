// Who each part of an answer comes from: the rounds' pieces as runs over the answer's text.
import type { Origin, Round } from '../../electron/contract/engine.ts';

/** `text.slice(start, end)` of the answer comes from `origin`. */
export interface OriginRun {
  start: number;
  end: number;
  origin: Origin;
}

/**
 * Runs in order; neighbours of one origin are joined. What was decoded plainly has no run: there was no draft to tell it from,
 * and a tint on everything says nothing.
 */
export function originRuns(rounds: readonly Round[]): OriginRun[] {
  const runs: OriginRun[] = [];
  let offset = 0;
  for (const round of rounds) {
    for (const piece of round.pieces) {
      if (piece.text === '') continue;
      const end = offset + piece.text.length;
      const last = runs.at(-1);
      if (round.mode === 'plain' && round.rows > 0) {
        offset = end;
        continue;
      }
      if (last?.origin === piece.origin && last.end === offset) last.end = end;
      else runs.push({ start: offset, end, origin: piece.origin });
      offset = end;
    }
  }
  return runs;
}

/** Index of the first run that ends behind `offset`. */
export function firstRunBehind(runs: readonly OriginRun[], offset: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.end ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
