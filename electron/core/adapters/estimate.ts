// What a training would take: tokens, disk, memory, time. From the model's sizes and, where it was loaded or trained on this machine
// before, from its own speeds. Pure arithmetic.
import type { TrainingAmount, TrainingEstimate, TrainingPhase } from '../../contract/adapters.ts';
import type { Costs } from '../../contract/engine.ts';
import type { ModelShape } from '../models/facts.ts';
import type { ModelBytes } from './layer-costs.ts';

/** Tokens that are written and learned from. */
export const trainingTokens: Record<TrainingAmount, number> = { quick: 24_000, standard: 96_000, thorough: 320_000 };

/** Positions that count, per step of the optimiser; of a short text fewer, for a step of several rounds through it teaches nothing. */
export function positionsPerStep(tokens: number): number {
  return Math.max(64, Math.min(2048, Math.floor(tokens / 8)));
}

/** Tokens of the text that layers are compared on, and steps of each comparison. */
export const exploreTokens = 12_000;
export const exploreSteps = 40;
export const explorePositions = 1024;
/** A question is about so long beside its answer: it is read, and kept, but nothing is learned from it. */
const questionShare = 0.5;
/** Of all text, one part in so many is held out. */
const heldOutShare = 1 / 12;
const bytesPerValue = 2;
const measuredAnswers = 12;
const measuredTokens = 96;

/** Every token is gone through so often. */
const epochs = 10;

export function stepsFor(tokens: number): number {
  return Math.max(8, Math.round((tokens * epochs) / positionsPerStep(tokens)));
}

/** Milliseconds per token of each kind of work; `train` per position and step. */
export interface TrainingSpeeds {
  generateMs: number;
  captureMs: number;
  trainMs: number;
}

/**
 * From the plain speed of the model: a pass over several tokens at once costs less per token by what `verifyMs` tells; a step of
 * training goes through head and adapter about three times, in F32, which costs two to four times what quantised rows do (measured on
 * the starter and on a model of Llama-3.2-1B's shape: docs/training.md).
 */
export function speedsFrom(costs: Pick<Costs, 'verifyMs'>, bytes: ModelBytes): TrainingSpeeds {
  const plainMs = costs.verifyMs[0] ?? 0;
  const rows = Math.max(1, costs.verifyMs.length);
  const captureMs = (costs.verifyMs[rows - 1] ?? plainMs) / rows;
  const all = bytes.layers.reduce((sum, each) => sum + each, 0) + bytes.head;
  const share = all > 0 ? (bytes.head + bytes.adapter) / all : 1;
  return { generateMs: plainMs, captureMs, trainMs: 8 * captureMs * share };
}

/** Memory reads weights at about this rate on a machine that nothing is known of. */
const guessedBytesPerSecond = 10e9;

export function guessedSpeeds(bytes: ModelBytes): TrainingSpeeds {
  const all = bytes.layers.reduce((sum, each) => sum + each, 0) + bytes.head;
  const plainMs = Math.max(0.2, (all / guessedBytesPerSecond) * 1000);
  return speedsFrom({ verifyMs: [plainMs, 1.5 * plainMs, 2 * plainMs, 2 * plainMs] }, bytes);
}

export interface EstimateInput {
  /** To learn from. */
  tokens: number;
  steps: number;
  /** That are compared. */
  layers: readonly number[];
  shape: ModelShape;
  bytes: ModelBytes;
  fileBytes: number;
  speeds: TrainingSpeeds;
  basis: TrainingEstimate['basis'];
  availableBytes: number;
  availableMemoryBytes: number;
}

/** Layers that are compared: a few early ones. An exit further back leaves too little to save. */
export function layersToCompare(layers: number): number[] {
  const some = [1, 2, 3, 4, Math.round(layers / 5), Math.round(layers / 4), Math.round(layers / 3)];
  return [...new Set(some)].filter((layer) => layer >= 1 && layer <= layers / 2).toSorted((first, second) => first - second);
}

/** Without `problem`, which the caller knows. */
export function estimateTraining(input: EstimateInput): Omit<TrainingEstimate, 'problem'> {
  const { tokens, steps, shape, bytes, speeds, fileBytes } = input;
  const written = tokens * (1 + heldOutShare);
  const read = written * (1 + questionShare);
  const layers = input.layers.length;
  const explored = Math.min(tokens, exploreTokens) * (1 + questionShare);
  const ms: Record<TrainingPhase, number> = {
    load: 1000 + fileBytes / 1e6,
    generate: written * speeds.generateMs,
    explore:
      explored * speeds.captureMs +
      layers * Math.min(exploreSteps, steps) * Math.min(explorePositions, positionsPerStep(tokens)) * speeds.trainMs,
    capture: read * speeds.captureMs,
    train: steps * positionsPerStep(tokens) * speeds.trainMs,
    measure: 3 * measuredAnswers * measuredTokens * speeds.generateMs,
  };
  const row = shape.embeddingLength * bytesPerValue;
  const featureBytes = row * (read + written);
  const exploreBytes = row * (explored * layers + Math.min(tokens, exploreTokens));
  const adapterValues = bytes.adapter / bytesPerValue;
  return {
    tokens,
    diskBytes: Math.ceil(Math.max(featureBytes, exploreBytes) + written * 16 + 12 * adapterValues + 2 * bytes.adapter),
    availableBytes: input.availableBytes,
    adapterBytes: Math.ceil(bytes.adapter),
    // The weights again, their gradients and AdamW's moments in F32, a slice of the head, and a context.
    memoryBytes: Math.ceil(fileBytes * 1.05 + 16 * adapterValues + Math.min(bytes.head * 4, 256e6) + 64e6),
    availableMemoryBytes: input.availableMemoryBytes,
    ms,
    totalMs: Object.values(ms).reduce((sum, each) => sum + each, 0),
    basis: input.basis,
  };
}
