// How fast an answer was against the plain decoding steps inside it, which are of the same moment. Pure.
import type { Round } from './engine.ts';

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

/**
 * The time that plain decoding would have taken for as many tokens, over the time of all rounds. Means are compared with
 * means: over the median of its own steps, plain decoding itself would come out slow, the more so the busier the machine.
 * A single long step must not decide, so no round counts for more than three times the median of its kind.
 * With fewer than eight plain steps among the rounds, `plainStepMs` takes their place; null where that is null too.
 */
export function speedupInside(rounds: readonly Round[], plainStepMs: number | null = null): number | null {
  const decoded = rounds.filter((round) => round.rows > 0);
  // The first plain step after another kind of round runs on a graph that has left the processor's caches: it is no baseline.
  const isBaseline = (round: Round, at: number) => round.mode === 'plain' && (decoded[at - 1]?.mode ?? 'plain') === 'plain';
  const enough = decoded.filter(isBaseline).length >= fewestPlainSteps;
  if (!enough && plainStepMs === null) return null;
  const limits = new Map<string, number>();
  for (const [kind, alike] of Map.groupBy(decoded, kindOf)) limits.set(kind, heldUp * median(alike.map(timeOf)));
  const totals = { tokens: 0, ms: 0, plainSteps: 0, plainMs: 0 };
  for (const [at, round] of decoded.entries()) {
    const ms = Math.min(timeOf(round), limits.get(kindOf(round)) ?? Number.POSITIVE_INFINITY);
    totals.tokens += round.accepted + 1;
    totals.ms += ms;
    if (!isBaseline(round, at)) continue;
    totals.plainSteps += 1;
    totals.plainMs += ms;
  }
  const { tokens, ms, plainSteps, plainMs } = totals;
  const stepMs = enough ? plainMs / plainSteps : plainStepMs;
  return ms > 0 && stepMs ? (tokens * stepMs) / ms : null;
}
