// What the process that trains is asked and what it tells. It is the engine's worker started once more, with a model of its own, at
// low priority: chatting goes on in the other one.
import type { LayerResult, TrainingPhase, TrainingPoint, TrainingProposal, TrainingResult } from './adapters.ts';

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
  /** Layers on the GPU; -1: all that fit. */
  gpuLayers: number;
}

export type TrainingEvent =
  /** `done` and `total` as in `TrainingJob`. */
  | { type: 'progress'; phase: TrainingPhase; done: number; total: number; remainingMs: number | null }
  | { type: 'layers'; layers: LayerResult[]; proposal: TrainingProposal }
  | { type: 'point'; point: TrainingPoint }
  | { type: 'done'; result: TrainingResult };

export interface TrainingApi {
  /**
   * Goes on where the folder says that it was. Leaving the stream pauses: see `settle`. Rejects with `disk-full` (resume when there
   * is room), `out-of-memory`, `unsupported-architecture`, and as loading a model does.
   */
  train(plan: TrainingPlan): AsyncIterable<TrainingEvent[]>;
  /** True: computes nothing until it is told false; what it does at the moment may take a second or so to stop. */
  hold(held: boolean): Promise<void>;
  /** Resolves when a training that was left has kept all that it needs to go on later. */
  settle(): Promise<void>;
}
