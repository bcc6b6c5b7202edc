// Who each part of an answer comes from: the rounds' pieces as runs over the answer's text.
import type { Draft, Origin, Piece, Round } from '../../electron/contract/engine.ts';

/** As the page tells them apart: drafts of the first layers, drafts copied from the conversation, the model's full pass. */
export type ShownOrigin = Origin | 'copy';

/** Where the piece at a place of its round comes from: accepted drafts come first, one piece each. */
export function shownOrigin({ origin }: Piece, place: number, drafts: readonly Draft[]): ShownOrigin {
  return origin === 'draft' && drafts[place]?.source === 'lookup' ? 'copy' : origin;
}

/** `text.slice(start, end)` of the answer comes from `origin`. */
export interface OriginRun {
  start: number;
  end: number;
  origin: ShownOrigin;
}

/**
 * Runs in order; neighbours of one origin are joined. What was decoded plainly has no run: there was no draft to tell it from,
 * and a tint on everything says nothing.
 */
export function originRuns(rounds: readonly Round[]): OriginRun[] {
  const runs: OriginRun[] = [];
  let offset = 0;
  for (const round of rounds) {
    for (const [place, piece] of round.pieces.entries()) {
      if (piece.text === '') continue;
      const end = offset + piece.text.length;
      if (round.mode === 'plain' && round.rows > 0) {
        offset = end;
        continue;
      }
      const last = runs.at(-1);
      const origin = shownOrigin(piece, place, round.drafts);
      if (last?.origin === origin && last.end === offset) last.end = end;
      else runs.push({ start: offset, end, origin });
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
