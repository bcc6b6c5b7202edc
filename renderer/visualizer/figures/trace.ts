// The rounds that a figure is about, of one answer or of a whole chat, in columns that are quick to add up.
import type { Message } from '../../../electron/contract/chats.ts';
import type { Costs, GenerationStats, Round } from '../../../electron/contract/engine.ts';
import type { AnswerSettings } from '../../../electron/contract/settings.ts';
import { calibrationBaseline, plainBaseline, roundTimes, type PlainBaseline } from '../../../electron/contract/speedup.ts';

/** Where a plain step's time comes from: steps inside the answer, eight right after it, or the calibration at load. */
export type BaselineSource = 'inside' | 'after' | 'calibration';

export interface AnswerBaseline extends PlainBaseline {
  source: BaselineSource;
}

export interface AnswerTrace {
  messageId: string;
  /** The answer's place among the answers of its chat, from 1. */
  number: number;
  /** The round of the prompt's own token, which is no decoding round; null where it is not there. */
  first: Round | null;
  /** Decoding rounds. */
  rounds: readonly Round[];
  /** Milliseconds of each round; see `roundTimes`. */
  timesMs: readonly number[];
  baseline: AnswerBaseline | null;
  stats: GenerationStats | null;
  modelName: string | null;
  /** How it was asked for; null where that is not known. */
  settings: AnswerSettings | null;
}

export interface Trace {
  answers: readonly AnswerTrace[];
  /** Rounds of all answers, in order. */
  rounds: readonly Round[];
  /** Of each round: milliseconds, tokens gained, and milliseconds of a plain step (NaN where that is not known). */
  timesMs: Float64Array;
  tokens: Float64Array;
  stepMs: Float64Array;
  /** Where the answers begin among `rounds`. */
  starts: readonly number[];
}

export function traceAnswer(message: Message, rounds: readonly Round[], number: number, costs: Costs | null): AnswerTrace {
  const decoded = rounds.filter(({ rows }) => rows > 0);
  const timesMs = roundTimes(decoded);
  const { id, stats, modelName, answeredWith } = message;
  return {
    messageId: id,
    number,
    first: rounds.find(({ rows }) => rows === 0) ?? null,
    rounds: decoded,
    timesMs,
    baseline: baselineOf(decoded, timesMs, stats, costs),
    stats,
    modelName,
    settings: answeredWith?.settings ?? null,
  };
}

function baselineOf(
  decoded: readonly Round[],
  timesMs: readonly number[],
  stats: GenerationStats | null,
  costs: Costs | null,
): AnswerBaseline | null {
  const found = plainBaseline(decoded, timesMs, stats?.plainStepMs ?? null);
  if (found) return { ...found, source: found.insideMs.length > 0 ? 'inside' : 'after' };
  const calibrated = costs && calibrationBaseline(costs);
  return calibrated && { ...calibrated, source: 'calibration' };
}

export function joinTraces(answers: readonly AnswerTrace[]): Trace {
  const total = answers.reduce((sum, { rounds }) => sum + rounds.length, 0);
  const rounds: Round[] = [];
  const [timesMs, tokens, stepMs] = [new Float64Array(total), new Float64Array(total), new Float64Array(total)];
  const starts: number[] = [];
  for (const answer of answers) {
    starts.push(rounds.length);
    for (const [at, round] of answer.rounds.entries()) {
      const place = rounds.length;
      timesMs[place] = answer.timesMs[at] ?? 0;
      tokens[place] = round.accepted + 1;
      stepMs[place] = answer.baseline?.stepMs ?? Number.NaN;
      rounds.push(round);
    }
  }
  return { answers, rounds, timesMs, tokens, stepMs, starts };
}

/** Some of the answers were drawn by chance: there, a likely draft can be rejected. */
export const isSampled = (answers: readonly AnswerTrace[]) => answers.some(({ settings }) => (settings?.temperature ?? 0) > 0);
