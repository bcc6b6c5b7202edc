// Last phase: the adapter drafts in the real engine, on questions that it has not seen, side by side with plain decoding.
import type { MeasuredSpeeds } from '../../contract/adapters.ts';
import { defaultGenerationOptions, type DoneEvent, type DraftingMode, type Round } from '../../contract/engine.ts';
import type { NativeModel, NativeSession } from '../engine/addon.ts';
import { promptIds, promptStops } from '../engine/prompt.ts';
import { quantile, spread } from '../statistics.ts';
import { measuredTokens } from './estimate.ts';
import type { Gate } from './gate.ts';
import type { DraftingLimits } from './prediction.ts';

const modes: readonly DraftingMode[] = ['plain', 'kangaroo', 'auto'];

export interface Measuring {
  model: NativeModel;
  /** With the adapter. */
  session: NativeSession;
  questions: readonly string[];
  limits: DraftingLimits;
  gate: Gate;
  onProgress: (answers: number, total: number) => void;
}

export interface Measured {
  speeds: MeasuredSpeeds;
  acceptanceByPosition: number[];
  tokensPerRound: number;
}

/** Greedy, every question in every mode; which mode is first changes, so that a machine that gets busy is unfair to none. */
export async function measureSpeeds(measuring: Measuring): Promise<Measured> {
  const { questions, onProgress } = measuring;
  const speeds = new Map<DraftingMode, number[]>(modes.map((mode) => [mode, []]));
  const rounds: Round[] = [];
  let done = 0;
  for (const [index, question] of questions.entries()) {
    for (let turn = 0; turn < modes.length; turn++) {
      const mode = modes[(index + turn) % modes.length] ?? 'plain';
      const answer = await answerOnce(measuring, question, mode);
      speeds.get(mode)?.push(answer.done.stats.tokensPerSecond);
      if (mode === 'kangaroo') rounds.push(...answer.rounds);
      onProgress(++done, questions.length * modes.length);
    }
  }
  const of = (mode: DraftingMode) => speeds.get(mode) ?? [];
  const rate = (mode: DraftingMode) => quantile(of(mode), 0.5) ?? 0;
  const nothing = { median: 0, low: 0, high: 0 };
  const over = (mode: DraftingMode) =>
    spread(of(mode).map((speed, index) => speed / (of('plain')[index] || Infinity))) ?? nothing;
  const [always, automatic] = [over('kangaroo'), over('auto')];
  return {
    speeds: {
      plainTokensPerSecond: rate('plain'),
      kangarooTokensPerSecond: rate('kangaroo'),
      autoTokensPerSecond: rate('auto'),
      kangarooSpeedup: always.median,
      autoSpeedup: automatic.median,
      kangarooSpeedupQuartiles: [always.low, always.high],
      autoSpeedupQuartiles: [automatic.low, automatic.high],
      questions: questions.length,
    },
    ...acceptanceOf(rounds),
  };
}

async function answerOnce({ model, session, limits, gate }: Measuring, question: string, mode: DraftingMode) {
  const prompt = { kind: 'messages' as const, messages: [{ role: 'user' as const, content: question }] };
  const ids = promptIds(model, prompt);
  const options = {
    ...defaultGenerationOptions,
    ...limits,
    mode,
    promptLookup: false,
    maxTokens: Math.min(measuredTokens, session.contextSize - ids.length),
    stop: promptStops(model, prompt),
  };
  let rounds: Round[] = [];
  const done: DoneEvent = await gate.run(
    () => {
      rounds = [];
      session.reset();
      const result = session.generate(ids, options, (events) => {
        for (const event of events) if (event.type === 'round') rounds.push(event);
      });
      return { result, stop: () => session.cancel() };
    },
    ({ reason }) => reason === 'cancelled',
  );
  return { done, rounds };
}

/** Of drafts that were verified; a draft behind a rejected one counts as rejected. */
export function acceptanceOf(rounds: readonly Round[]): Pick<Measured, 'acceptanceByPosition' | 'tokensPerRound'> {
  const drafting = rounds.filter(({ drafts }) => drafts.length > 0);
  const longest = Math.max(0, ...drafting.map(({ drafts }) => drafts.length));
  const acceptanceByPosition = Array.from({ length: longest }, (_, place) => {
    const verified = drafting.filter(({ drafts }) => drafts.length > place);
    return verified.filter(({ accepted }) => accepted > place).length / verified.length;
  });
  const tokens = drafting.reduce((sum, { accepted }) => sum + accepted + 1, 0);
  return { acceptanceByPosition, tokensPerRound: drafting.length > 0 ? tokens / drafting.length : 0 };
}
