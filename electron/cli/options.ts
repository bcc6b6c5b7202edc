// The options that several commands share: which model, how it is loaded, how it drafts, how it samples.
import { defaultGenerationOptions as defaults, type GenerationOptions } from '../contract/engine.ts';
import { choice, flag, integer, number, text, type OptionValues } from './arguments.ts';

/** The engine's own limit for a context, in tokens. */
const longestTokens = 1_048_576;

export const commonOptions = {
  json: flag('One JSON object per line on stdout, and nothing else there'),
  help: flag('Show this help'),
};

/** For commands that work on what the app keeps. */
export const dataDirOptions = {
  dataDir: text({ valueName: 'DIR', help: "The app's data folder", defaultText: 'KANGAROO_DATA_DIR, else the system’s' }),
};

export const modelOptions = {
  model: text({ valueName: 'FILE', help: 'The model, GGUF', defaultText: 'the starter that is shipped, with its adapter' }),
  adapter: text({
    valueName: 'FILE',
    help: 'The adapter that drafts for this model, GGUF',
    defaultText: "none; the starter's own with the starter",
  }),
  context: integer({
    help: 'Size of the context in tokens; 0: as long as the model was trained for, at most 8192',
    fallback: 0,
    minimum: 0,
    maximum: longestTokens,
  }),
  cacheType: choice({ choices: ['f16', 'q8_0'], help: 'How keys and values are kept', fallback: 'f16' }),
  threads: integer({ help: 'CPU threads; 0: what is measured to be fastest', fallback: 0, minimum: 0, maximum: 512 }),
  gpuLayers: integer({ help: 'Layers on the GPU; -1: all that fit', fallback: -1, minimum: -1, maximum: 10_000 }),
};

export const draftingOptions = {
  threshold: number({
    help: 'Drafting goes on while the confidence of a draft is at least this, 0 to 1',
    fallback: defaults.threshold,
    minimum: 0,
    maximum: 1,
  }),
  maxDraft: integer({
    help: 'At most this many drafts per round, 1 to 16',
    fallback: defaults.maxDraft,
    minimum: 1,
    maximum: 16,
  }),
  noLookup: flag('With --mode auto: no drafts are copied from the conversation so far'),
};

export const lengthOptions = {
  maxTokens: integer({ help: 'Longest answer, in tokens', fallback: defaults.maxTokens, minimum: 1, maximum: longestTokens }),
};

export const samplingOptions = {
  draftSampling: choice({
    choices: ['greedy', 'sampled'],
    help: 'With a temperature above 0: the likeliest draft, or one drawn from the draft distribution',
    fallback: defaults.draftSampling,
  }),
  temperature: number({ help: '0: always the likeliest token', fallback: defaults.temperature, minimum: 0, maximum: 100 }),
  topK: integer({ help: 'Only the K likeliest tokens; 0: off', fallback: defaults.topK, minimum: 0, maximum: longestTokens }),
  topP: number({
    help: 'Only the likeliest tokens that together have this probability; 1: off',
    fallback: defaults.topP,
    minimum: 0,
    maximum: 1,
    exclusiveMinimum: true,
  }),
  minP: number({
    help: "Only tokens with at least this share of the likeliest token's probability; 0: off",
    fallback: defaults.minP,
    minimum: 0,
    maximum: 1,
  }),
  repetitionPenalty: number({
    help: 'Above 1: tokens of late get less likely; 1: off',
    fallback: defaults.repetitionPenalty,
    minimum: 0.01,
    maximum: 100,
  }),
  repetitionWindow: integer({
    help: 'How many of the last tokens the penalty looks at',
    fallback: defaults.repetitionWindow,
    minimum: 0,
    maximum: longestTokens,
  }),
  seed: integer({ help: 'Same seed, same answer', fallback: defaults.seed, minimum: 0, maximum: 4_294_967_295 }),
};

export type ModelValues = OptionValues<typeof modelOptions>;

/** Greedy decoding, as `verify` and `bench` compare it. */
export function greedyOptions(
  values: OptionValues<typeof draftingOptions & typeof lengthOptions>,
  stop: string[],
): GenerationOptions {
  const { threshold, maxDraft, maxTokens } = values;
  return { ...defaults, temperature: 0, threshold, maxDraft, promptLookup: !values.noLookup, maxTokens, stop };
}
