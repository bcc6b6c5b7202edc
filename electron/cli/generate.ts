// `kangaroo generate`: one answer, streamed as text or as JSON lines of its prompt, its rounds and its end.
import {
  defaultGenerationOptions,
  type DoneEvent,
  type DraftingMode,
  type GenerationEvent,
  type GenerationOptions,
  type GenerationStats,
  type Prompt,
  type StopReason,
} from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';
import { choice, integerList, text, texts, usageError, type OptionValues, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { modelPaths, openModel, type OpenModel } from './model.ts';
import { commonOptions, draftingOptions, lengthOptions, modelOptions, samplingOptions } from './options.ts';
import type { Output } from './output.ts';
import { readMessagesFile } from './prompts.ts';

const options = {
  prompt: text({ valueName: 'TEXT', help: "A user's message, put through the model's chat template" }),
  raw: text({ valueName: 'TEXT', help: 'Text to continue as it is, without chat template', allowEmpty: true }),
  messages: text({ valueName: 'FILE', help: 'A chat to answer: JSON array of {"role","content"}, the last one the user\'s' }),
  tokens: integerList({ valueName: 'IDS', help: 'Token ids to continue, such as 1,2,3' }),
  ...modelOptions,
  mode: choice({
    choices: ['plain', 'kangaroo', 'auto'],
    help: 'Token by token; drafting and verifying; or drafting only while that pays',
    fallback: undefined,
    defaultText: 'kangaroo with an adapter, plain without',
  }),
  ...draftingOptions,
  ...lengthOptions,
  stop: texts({ valueName: 'TEXT', help: 'End before this text; may be given more than once' }),
  ...samplingOptions,
  ...commonOptions,
};

type Values = OptionValues<typeof options>;

export const generateCommand: Command<typeof options> = {
  name: 'generate',
  summary: 'Answer one prompt',
  usage: '[options] (--prompt TEXT | --raw TEXT | --messages FILE | --tokens IDS)',
  description:
    'Writes the answer to stdout as it comes, and one line of figures to stderr. Ctrl-C ends the answer within one round.\n\n' +
    'With --json: {"type":"prompt",…} once, {"type":"round",…} for each round, {"type":"done",…} last.\n' +
    'Times are milliseconds (promptMs, draftMs, verifyMs, ms); confidence and acceptanceRate are 0 to 1. With --mode auto: discarded\n' +
    'counts drafts that were not worth verifying, paused says that drafting does not pay at present, expectedSpeedup by how much.',
  options,
  run,
};

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const prompt = await readPrompt(values);
  const paths = await modelPaths(values, context.root);
  const mode = values.mode ?? (paths.adapter === null ? 'plain' : 'kangaroo');
  if (mode === 'kangaroo' && paths.adapter === null) {
    throw new KangarooError(
      'no-adapter',
      'Drafting needs an adapter: give one with --adapter FILE, or use --mode auto or plain.',
    );
  }
  const opened = await openModel(paths, values, context);
  try {
    if (prompt.kind === 'tokens') checkIds(prompt.tokenIds, opened.model.vocabularySize);
    const promptIds = opened.encode(prompt);
    if (promptIds.length === 0) throw usageError('The prompt has no tokens: give some text.');
    const generation = generationOptions(values, mode, [...values.stop, ...opened.stops(prompt)]);
    const done = await answer(opened, promptIds, generation, context);
    return done.reason !== 'cancelled';
  } finally {
    await opened.close();
  }
}

async function answer(
  opened: OpenModel,
  promptIds: Int32Array,
  generation: GenerationOptions,
  context: CommandContext,
): Promise<DoneEvent> {
  const { output, signal } = context;
  const session = await opened.openSession(generation.mode === 'plain' ? 'plain' : 'drafting');
  const cancel = () => session.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    const done = await session.generate(promptIds, generation, (events) => {
      for (const event of events) show(event, promptIds, output);
    });
    if (!output.json) {
      if (!done.text.endsWith('\n')) output.text('\n');
      output.note(summary(done));
    }
    return done;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function show(event: GenerationEvent, promptIds: Int32Array, output: Output): void {
  switch (event.type) {
    case 'prefill':
      output.progress('Reading the prompt', event.done / event.total, 'nothing');
      return;
    case 'prompt': {
      const { type, promptTokens, cachedTokens, promptMs, token, pieces } = event;
      output.object({ type, promptTokens, cachedTokens, promptMs, tokenIds: [...promptIds], token, pieces });
      output.text(pieces.map((piece) => piece.text).join(''));
      return;
    }
    case 'round': {
      const { type, drafts, accepted, token, draftMs, verifyMs, rows, mode, pieces } = event;
      const { discarded, paused, expectedSpeedup } = event;
      const round = { drafts, accepted, token, draftMs, verifyMs, rows, mode, pieces };
      output.object({ type, ...round, discarded, paused, expectedSpeedup });
      output.text(pieces.map((piece) => piece.text).join(''));
      return;
    }
    case 'done': {
      const { type, reason, tokenIds, stats } = event;
      output.object({ type, reason, tokenIds, text: event.text, stats: orderedStats(stats) });
    }
  }
}

/** The figures that are promised first, then the others. */
function orderedStats(stats: GenerationStats): Record<string, number | null> {
  const {
    promptTokens,
    cachedTokens,
    tokens,
    ms,
    tokensPerSecond,
    rounds,
    tokensPerRound,
    drafted,
    accepted,
    acceptanceRate,
    ...others
  } = stats;
  return {
    promptTokens,
    cachedTokens,
    tokens,
    ms,
    tokensPerSecond,
    rounds,
    tokensPerRound,
    drafted,
    accepted,
    acceptanceRate,
    ...others,
  };
}

const reasonTexts: Record<StopReason, string> = {
  'end-of-turn': 'the model ended its answer',
  'stop-text': 'a stop text came up',
  'max-tokens': 'the longest answer was reached (--max-tokens)',
  'context-full': 'the context is full (--context)',
  cancelled: 'cancelled',
};

/** One line for people. */
export function summary({ stats, reason }: Pick<DoneEvent, 'stats' | 'reason'>): string {
  const parts = [
    `${stats.tokens} tokens in ${(stats.ms / 1000).toFixed(2)} s`,
    `${stats.tokensPerSecond.toFixed(1)} tokens/s`,
    `prompt of ${stats.promptTokens} tokens in ${stats.promptMs.toFixed(0)} ms`,
  ];
  if (stats.drafted > 0) {
    const percent = (stats.acceptanceRate * 100).toFixed(0);
    parts.push(`${stats.tokensPerRound.toFixed(2)} tokens per round`, `${percent}% of ${stats.drafted} drafts accepted`);
  }
  if (stats.lookedUp > 0) {
    parts.push(`${stats.lookedUpAccepted} of ${stats.lookedUp} drafts copied from the text accepted`);
  }
  if (stats.pausedRounds > 0) {
    const percent = ((stats.pausedRounds / stats.rounds) * 100).toFixed(0);
    parts.push(`drafting paused in ${percent}% of the rounds, where it does not pay`);
  }
  return [...parts, reasonTexts[reason]].join(' · ');
}

async function readPrompt(values: Values): Promise<Prompt> {
  const { prompt, raw, messages, tokens } = values;
  const given = Object.entries({ prompt, raw, messages, tokens }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is given' : `given are ${given.map(([name]) => `--${name}`).join(' and ')}`;
    throw usageError(`Exactly one of --prompt, --raw, --messages and --tokens is needed; ${found}.`);
  }
  if (tokens !== undefined) return { kind: 'tokens', tokenIds: tokens };
  if (raw !== undefined) return { kind: 'raw', text: raw };
  if (messages !== undefined) return { kind: 'messages', messages: await readMessagesFile(messages) };
  return { kind: 'messages', messages: [{ role: 'user', content: prompt ?? '' }] };
}

function checkIds(ids: readonly number[], vocabularySize: number): void {
  const wrong = ids.find((id) => id >= vocabularySize);
  if (wrong !== undefined) throw usageError(`--tokens: the model has no token ${wrong}; its ids are 0 to ${vocabularySize - 1}.`);
}

function generationOptions(values: Values, mode: DraftingMode, stop: string[]): GenerationOptions {
  const { threshold, maxDraft, draftSampling, maxTokens } = values;
  const { temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, seed } = values;
  const sampling = { temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, seed };
  const drafting = { mode, threshold, maxDraft, draftSampling, promptLookup: !values.noLookup };
  return { ...defaultGenerationOptions, ...drafting, ...sampling, maxTokens, stop };
}
