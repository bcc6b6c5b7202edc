// Adapters: which model has which, and training one inside the app from what the model itself writes.
import type { ErrorShape } from './errors.ts';

/** How much the model writes for its own training. More makes a better adapter and takes longer. */
export type TrainingAmount = 'quick' | 'standard' | 'thorough';

export interface TrainingChoices {
  amount: TrainingAmount;
  /** Questions of the user's own chats are answered too. Never without asking: what is learned from them is in the file. */
  useChats: boolean;
  /** After this many layers; null: the one that is measured to be the fastest. */
  exitLayer: number | null;
}

/** In this order. `explore` chooses the exit layer, the thresholds and the draft vocabulary. */
export const trainingPhases = ['load', 'generate', 'explore', 'capture', 'train', 'measure'] as const;
export type TrainingPhase = (typeof trainingPhases)[number];

/** What a training would take, before it begins. */
export interface TrainingEstimate {
  /** That the model writes and learns from. */
  tokens: number;
  /** At most on the disk at a time; removed at the end, but for the adapter. */
  diskBytes: number;
  /** Free on that volume, without what is always left free. */
  availableBytes: number;
  /** Of the adapter in the end. */
  adapterBytes: number;
  /** In RAM or on the GPU while it trains, beside the model that chats. */
  memoryBytes: number;
  availableMemoryBytes: number;
  /** From speeds of this model on this machine. */
  ms: Record<TrainingPhase, number>;
  totalMs: number;
  /** `measured`: from what this model's training took here, or a short try of it; `guessed`: from its size and how fast it answers. */
  basis: 'measured' | 'guessed';
  /** Why it cannot begin, and what to do; null: it can. */
  problem: ErrorShape | null;
}

/** One layer that could be the exit, measured with a quickly fitted adapter on held-out text. */
export interface LayerResult {
  exitLayer: number;
  /** How often the early prediction is the final one, 0…1. */
  agreement: number;
  /** Predicted from that and from measured times, with the best η and γ of this layer: see `threshold`, `maxDraft`. */
  predictedSpeedup: number;
  tokensPerRound: number;
  threshold: number;
  maxDraft: number;
}

/** What is proposed after looking at the layers. */
export interface TrainingProposal {
  exitLayer: number;
  threshold: number;
  maxDraft: number;
  /** Ids of the draft vocabulary; 0: all of them. */
  draftVocabularySize: number;
  /** Of the tokens that the model writes, held-out ones, how many are in it, 0…1. */
  draftVocabularyCoverage: number;
  predictedSpeedup: number;
}

/** A point of the curves. */
export interface TrainingPoint {
  step: number;
  loss: number;
  /** Of held-out text, where it was looked at after this step. */
  heldOutLoss: number | null;
  /** How often the adapter's prediction is the model's own on held-out text, 0…1. */
  agreement: number | null;
}

/** Decoding side by side on held-out questions on this machine. */
export interface MeasuredSpeeds {
  plainTokensPerSecond: number;
  kangarooTokensPerSecond: number;
  autoTokensPerSecond: number;
  /** Medians over questions of the speed over plain decoding's. */
  kangarooSpeedup: number;
  autoSpeedup: number;
  /** Between these was the middle half of the questions; null in files of versions that did not keep it. */
  kangarooSpeedupQuartiles: [number, number] | null;
  autoSpeedupQuartiles: [number, number] | null;
  questions: number;
}

/** What a training reached; it stands in the adapter's file, too. */
export interface TrainingResult {
  exitLayer: number;
  threshold: number;
  maxDraft: number;
  draftVocabularySize: number;
  tokens: number;
  steps: number;
  /** Of held-out text. */
  loss: number;
  agreement: number;
  /** Of the drafts at the first, second, … place of a round, how many were accepted of those that were verified, 0…1. */
  acceptanceByPosition: number[];
  tokensPerRound: number;
  /** Null where it was not measured. */
  speeds: MeasuredSpeeds | null;
  tookMs: number;
  /** Milliseconds since 1970. */
  trainedAtMs: number;
}

/** `yielding`: it waits while an answer is written. `paused`: by the user, by a full disk (see `error`), or by a restart. */
export type TrainingStatus = 'queued' | 'running' | 'yielding' | 'paused' | 'completed' | 'failed';

export interface TrainingJob {
  id: string;
  modelId: string;
  modelName: string;
  choices: TrainingChoices;
  createdAtMs: number;
  status: TrainingStatus;
  phase: TrainingPhase;
  /** Of the phase, 0…1. */
  fraction: number;
  /** Of the phase: tokens written or read, steps done. */
  done: number;
  total: number;
  /** Of all that is left, from the speeds so far; null until they are known. */
  remainingMs: number | null;
  error: ErrorShape | null;
  layers: LayerResult[];
  proposal: TrainingProposal | null;
  /** Thinned out where there are many. */
  points: TrainingPoint[];
  result: TrainingResult | null;
  /** Of the finished one. */
  adapterId: string | null;
}

/** `trained`, `imported`: lie in the app's own folder. `shipped`: the starter's. `library`: in a folder of the library, or chosen there. */
export type AdapterOrigin = 'trained' | 'imported' | 'shipped' | 'library';

export interface Adapter {
  id: string;
  name: string;
  path: string;
  origin: AdapterOrigin;
  sizeBytes: number;
  baseName: string;
  exitLayer: number;
  /** 0: the full vocabulary. */
  draftVocabularySize: number;
  /** As its file tells; null: it tells nothing. */
  result: TrainingResult | null;
  /** Models of the library that draft with it now. */
  modelIds: string[];
}

export interface TrashedAdapter {
  id: string;
  name: string;
  sizeBytes: number;
  trashedAtMs: number;
}

/** A model of the library, as far as adapters concern it. */
export interface AdapterModel {
  modelId: string;
  name: string;
  /** Null: none. */
  adapterId: string | null;
  /** Why no adapter can be trained for it: its architecture, or its file is not there. */
  problem: ErrorShape | null;
  layers: number;
}

export interface AdaptersState {
  models: AdapterModel[];
  adapters: Adapter[];
  trash: TrashedAdapter[];
  /** The running one, those that wait, and those that ended and were not dismissed, oldest first. */
  jobs: TrainingJob[];
}

export interface AdaptersApi {
  /** The current state first, then every change, a few times a second at most. */
  watch(): AsyncIterable<AdaptersState>;
  /** Rejects with `invalid-argument` for an unknown model, with `unsupported-architecture`. */
  estimate(modelId: string, choices: TrainingChoices): Promise<TrainingEstimate>;
  /**
   * Tries each kind of work of this model's training for a second or two, in a process of its own, so that later estimates are measured
   * ones. Rejects with `busy` while a training runs, `cancelled` where one begins meanwhile, and as loading the model does.
   */
  timeTraining(modelId: string): Promise<void>;
  /**
   * Puts a training into the queue; resolves with its job's id. One trains at a time. Rejects with `busy` (this model has one
   * already), `disk-full`, `out-of-memory`, `unsupported-architecture`.
   */
  start(modelId: string, choices: TrainingChoices): Promise<string>;
  /** What was done so far is kept, also over a restart. */
  pause(jobId: string): Promise<void>;
  resume(jobId: string): Promise<void>;
  /** Ends it and removes what it had on the disk; takes an ended one off the list. */
  cancel(jobId: string): Promise<void>;
  /** The adapter that drafts for a model from now on, at once where it is loaded; null: none. */
  use(modelId: string, adapterId: string | null): Promise<void>;
  /** To the trash; models that drafted with it draft without. Rejects with `read-only` for those that are not the app's own. */
  trash(adapterId: string): Promise<TrashedAdapter>;
  /** Back from the trash, and to the models that used it. */
  restore(trashedId: string): Promise<Adapter>;
  /** Deletes it for good. */
  purge(trashedId: string): Promise<void>;
  /**
   * Copies an adapter into the app's own folder, and gives it to the models that it was made for and that have none. Rejects with
   * `adapter-invalid`, `file-not-found`, `disk-full`.
   */
  import(path: string): Promise<Adapter>;
  /** Copies it to a new file. Rejects with `invalid-argument` where something is there already, `disk-full`. */
  export(adapterId: string, path: string): Promise<void>;
}
