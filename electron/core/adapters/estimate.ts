// What a training would take: tokens, disk, memory, time. From the model's sizes and from speeds (training-speeds.ts). Pure arithmetic.
import type { TrainingAmount, TrainingEstimate, TrainingPhase } from '../../contract/adapters.ts';
import type { TrainingSpeeds } from '../../contract/training.ts';
import type { ModelShape } from '../models/facts.ts';
import type { ModelBytes } from './layer-costs.ts';

/** Tokens that are written and learned from. */
export const trainingTokens: Record<TrainingAmount, number> = { quick: 24_000, standard: 96_000, thorough: 320_000 };

/**
 * Positions that count, per step of the optimiser; of a short text fewer, for a step of several rounds through it teaches nothing. Many
 * small steps learn far more than few large ones of the same text: see docs/training.md.
 */
export function positionsPerStep(tokens: number): number {
  return Math.max(64, Math.min(256, Math.floor(tokens / 8)));
}

/** Tokens of the text that layers are compared on, and steps of each comparison. */
export const exploreTokens = 12_000;
export const exploreSteps = 160;
export const explorePositions = 256;
/** A question is about so long beside its answer: it is read, and kept, but nothing is learned from it. */
const questionShare = 0.3;
/** Of all text, one part in so many is held out. */
const heldOutShare = 1 / 12;
const bytesPerValue = 2;
/** Of held-out text the adapter drafts on so many questions when layers are compared, … */
export const exploredQuestions = 6;
/** … and in the end is measured on so many, with answers of at most so many tokens. */
export const measuredQuestions = 12;
export const measuredTokens = 96;
/** Held-out text is looked at so often while it learns, for the curves. */
export const evaluations = 24;
/** Of a position that is learned from, looking at it alone costs about so much. */
const evaluationShare = 0.4;
/** What timing an adapter's passes takes. */
const timingMs = 1500;
/** A token of an answer that is drafted as far as possible costs about so many plain ones: most of what is verified is thrown away. */
const farDraftingTimes = 4;

/** Every token is gone through so often. */
const epochs = 10;

export function stepsFor(tokens: number): number {
  return Math.max(8, Math.round((tokens * epochs) / positionsPerStep(tokens)));
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

/** In tokens, but for `explore` and `measure`: in milliseconds, made of other kinds of work. */
export type TrainingWork = Record<Exclude<TrainingPhase, 'load'>, number>;

export function workOf({
  tokens,
  steps,
  layers,
  speeds,
}: Pick<EstimateInput, 'tokens' | 'steps' | 'layers' | 'speeds'>): TrainingWork {
  const written = tokens * (1 + heldOutShare);
  const read = written * (1 + questionShare);
  const explored = Math.min(tokens, exploreTokens) * (1 + questionShare);
  const fitted = Math.min(exploreSteps, steps) * Math.min(explorePositions, positionsPerStep(tokens));
  const draftedFar = exploredQuestions * measuredTokens * farDraftingTimes * speeds.generateMs;
  return {
    generate: written,
    explore: explored * speeds.captureMs + layers.length * (fitted * speeds.trainMs + timingMs + draftedFar),
    capture: read,
    train: steps * positionsPerStep(tokens) + evaluations * tokens * heldOutShare * evaluationShare,
    measure: timingMs + draftedFar + 3 * measuredQuestions * measuredTokens * speeds.generateMs,
  };
}

/** Without `problem`, which the caller knows. */
export function estimateTraining(input: EstimateInput): Omit<TrainingEstimate, 'problem'> {
  const { tokens, shape, bytes, speeds, fileBytes } = input;
  const written = tokens * (1 + heldOutShare);
  const read = written * (1 + questionShare);
  const layers = input.layers.length;
  const work = workOf(input);
  const ms: Record<TrainingPhase, number> = {
    load: 1000 + fileBytes / 1e6,
    generate: work.generate * speeds.generateMs,
    explore: work.explore * speeds.exploreFactor,
    capture: work.capture * speeds.captureMs,
    train: work.train * speeds.trainMs,
    measure: work.measure * speeds.measureFactor,
  };
  const row = shape.embeddingLength * bytesPerValue;
  const featureBytes = row * (read + written);
  const explored = Math.min(tokens, exploreTokens) * (1 + questionShare);
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
