// The training half of the native addon: capturing what an adapter learns from, training it, comparing exit layers.

/** A text for training. */
export interface NativeText {
  ids: Int32Array;
  /**
   * As long as `ids`. 1 where a position counts: the adapter is to predict from its state what the whole model predicts there. That
   * is every token of the assistant's, its end token included; from those drafts are made.
   */
  mask: Uint8Array;
}

export interface NativeCaptureOptions {
  /** The captured file; continued where it is one of this model and these layers. Delete it when the adapter is trained. */
  path: string;
  /** Layers whose input is kept, ascending, each from 1 to the number of layers - 1. One for training, several for the explorer. */
  exitLayers: readonly number[];
  /** Texts are cut off behind so many tokens, 8…8192. Training needs memory for attention, (tokens squared × heads × 24) bytes. */
  maxTokens: number;
  /** 0: all cores but one. */
  threads: number;
}

/** What a captured file holds. */
export interface NativeCaptured {
  texts: number;
  tokens: number;
  /** Tokens that count. */
  positions: number;
  sizeBytes: number;
}

/** Runs texts through the model into a captured file. One call at a time, a second rejects with `busy`. */
export interface NativeCapture {
  /** Also what earlier runs have captured. */
  readonly totals: NativeCaptured;
  /** Bytes that a text takes in the file; to keep within a limit, ask before. */
  sizeOf(tokens: number, positions: number): number;
  /**
   * Captures some texts, short ones together in one pass: about 20 at a time are fast and soon done. Each is in the file, whole,
   * or not. Rejects with `invalid-argument`, `out-of-memory`, `disk-full`, `file-not-readable`, `cancelled`; the file stays usable.
   */
  add(texts: readonly NativeText[]): Promise<NativeCaptured>;
  /** Ends a running `add` within one pass; its texts are then not in the file. */
  cancel(): void;
  /** Closes the file; waits for a running call. Safe twice. */
  dispose(): Promise<void>;
}

export interface NativeTrainingOptions {
  /** Captured files, of this model. */
  captured: string;
  /** Texts that are not learned from; '' for none: then nothing is evaluated. */
  heldOut: string;
  /** Where the training can go on from after any interruption; about 12 bytes per parameter of the adapter. */
  statePath: string;
  /** The adapter's file, written at the end only. */
  adapterPath: string;
  /** One of the captured layers. */
  exitLayer: number;
  /** Steps of the optimiser in the whole schedule. */
  steps: number;
  /** Positions that a step counts at least, of whole texts; 256 is a good choice. */
  positionsPerStep: number;
  /** At its height; 0: 1 / n_embd. */
  learningRate: number;
  /** -1: a twentieth of all steps, 100 at most. */
  warmupSteps: number;
  weightDecay: number;
  seed: number;
  /** In steps; 0: at the end only. */
  evaluateEvery: number;
  /** In steps. The state is also saved at the end and when stopped. */
  saveEvery: number;
  /** 0: all cores but one. */
  threads: number;
  /** Ids that the adapter may draft, the likeliest of the data; empty: the whole vocabulary. */
  draftVocab: Int32Array;
  /** Go on from `statePath` where it exists; false: begin anew. */
  resume: boolean;
  /** Provenance for the adapter's file; '' for none. `name` '': after the model. */
  name: string;
  license: string;
  data: string;
}

export interface NativeTrainingStep {
  type: 'step';
  step: number;
  steps: number;
  /** Mean cross-entropy of the step's positions against the model's own distributions, in nats. */
  loss: number;
  /** The entropy of those distributions: `loss` cannot fall below. */
  leastLoss: number;
  learningRate: number;
  /** Before it is clipped to 0.5. */
  gradientNorm: number;
  positions: number;
  /** Of whole texts, also tokens that do not count. */
  tokensPerSecond: number;
}

export interface NativeTrainingEvaluation {
  type: 'evaluation';
  step: number;
  /** How often the adapter's likeliest token is the model's, 0…1. */
  agreement: number;
  crossEntropy: number;
  leastCrossEntropy: number;
  positions: number;
}

export type NativeTrainingEvent = NativeTrainingStep | NativeTrainingEvaluation;

export interface NativeTrainingResult {
  /** False: stopped before the last step. The state is saved, no adapter was written, and the same options go on. */
  finished: boolean;
  step: number;
  steps: number;
  /** Null where nothing was held out. */
  heldOut: NativeTrainingEvaluation | null;
  /** Of this run. */
  seconds: number;
  parameters: number;
}

export interface NativeLayersOptions {
  /** Captured files that hold several layers. */
  captured: string;
  heldOut: string;
  /** Steps of the quick training at each layer; 0: only the bare head is looked at. */
  steps: number;
  positionsPerStep: number;
  /** 0: all cores but one. */
  threads: number;
}

/** How well the state before one layer tells what the whole model says, on the held-out texts. */
export interface NativeLayerEvaluation {
  layer: number;
  /** Of the model's own norm and head on that state, 0…1. */
  bareAgreement: number;
  /** Of an adapter after the quick training; null without one. */
  fittedAgreement: number | null;
  positions: number;
}

/** Work that can be stopped. `cancel` does nothing when it has ended. */
export interface NativeWork<T> {
  promise: Promise<T>;
  cancel(): void;
}

/** What a model offers for training. Meant for a process of its own: it takes all cores that it is given. */
export interface NativeTrainer {
  /**
   * Rejects with `invalid-argument` (also where the file belongs to another model or other layers), `unsupported-architecture` where
   * no adapter could draft, `out-of-memory`, `file-damaged`, `file-not-readable`, `disk-full`.
   */
  openCapture(options: NativeCaptureOptions): Promise<NativeCapture>;
  /**
   * The same options go on where a run was stopped or interrupted; what was not saved is done again, with the same result. A
   * cancelled run resolves, with `finished: false`. Rejects with `invalid-argument` (also where the state belongs to other options or
   * files), `unsupported-architecture`, `out-of-memory`, `file-not-found`, `file-damaged`, `file-not-readable`, `disk-full`.
   */
  train(options: NativeTrainingOptions, onEvents: (events: NativeTrainingEvent[]) => void): NativeWork<NativeTrainingResult>;
  /** One event per captured layer; resolves with all of them, or with those that were done before it was cancelled. */
  evaluateLayers(
    options: NativeLayersOptions,
    onEvents: (events: NativeLayerEvaluation[]) => void,
  ): NativeWork<NativeLayerEvaluation[]>;
}
