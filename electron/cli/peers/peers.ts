// `npm run bench:peers`: our engine, node-llama-cpp and llama.cpp's own drafters, side by side in one run.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { defaultGenerationOptions } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import { flag, integer, text, texts, usageError, type OptionValues, type ParsedArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { modelPaths, openModel, type OpenModel } from '../model.ts';
import { commonOptions, lengthOptions, modelOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { limitPerCategory, readPromptFile } from '../prompts.ts';
import { ensureDriver } from './build-driver.ts';
import { drawPeers } from './chart.ts';
import { writeSection } from './document.ts';
import { ensureDrafter, NoDrafter } from './drafter.ts';
import { startFamilies, type Families } from './families.ts';
import { playTasks, type Turn } from './play.ts';
import { formatPeers, type PeersResult } from './report.ts';
import { peersOption, roster, type Peer } from './roster.ts';
import { summarizeSets } from './summary.ts';
import { prepareTasks, type Prepared, type PromptSet } from './tasks.ts';

const { model, adapter, context, threads, gpuLayers } = modelOptions;

const options = {
  peers: peersOption(),
  prompts: texts({
    valueName: 'FILE',
    help: 'JSON Lines, as for bench; more than once: a table for each',
    defaultText: 'assets/prompts/simple.jsonl and repeat.jsonl',
  }),
  model,
  adapter,
  draftModel: text({
    valueName: 'FILE',
    help: 'The model that peers with a second model draft with, GGUF',
    defaultText: 'our own drafter, written as a model',
  }),
  context,
  threads,
  gpuLayers,
  ...lengthOptions,
  repeat: integer({ help: 'How often every prompt is played on every peer', fallback: 3, minimum: 1, maximum: 1000 }),
  limit: integer({
    help: 'At most N prompts of each category',
    fallback: undefined,
    defaultText: 'all',
    minimum: 1,
    maximum: 1_000_000,
  }),
  markdown: flag('Print the tables as Markdown'),
  write: flag('Put the tables into docs/benchmarks.md, and a picture beside it'),
  ...commonOptions,
};

export const peersCommand: Command<typeof options> = {
  name: 'peers',
  summary: 'Measure against node-llama-cpp and llama.cpp',
  usage: '[options]',
  description:
    "Answers every prompt greedily on every peer: the same model file, token ids, threads and length. The peers take turns, prompt by prompt; each family's " +
    'libraries run in a process of their own, and only one computes at a time. Every answer is compared token by token with our plain one.\n\n' +
    'tokens/s: tokens after the first of each answer, over the time from the first token to the last. Ratios: medians and quartiles over prompts and ' +
    'repeats. Exit code 1 when an answer of our own differs from our plain one.\n\n' +
    'With --json: {"type":"peer","set",…} for each set and peer, {"type":"difference",…} for each answer that differs, {"type":"facts",…}.',
  options,
  run,
};

type Values = OptionValues<typeof options>;

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  if (values.json && values.markdown) throw usageError('Only one of --json and --markdown is possible.');
  const { root, output, signal } = context;
  const loadAverage = loadavg()[0] ?? 0;
  const sets = await readSets(values, root);
  const paths = await modelPaths(values, root);
  if (paths.adapter === null) throw new KangarooError('no-adapter', 'Drafting needs an adapter: give one with --adapter FILE.');
  const files = { modelPath: paths.model, adapterPath: paths.adapter };
  const drafter = await findDrafter(files, values, root);
  const driver = values.peers.some(({ family }) => family === 'llama.cpp')
    ? await ensureDriver(root, (line) => output.note(line))
    : null;
  const opened = await openModel(paths, { ...values, cacheType: 'f16' }, context);
  const prepared = await prepare(sets, opened, values, context).finally(() => opened.close());
  const { peers, leftOut } = choosePeers(values.peers, drafter);
  const { threads, contextSize } = prepared;
  const request = { ...files, drafterPath: drafter.path, contextSize, threads, gpuLayers: values.gpuLayers };
  const families = await startFamilies(peers, request, driver, context);
  const turns = await play(prepared, peers, families, values.repeat, context).finally(() => families.close());
  const { maxTokens, repeat } = values;
  const { name, fileType, parameters } = opened.model;
  const result: PeersResult = {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown CPU', cores: availableParallelism(), loadAverage },
    model: { name, fileType, parameters },
    settings: { threads, contextSize, maxTokens, repeat },
    sets: summarizeSets(turns, peers, families.parameters, prepared.skipped),
    leftOut,
  };
  if (values.json) writeObjects(result, turns, output);
  else output.text(`${formatPeers(result, values.markdown ? 'markdown' : 'aligned')}\n`);
  if (values.write) await writeDocuments(result, root);
  signal.throwIfAborted();
  return ownAnswersAgree(result, output);
}

async function readSets(values: Values, root: string): Promise<PromptSet[]> {
  const folder = join(root, 'assets', 'prompts');
  const files = values.prompts.length > 0 ? values.prompts : ['simple.jsonl', 'repeat.jsonl'].map((name) => join(folder, name));
  return Promise.all(
    files.map(async (file) => {
      const all = await readPromptFile(file);
      return {
        name: basename(file, '.jsonl'),
        conversations: values.limit === undefined ? all : limitPerCategory(all, values.limit),
      };
    }),
  );
}

/** The second model for those that need one, or why there is none. */
type FoundDrafter = { path: string } | { path: null; reason: string };

async function findDrafter(
  files: { modelPath: string; adapterPath: string },
  values: Values,
  root: string,
): Promise<FoundDrafter> {
  if (values.draftModel !== undefined) return { path: values.draftModel };
  if (!values.peers.some(({ needsDrafter }) => needsDrafter)) return { path: null, reason: 'no peer needs one' };
  try {
    return { path: await ensureDrafter(join(root, '.cache', 'peers'), files.modelPath, files.adapterPath) };
  } catch (error) {
    if (error instanceof NoDrafter) return { path: null, reason: error.message };
    throw error;
  }
}

function choosePeers(wanted: readonly Peer[], drafter: FoundDrafter): { peers: Peer[]; leftOut: PeersResult['leftOut'] } {
  if (drafter.path !== null) return { peers: [...wanted], leftOut: [] };
  const { reason } = drafter;
  return {
    peers: wanted.filter(({ needsDrafter }) => !needsDrafter),
    leftOut: wanted.filter(({ needsDrafter }) => needsDrafter).map((peer) => ({ peer, reason })),
  };
}

/** The tasks with our plain answers; and what our engine made of `--threads 0` and `--context 0`, for all. */
async function prepare(
  sets: readonly PromptSet[],
  opened: OpenModel,
  values: Values,
  { output, signal }: CommandContext,
): Promise<Prepared & { threads: number; contextSize: number }> {
  const session = await opened.openSession('plain');
  const prepared = await prepareTasks(sets, {
    session,
    encode: opened.encodeChat,
    options: { ...defaultGenerationOptions, mode: 'plain', temperature: 0, maxTokens: values.maxTokens },
    signal,
    onProgress: (fraction) => output.progress('Preparing', fraction),
  });
  const { threads, contextSize } = session;
  if (prepared.tasks.length > 0) return { ...prepared, threads, contextSize };
  throw new KangarooError('prompt-too-long', `None of the prompts fits the context of ${contextSize} tokens. Try --context.`);
}

async function play(
  { tasks }: Prepared,
  peers: readonly Peer[],
  { ask }: Families,
  repeat: number,
  { output, signal }: CommandContext,
): Promise<Turn[]> {
  try {
    const onProgress = (fraction: number) => output.progress('Measuring', fraction);
    return await playTasks(tasks, { peers, repeat, ask, signal, onProgress });
  } catch (error) {
    signal.throwIfAborted(); // the children were killed, which is no error of theirs
    throw error;
  }
}

function writeObjects({ sets, leftOut, ...facts }: PeersResult, turns: readonly Turn[], output: Output): void {
  for (const { set, peers } of sets) for (const peer of peers) output.object({ type: 'peer', set, ...peer });
  for (const { set, task, answers } of turns) {
    for (const [peer, { firstDifference: position }] of answers) {
      if (position !== null) output.object({ type: 'difference', set, task, peer, position });
    }
  }
  const missing = leftOut.map(({ peer, reason }) => ({ peer: peer.name, reason }));
  output.object({ type: 'facts', ...facts, leftOut: missing });
}

async function writeDocuments(result: PeersResult, root: string): Promise<void> {
  const picture = 'benchmarks-peers.svg';
  const image = `![Decoding speed of every peer over our own plain decoding; the tables below hold the figures](${picture})`;
  await writeSection(join(root, 'docs', 'benchmarks.md'), `${image}\n\n${formatPeers(result, 'markdown')}`);
  const { model, machine, settings } = result;
  const conditions = `${model.name}, ${model.fileType}, greedy; ${machine.cpu}, threads: ${settings.threads}`;
  await writeFile(join(root, 'docs', picture), drawPeers(result.sets, conditions));
}

/** A peer's other tokens are a finding; our own would be a fault. */
function ownAnswersAgree({ sets }: PeersResult, output: Output): boolean {
  const own = new Set(roster.filter(({ family }) => family === 'kangaroo-chat').map(({ name }) => name));
  const faults = sets.flatMap(({ peers }) => peers.filter(({ name, identical, tasks }) => own.has(name) && identical < tasks));
  for (const { label, identical, tasks } of faults) {
    output.note(
      `${tasks - identical} of ${tasks} answers of our ${label} differ from plain decoding's: see \`kangaroo verify\`.`,
    );
  }
  return faults.length === 0;
}
