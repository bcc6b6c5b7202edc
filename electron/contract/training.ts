// What the process that trains is asked and what it tells. It is the engine's worker started once more, with a model of its own, at
// low priority: chatting goes on in the other one.
import type {
  LayerResult,
  TrainingEstimate,
  TrainingPhase,
  TrainingPoint,
  TrainingProposal,
  TrainingResult,
} from './adapters.ts';

/** What the work of a training takes on this machine. Milliseconds per token; `trainMs` per position of a step. */
export interface TrainingSpeeds {
  generateMs: number;
  captureMs: number;
  trainMs: number;
  /** Comparing layers and measuring the adapter are made of the above and of drafting; they took so many times what that suggests. */
  exploreFactor: number;
  measureFactor: number;
}

/** A model whose speeds are wanted, and a folder for some small files, which is there. */
export interface ProbeRequest {
  folder: string;
  modelPath: string;
  adapterPath: string | null;
  /** Some that the model is asked. */
  questions: string[];
  gpuLayers: number;
}

/** Everything that a training needs, so that it can be begun again after anything. */
export interface TrainingPlan {
  /** Of this training alone: questions (`questions.jsonl`), answers, features and the state lie in it. It is there already. */
  folder: string;
  modelPath: string;
  /** One that drafts for the model already makes writing faster; null: none. */
  adapterPath: string | null;
  /** Where the adapter is published, whole or not at all. */
  outPath: string;
  /** To write and to learn from. */
  tokens: number;
  /** Null: chosen by measuring. */
  exitLayer: number | null;
  /** Null: as many as the tokens suggest. */
  steps: number | null;
  /** What the file says about its data. */
  data: string;
  /** Null: timed at the beginning, in some seconds. */
  speeds: TrainingSpeeds | null;
  /** Layers on the GPU; -1: all that fit. */
  gpuLayers: number;
}

export type TrainingEvent =
  /** `done` and `total` as in `TrainingJob`. */
  | { type: 'progress'; phase: TrainingPhase; done: number; total: number; remainingMs: number | null }
  /** What it takes in all, as soon as the speeds are known. */
  | { type: 'estimate'; estimate: Omit<TrainingEstimate, 'problem'> }
  /** As they really were so far, after each phase: the next estimate's. */
  | { type: 'speeds'; speeds: TrainingSpeeds }
  | { type: 'layers'; layers: LayerResult[]; proposal: TrainingProposal }
  | { type: 'point'; point: TrainingPoint }
  | { type: 'done'; result: TrainingResult };

export interface TrainingApi {
  /**
   * Goes on where the folder says that it was. Leaving the stream pauses: see `settle`. Rejects with `disk-full` (resume when there
   * is room), `out-of-memory`, `unsupported-architecture`, and as loading a model does.
   */
  train(plan: TrainingPlan): AsyncIterable<TrainingEvent[]>;
  /** Times each kind of work for a second or two. Rejects as `train` does, with `cancelled` where it was settled before its end. */
  probe(request: ProbeRequest): Promise<TrainingSpeeds>;
  /** True: computes nothing until it is told false; what it does at the moment may take a second or so to stop. */
  hold(held: boolean): Promise<void>;
  /** Resolves when a training that was left has kept all that it needs to go on later; ends a probe. */
  settle(): Promise<void>;
}
