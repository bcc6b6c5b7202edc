// `kangaroo verify`: proves on this machine that drafting, always or automatic, does not change greedy answers.
import type { DraftingMode } from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';
import { choice, text, usageError, type OptionValues, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { compareConversation, type Difference } from './compare.ts';
import { modelPaths, openModel, type OpenModel } from './model.ts';
import { commonOptions, draftingOptions, greedyOptions, lengthOptions, modelOptions } from './options.ts';
import { readPromptFile, type Conversation } from './prompts.ts';

const options = {
  prompts: text({ valueName: 'FILE', help: 'JSON Lines: {"turns":[…]} (Spec-Bench), {"messages":[…]} or {"prompt"}; needed' }),
  ...modelOptions,
  mode: choice({
    choices: ['kangaroo', 'auto'],
    help: 'What is compared with plain decoding: drafting always, or while it pays',
    fallback: undefined,
    defaultText: 'kangaroo with an adapter, auto without',
  }),
  ...draftingOptions,
  ...lengthOptions,
  ...commonOptions,
};

export const verifyCommand: Command<typeof options> = {
  name: 'verify',
  summary: 'Check that drafting leaves greedy answers as they are',
  usage: '--prompts FILE [options]',
  description:
    'Answers every prompt twice, greedily: by plain decoding and by drafting and verifying. Exit code 1 when any token differs.\n\n' +
    'Without an adapter, automatic drafting copies its drafts from the conversation; --no-lookup leaves copies out.\n\n' +
    'With --json one object: {"prompts","identical","differences":[{"index","position","plainId","kangarooId","logitGap"}]}.\n' +
    'drafted, accepted, copied, copiedAccepted: how many drafts there were to be wrong about, and those of them that were copied. mode: the one that was compared, kangarooId: its token; index: place in the file; position: place in the answer, both from 0. logitGap: how much plain decoding preferred its token; ' +
    'close to 0, two tokens were as good as equal. Prompts that do not fit the context are skipped and counted.',
  options,
  run,
};

interface Totals {
  /** Conversations of which at least one answer was compared. */
  prompts: number;
  identical: number;
  differences: Difference[];
  /** Conversations of which no answer, or not every one, could be compared: too long for the context. */
  skipped: number;
  shortened: number;
  tokens: number;
  /** Drafts of all answers that were compared; of these, the copies. */
  drafted: number;
  accepted: number;
  copied: number;
  copiedAccepted: number;
  contextSize: number;
}

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  if (values.prompts === undefined) throw usageError('--prompts FILE is needed.');
  const conversations = await readPromptFile(values.prompts);
  const paths = await modelPaths(values, context.root);
  const mode = values.mode ?? (paths.adapter === null ? 'auto' : 'kangaroo');
  if (paths.adapter === null && (mode === 'kangaroo' || values.noLookup)) {
    const message =
      'There is nothing to draft with: give an adapter with --adapter FILE, or compare --mode auto with its copies.';
    throw new KangarooError('no-adapter', message);
  }
  const opened = await openModel(paths, values, context);
  try {
    const totals = await compareAll(conversations, opened, mode, values, context);
    const { prompts, identical, differences, ...others } = totals;
    if (prompts === 0) {
      throw new KangarooError(
        'prompt-too-long',
        `None of the prompts fits the context of ${totals.contextSize} tokens. Try --context.`,
      );
    }
    context.output.object({ prompts, identical, differences, mode, ...others });
    context.output.text(`${report(totals, mode, opened)}\n`);
    return differences.length === 0;
  } finally {
    await opened.close();
  }
}

async function compareAll(
  conversations: readonly Conversation[],
  opened: OpenModel,
  mode: DraftingMode,
  values: OptionValues<typeof options>,
  context: CommandContext,
): Promise<Totals> {
  const comparing = {
    plain: await opened.openSession('plain'),
    kangaroo: await opened.openSession('drafting'),
    encode: opened.encodeChat,
    mode,
    options: greedyOptions(values, opened.stops({ kind: 'messages', messages: [] })),
    signal: context.signal,
  };
  const totals: Totals = {
    prompts: 0,
    identical: 0,
    differences: [],
    skipped: 0,
    shortened: 0,
    tokens: 0,
    drafted: 0,
    accepted: 0,
    copied: 0,
    copiedAccepted: 0,
    contextSize: comparing.plain.contextSize,
  };
  for (const [done, conversation] of conversations.entries()) {
    const comparison = await compareConversation(conversation, comparing);
    context.output.progress('Comparing', (done + 1) / conversations.length);
    if (comparison.turns === 0) {
      totals.skipped += 1;
      continue;
    }
    totals.prompts += 1;
    totals.tokens += comparison.tokens;
    totals.drafted += comparison.drafted;
    totals.accepted += comparison.accepted;
    totals.copied += comparison.copied;
    totals.copiedAccepted += comparison.copiedAccepted;
    if (comparison.tooLong) totals.shortened += 1;
    if (comparison.difference === null) totals.identical += 1;
    else totals.differences.push(comparison.difference);
  }
  return totals;
}

function report(totals: Totals, mode: DraftingMode, opened: OpenModel): string {
  const { drafted, accepted, copied, copiedAccepted } = totals;
  const lines = [
    `${totals.identical} of ${totals.prompts} prompts: identical, ${totals.tokens} tokens compared.`,
    `${accepted} of ${drafted} drafts accepted; of the copies among them, ${copiedAccepted} of ${copied}.`,
  ];
  for (const { index, turn, position, plainId, kangarooId, logitGap } of totals.differences) {
    const gap = logitGap === null ? '' : `, logit gap ${logitGap.toFixed(4)}`;
    const where = `prompt ${index}${turn === 0 ? '' : `, answer ${turn}`}, token ${position}`;
    lines.push(`  ${where}: plain ${show(plainId, opened)}, ${mode} ${show(kangarooId, opened)}${gap}`);
  }
  if (totals.skipped > 0) lines.push(`${totals.skipped} skipped: longer than the context of ${totals.contextSize} tokens.`);
  if (totals.shortened > 0) lines.push(`${totals.shortened} compared only in part: a later turn is longer than the context.`);
  return lines.join('\n');
}

function show(id: number | null, opened: OpenModel): string {
  return id === null ? 'had ended' : `${id} ${JSON.stringify(opened.text([id]))}`;
}
