// `kangaroo train`: an adapter for any model, from what the model itself writes. Ctrl-C pauses; --resume goes on.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { TrainingPhase } from '../contract/adapters.ts';
import { KangarooError } from '../contract/errors.ts';
import type { TrainingEvent, TrainingPlan } from '../contract/training.ts';
import { asDiskFull } from '../core/adapters/disk.ts';
import { trainingTokens } from '../core/adapters/estimate.ts';
import { Gate } from '../core/adapters/gate.ts';
import { trainAdapter } from '../core/adapters/pipeline.ts';
import { bundledQuestions, readQuestions } from '../core/adapters/questions.ts';
import { speedsSchema } from '../core/adapters/training-speeds.ts';
import { loadAddon } from '../core/engine/addon.ts';
import { readModelFile } from '../core/models/gguf/files.ts';
import { lockFolder } from '../core/paths.ts';
import { writeAtomically } from '../core/write-atomically.ts';
import { flag, integer, text, usageError, type OptionValues, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { modelPaths } from './model.ts';
import { sizeText } from './models/print.ts';
import { commonOptions, modelOptions } from './options.ts';
import type { Output } from './output.ts';

const options = {
  model: modelOptions.model,
  adapter: text({
    valueName: 'FILE',
    help: 'An adapter that this model has already: the model writes faster with it',
    defaultText: 'none',
  }),
  out: text({ valueName: 'FILE', help: 'Where the adapter goes, GGUF; a file that is there is not replaced' }),
  data: text({
    valueName: 'FILE',
    help: 'What to ask the model: JSON Lines with a "prompt" each',
    defaultText: "the app's own list",
  }),
  tokens: integer({
    help: 'Tokens that the model writes and the adapter learns from',
    fallback: trainingTokens.standard,
    minimum: 200,
    maximum: 100_000_000,
  }),
  exitLayer: integer({
    help: 'Leave the network after this many layers',
    fallback: undefined,
    minimum: 1,
    maximum: 1000,
    defaultText: 'the one that is measured to be fastest',
  }),
  steps: integer({
    help: 'Steps of the optimiser',
    fallback: undefined,
    minimum: 1,
    maximum: 1_000_000,
    defaultText: 'ten times through the text',
  }),
  gpuLayers: modelOptions.gpuLayers,
  resume: flag('Go on with a training that was paused'),
  ...commonOptions,
};

type Values = OptionValues<typeof options>;
type Estimate = Extract<TrainingEvent, { type: 'estimate' }>['estimate'];

export const trainCommand: Command<typeof options> = {
  name: 'train',
  summary: 'Train an adapter for a model',
  usage: '[options] --out FILE',
  description:
    'The model answers questions with sampling, layers are compared, and the adapter learns to foresee what the model says; at the end it ' +
    'is measured side by side with plain decoding. Everything until then lies in FILE.training and is removed with it. Ctrl-C pauses.\n\n' +
    'With --json: {"type":"estimate",…} first, {"type":"progress","phase",…} often, {"type":"layers",…} once, {"type":"point",…} for the curves, ' +
    '{"type":"done","path","result"} last. Times are milliseconds.',
  options,
  run,
};

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const { output, signal, root } = context;
  if (values.out === undefined) throw usageError('--out is missing: say where the adapter goes.');
  const out = resolve(values.out);
  const folder = `${out}.training`;
  if (existsSync(out)) throw usageError(`${out} is there already. Choose another name for --out.`);
  const plan = values.resume ? readPlan(folder) : await newPlan(values, out, folder, root);
  const lock = lockFolder(folder, `${out} is being trained already, by another process. Wait for it, or end it first.`);
  try {
    const result = await trainAdapter({
      addon: loadAddon(root),
      plan,
      gate: new Gate(signal),
      onEvent: teller(output),
    });
    rmSync(folder, { recursive: true, force: true });
    output.object({ type: 'done', path: out, result });
    output.text(`${summary(out, result)}\n`);
    return true;
  } catch (error) {
    if (signal.aborted) output.note(`Paused. Go on with: kangaroo train --resume --out ${values.out}`);
    throw error;
  } finally {
    lock.release();
  }
}

const planSchema = z.object({
  folder: z.string(),
  modelPath: z.string(),
  adapterPath: z.string().nullable(),
  outPath: z.string(),
  tokens: z.number(),
  exitLayer: z.number().nullable(),
  steps: z.number().nullable(),
  data: z.string(),
  gpuLayers: z.number(),
  speeds: speedsSchema.nullable().default(null),
});

function readPlan(folder: string): TrainingPlan {
  try {
    return { ...planSchema.parse(JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))), folder };
  } catch {
    throw new KangarooError('file-not-found', `${folder} holds no training to go on with. Leave --resume out to begin one.`);
  }
}

async function newPlan(values: Values, out: string, folder: string, root: string): Promise<TrainingPlan> {
  if (existsSync(join(folder, 'plan.json'))) {
    throw usageError(`${folder} holds a training that was paused. Go on with --resume, or delete that folder.`);
  }
  if (!existsSync(dirname(out)))
    throw new KangarooError('file-not-found', `${dirname(out)} is no folder. Check the path of --out.`);
  const paths = await modelPaths(values, root);
  await readModelFile(paths.model);
  const questions = values.data === undefined ? bundledQuestions(root) : readQuestions(values.data);
  const plan: TrainingPlan = {
    folder,
    modelPath: resolve(paths.model),
    adapterPath: paths.adapter && resolve(paths.adapter),
    outPath: out,
    tokens: values.tokens,
    exitLayer: values.exitLayer ?? null,
    steps: values.steps ?? null,
    data: `the model's own answers to ${values.data === undefined ? "the app's questions" : 'questions of the user'}`,
    gpuLayers: values.gpuLayers,
    speeds: null,
  };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'questions.jsonl'), questions.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
    writeAtomically(join(folder, 'plan.json'), `${JSON.stringify(plan)}\n`);
  } catch (error) {
    throw asDiskFull(error, folder);
  }
  return plan;
}

function estimateText({ tokens, totalMs, diskBytes, adapterBytes, memoryBytes }: Estimate): string {
  return (
    `About ${Math.ceil(totalMs / 60_000)} min from the beginning: the model writes ${tokens.toLocaleString('en')} tokens, ` +
    `${sizeText(diskBytes)} on the disk meanwhile and ${sizeText(adapterBytes)} in the end, about ${sizeText(memoryBytes)} of memory`
  );
}

const phases: Record<TrainingPhase, string> = {
  load: 'Loading the model',
  generate: 'The model writes',
  explore: 'Comparing layers',
  capture: 'Reading states',
  train: 'Learning',
  measure: 'Measuring',
};

function teller(output: Output): (event: TrainingEvent) => void {
  return (event) => {
    if (event.type !== 'done' && event.type !== 'speeds') output.object(event);
    if (event.type === 'estimate' && !output.json) output.note(estimateText(event.estimate));
    if (event.type === 'progress') {
      const left = event.remainingMs === null ? '' : `, ${Math.ceil(event.remainingMs / 60_000)} min left`;
      if (event.total > 0) output.progress(`${phases[event.phase]}${left}`, event.done / event.total);
    } else if (event.type === 'layers' && !output.json) {
      for (const layer of event.layers) {
        const { exitLayer, agreement, tokensPerRound, predictedSpeedup } = layer;
        output.note(
          `Exit after layer ${exitLayer}: agreement ${(agreement * 100).toFixed(0)}%, ${tokensPerRound.toFixed(2)} tokens per round, ` +
            `predicted ${predictedSpeedup.toFixed(2)}×`,
        );
      }
      const { exitLayer, draftVocabularySize: size, draftVocabularyCoverage: coverage } = event.proposal;
      const words = size === 0 ? 'the full vocabulary' : `${size} tokens (${(coverage * 100).toFixed(1)}% of the text)`;
      output.note(`Chosen: exit after layer ${exitLayer}, drafts from ${words}`);
    } else if (event.type === 'point' && event.point.heldOutLoss !== null && !output.json) {
      const { step, heldOutLoss, agreement } = event.point;
      output.note(`Step ${step}: held-out loss ${heldOutLoss.toFixed(3)}, agreement ${((agreement ?? 0) * 100).toFixed(1)}%`);
    }
  };
}

function summary(out: string, result: Extract<TrainingEvent, { type: 'done' }>['result']): string {
  const { exitLayer, agreement, tokensPerRound, acceptanceByPosition, speeds, tookMs } = result;
  const accepted = acceptanceByPosition.map((share) => `${(share * 100).toFixed(0)}%`).join(', ');
  const lines = [
    `${out}: exit after layer ${exitLayer}, agreement ${(agreement * 100).toFixed(1)}%, ${tokensPerRound.toFixed(2)} tokens per round, ` +
      `accepted by place ${accepted}, in ${(tookMs / 60_000).toFixed(1)} min`,
  ];
  if (speeds) {
    const spreadOf = (quartiles: [number, number] | null) =>
      quartiles === null ? '' : ` (${quartiles.map((each) => each.toFixed(2)).join('–')})`;
    lines.push(
      `Plain ${speeds.plainTokensPerSecond.toFixed(1)} tokens/s; ` +
        `always drafting ${speeds.kangarooSpeedup.toFixed(2)}×${spreadOf(speeds.kangarooSpeedupQuartiles)}, ` +
        `automatic ${speeds.autoSpeedup.toFixed(2)}×${spreadOf(speeds.autoSpeedupQuartiles)}; ` +
        `medians and quartiles of ${speeds.questions} questions`,
    );
  }
  return lines.join('\n');
}
