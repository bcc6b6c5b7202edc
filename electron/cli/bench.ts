// `kangaroo bench`: plain decoding, Kangaroo and automatic drafting side by side in one process, on real prompts.
import { availableParallelism, cpus } from 'node:os';
import type { DraftingMode } from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';
import type { NativeSession } from '../core/engine/addon.ts';
import { choices, flag, integer, text, usageError, type OptionValues, type ParsedArguments } from './arguments.ts';
import { gridSettings } from './bench-grid.ts';
import { playBenchmark } from './bench-play.ts';
import { formatReport, type BenchmarkResult } from './bench-report.ts';
import { summarize, summarizeByCategory } from './bench-summary.ts';
import type { Command, CommandContext } from './command.ts';
import { modelPaths, openModel, type OpenModel } from './model.ts';
import { commonOptions, draftingOptions, greedyOptions, lengthOptions, modelOptions } from './options.ts';
import type { Output } from './output.ts';
import { limitPerCategory, readPromptFile, type Conversation } from './prompts.ts';

const options = {
  prompts: text({
    valueName: 'FILE',
    help: 'JSON Lines: {"category","turns":[…]} (Spec-Bench), {"messages":[…]} or {"prompt"}; needed',
  }),
  ...modelOptions,
  ...draftingOptions,
  ...lengthOptions,
  modes: choices({
    choices: ['plain', 'kangaroo', 'auto'],
    help: 'What is measured, commas between; plain always is',
    defaultText: 'all; without an adapter plain,auto',
  }),
  grid: flag('Measure fixed settings besides: thresholds 0.3, 0.6, 0.9 with at most 1, 2, 4, 6 drafts'),
  repeat: integer({ help: 'How often every prompt is played in each mode', fallback: 3, minimum: 1, maximum: 1000 }),
  limit: integer({
    help: 'At most N prompts of each category',
    fallback: undefined,
    defaultText: 'all',
    minimum: 1,
    maximum: 1_000_000,
  }),
  markdown: flag('Print the tables as Markdown'),
  ...commonOptions,
};

export const benchCommand: Command<typeof options> = {
  name: 'bench',
  summary: 'Measure plain decoding against drafting',
  usage: '--prompts FILE [options]',
  description:
    'Answers every prompt greedily in every mode; they alternate in one process after a warm-up, and who is first changes with every repeat. ' +
    'Turns of a conversation are played one after the other, each answer entering the history. The eight MT-bench categories of ' +
    'Spec-Bench count as one task. Prompts that do not fit the context are skipped and counted.\n\n' +
    'tokens/s: tokens after the first of each answer, over the time from the end of the prompt. speedup: median and quartiles over ' +
    "prompts and repeats of the ratio to plain decoding. paused: the share of automatic drafting's rounds during which it did not pay. copies accepted: its drafts that were copied from the conversation. overhead: the share of the rounds' time outside graph computation (CPU only). " +
    'With --grid: the speedup of every fixed setting, the best of them (chosen with hindsight, per category), and automatic drafting over plain decoding and over that best one. ' +
    'Costs (draftStepMs, verifyMs for 1 to 8 rows) are medians in milliseconds.\n\n' +
    'With --json: {"type":"category",…} for each, {"type":"overall",…}, {"type":"costs",…}.',
  options,
  run,
};

type Values = OptionValues<typeof options>;

const measuredRows = 8;
const measuredDepth = 128;
const measureRepeat = 15;
/** Enough for every width of a 7B model on two cores. */
const measureBudgetMs = 120_000;

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  if (values.prompts === undefined) throw usageError('--prompts FILE is needed.');
  if (values.json && values.markdown) throw usageError('Only one of --json and --markdown is possible.');
  const all = await readPromptFile(values.prompts);
  const conversations = values.limit === undefined ? all : limitPerCategory(all, values.limit);
  const paths = await modelPaths(values, context.root);
  if (paths.adapter === null && (values.grid || values.modes?.includes('kangaroo'))) {
    const message = 'Drafting always needs an adapter: give one with --adapter FILE, or measure --modes plain,auto.';
    throw new KangarooError('no-adapter', message);
  }
  const opened = await openModel(paths, values, context);
  try {
    const result = await measure(conversations, opened, values, context);
    if (values.json) writeObjects(result, context.output);
    else context.output.text(`${formatReport(result, values.markdown ? 'markdown' : 'aligned')}\n`);
    return true;
  } finally {
    await opened.close();
  }
}

async function measure(
  conversations: readonly Conversation[],
  opened: OpenModel,
  values: Values,
  context: CommandContext,
): Promise<BenchmarkResult> {
  const session = await opened.openSession('drafting');
  const modes = modesOf(values, opened);
  const { samples, shortages } = await playBenchmark(conversations, {
    session,
    encode: opened.encodeChat,
    modes,
    grid: values.grid ? gridSettings : [],
    options: greedyOptions(values, opened.stops({ kind: 'messages', messages: [] })),
    repeat: values.repeat,
    signal: context.signal,
    onProgress: (fraction) => context.output.progress('Measuring', fraction),
  });
  if (samples.length === 0) {
    throw new KangarooError(
      'prompt-too-long',
      `None of the prompts fits the context of ${session.contextSize} tokens. Try --context.`,
    );
  }
  const { threshold, maxDraft, maxTokens, repeat, noLookup } = values;
  const { contextSize } = session;
  return {
    date: new Date().toISOString(),
    machine: machine(session, opened),
    model: opened.model,
    adapter: opened.adapter,
    settings: { modes, threshold, maxDraft, maxTokens, repeat, contextSize, promptLookup: !noLookup },
    categories: summarizeByCategory(samples, shortages),
    overall: summarize(samples, shortages),
    costs: await session.measure({
      maxRows: measuredRows,
      repeat: measureRepeat,
      depth: Math.min(measuredDepth, Math.floor(session.contextSize / 2)),
      budgetMs: measureBudgetMs,
    }),
  };
}

/** Plain decoding is what the others are measured against. */
function modesOf({ modes: asked }: Values, { adapter }: OpenModel): DraftingMode[] {
  const modes = asked ?? (adapter === null ? ['auto'] : ['kangaroo', 'auto']);
  return modes.includes('plain') ? modes : ['plain', ...modes];
}

function machine(session: NativeSession, opened: OpenModel) {
  const [processor] = cpus();
  return {
    cpu: processor?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    threads: session.threads,
    devices: opened.devices,
  };
}

function writeObjects(result: BenchmarkResult, output: Output): void {
  const { categories, overall, costs, date, machine: measuredOn, model, adapter, settings } = result;
  for (const category of categories) output.object({ type: 'category', ...category });
  const { name, fileType, parameters, layers } = model;
  const modelFacts = { name, fileType, parameters, layers };
  output.object({
    type: 'overall',
    ...overall,
    date,
    machine: measuredOn,
    model: modelFacts,
    adapter: adapter && { name: adapter.name, exitLayer: adapter.exitLayer },
    settings,
  });
  const { draftStepMs, verifyMs, ...others } = costs;
  output.object({ type: 'costs', draftStepMs, verifyMs, ...others });
}
