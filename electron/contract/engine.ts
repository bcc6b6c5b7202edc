// What the engine is asked and what it tells: options of a generation, its rounds, its costs.
// Rounds follow Kangaroo (arXiv 2404.18911): k drafts, one verification of k+1 rows, the accepted prefix plus one token.
import type { GpuMemory, MemoryPart } from './memory.ts';

/**
 * What to ask for: `plain` decodes token by token, `kangaroo` drafts in every round, `auto` drafts while that pays, as far as
 * it pays, and decodes plainly otherwise. Only `kangaroo` needs an adapter: without one, `auto` copies its drafts.
 */
export type DraftingMode = 'plain' | 'kangaroo' | 'auto';

/**
 * What a round did: no drafts; drafts of the first layers and the adapter, perhaps with copied ones behind them; or drafts that
 * were all copied from the conversation, verified in one pass of the whole network.
 */
export type RoundMode = 'plain' | 'kangaroo' | 'lookup';

/** Who drafted: the first layers and the adapter, or the conversation so far, from which the draft was copied. */
export type DraftSource = 'adapter' | 'lookup';

/** How drafts are chosen when the temperature is above 0: the likeliest token, or a draw from the draft distribution. */
export type DraftSampling = 'greedy' | 'sampled';

export interface SamplingOptions {
  /** 0 = greedy: always the likeliest token. */
  temperature: number;
  /** 0 = off. */
  topK: number;
  /** 1 = off. */
  topP: number;
  /** 0 = off. */
  minP: number;
  /** 1 = off. */
  repetitionPenalty: number;
  /** How many of the last tokens the penalty looks at. */
  repetitionWindow: number;
  seed: number;
}

export interface DraftingOptions {
  mode: DraftingMode;
  /** η: drafting goes on while the draft's confidence is at least this. Not used by `auto`. */
  threshold: number;
  /** γ: at most this many drafts per round, 1…16. */
  maxDraft: number;
  draftSampling: DraftSampling;
  /** `auto` only: drafts may also be copied from the conversation so far, where it repeats itself. */
  promptLookup: boolean;
}

export interface GenerationOptions extends SamplingOptions, DraftingOptions {
  maxTokens: number;
  /**
   * A full context drops the older half of what it may and goes on, instead of ending with `context-full`; a conversation that
   * is longer than the context is read without its oldest turns, instead of being `prompt-too-long`.
   */
  contextShift: boolean;
  /** Tokens at the beginning of the prompt that a context shift keeps. */
  keepTokens: number;
  /** Generation ends before the first of these texts; none of it is shown. */
  stop: string[];
}

export interface Token {
  id: number;
  /** The token's own bytes as text; bytes that are no whole UTF-8 character show as U+FFFD. */
  text: string;
}

export interface Draft extends Token {
  /** The draft head's probability of this token, 0…1; of a copied one, how often such copies were right. */
  confidence: number;
  /** Within a round, those of the adapter come first. */
  source: DraftSource;
}

/** Who the token comes from: a draft that the model agreed with, or the model's full pass itself. */
export type Origin = 'draft' | 'target';

/** A piece of the answer; the pieces of all rounds, joined, are the answer. UTF-8 borders are respected, so it may be ''. */
export interface Piece {
  id: number;
  text: string;
  origin: Origin;
}

/** One round. Plain decoding reports rounds without drafts. */
export interface Round {
  drafts: Draft[];
  /**
   * Drafts that the target agreed with, from the first on; a drafted end of turn is counted as the target's. Where the answer
   * ends inside the round, by its token limit or a stop text, the verdicts behind that point are still told and counted.
   */
  accepted: number;
  /** The target's own token after the accepted drafts. */
  token: Token;
  /** What this round added to the answer: fewer than `accepted + 1` pieces where the answer ends inside the round. */
  pieces: Piece[];
  draftMs: number;
  verifyMs: number;
  /** Rows of the verification pass: drafts + 1. 0: the token came with the prompt's own pass. */
  rows: number;
  mode: RoundMode;
  /** `auto` only: drafted, but not worth verifying; not among `drafts`. */
  discarded: number;
  /** `auto` only: drafting does not pay on this text at present, so tokens are decoded plainly but for short probes. */
  paused: boolean;
  /**
   * `auto` only: measured speed of the adapter's last drafting rounds over plain ones, in this session; null for the other
   * modes and without an adapter.
   */
  expectedSpeedup: number | null;
}

export type StopReason = 'end-of-turn' | 'stop-text' | 'max-tokens' | 'context-full' | 'cancelled';

export interface GenerationStats {
  promptTokens: number;
  /** Of these, taken from the K/V cache of the turn before. */
  cachedTokens: number;
  promptMs: number;
  /** Tokens of the answer, the one that came with the prompt included; an end-of-turn token counts. */
  tokens: number;
  /** From the end of the prompt to the last token. */
  ms: number;
  /** (tokens − 1) / ms: the first token belongs to the prompt's time. 0 when there is no more than one. */
  tokensPerSecond: number;
  rounds: number;
  /** Mean of accepted + 1 over the rounds. */
  tokensPerRound: number;
  drafted: number;
  accepted: number;
  /** accepted / drafted; 0 when nothing was drafted. */
  acceptanceRate: number;
  /** Of `drafted` and of `accepted`, those that were copied from the conversation. */
  lookedUp: number;
  lookedUpAccepted: number;
  /** Drafts that `auto` did not find worth verifying; not among `drafted`. */
  discarded: number;
  /** Rounds during which `auto` had paused drafting. */
  pausedRounds: number;
  /**
   * Mean of the plain decoding steps inside this answer or, where there were fewer than eight, of eight right after it: a
   * baseline of the same moment. Null where neither could be had.
   */
  plainStepMs: number | null;
  /** Decoding passes that ran on a cached graph, and those that had to build one. */
  graphsReused: number;
  graphsBuilt: number;
  /** Rounds whose K/V cells moved, so that the whole round was computed again: correct, but slow. 0 in practice. */
  recomputedRounds: number;
  /** How often a full context dropped its older half: see `GenerationOptions.contextShift`. */
  contextShifts: number;
  /** See `PromptEvent.leftOutTurns`; in a chat's messages only. */
  leftOutTurns?: number;
  /**
   * How sure `Message.speedup` is: its standard deviation over redrawn rounds and plain steps (`bootstrap.ts`). In a chat's
   * messages only; absent where it is not known: below 16 rounds, and in answers of versions that did not keep it.
   */
  speedupDeviation?: number;
  /** All rounds together, and of that the part inside graph computation: the rest is the host's overhead. */
  roundsMs: number;
  /** Null where another device than the CPU computes. */
  computeMs: number | null;
}

export interface PromptEvent {
  type: 'prompt';
  promptTokens: number;
  cachedTokens: number;
  promptMs: number;
  /** Oldest turns of the conversation that did not fit the context and were left out; absent: none. */
  leftOutTurns?: number;
  /** The first token of the answer: it comes with the prompt's own pass. */
  token: Token;
  pieces: Piece[];
}

export interface RoundEvent extends Round {
  type: 'round';
}

export interface DoneEvent {
  type: 'done';
  reason: StopReason;
  /** Every token of the answer, the end-of-turn token included. */
  tokenIds: number[];
  /** The answer: no special tokens, nothing from a stop text on. */
  text: string;
  stats: GenerationStats;
}

/** The prefill's progress, for long prompts. */
export interface PrefillEvent {
  type: 'prefill';
  done: number;
  total: number;
}

export type GenerationEvent = PrefillEvent | PromptEvent | RoundEvent | DoneEvent;

/** What a pass costs on this machine, milliseconds, medians. */
export interface Costs {
  /** V(n): verifying n rows with all layers, n = 1…; the first entry is plain decoding. */
  verifyMs: number[];
  /** Layers behind the exit only, n rows, as a round runs them; empty without an adapter. */
  verifyLateMs: number[];
  /** One draft step: first layers, adapter, draft head; null without an adapter. */
  draftStepMs: number | null;
  /** The last drafted token's pass: first layers only; null without an adapter. */
  stateStepMs: number | null;
  /** Plain decoding, 1000 / V(1), and the interquartile range of its samples. */
  plainTokensPerSecond: number;
  plainTokensPerSecondQuartiles: [number, number];
  /** Tokens in the context while it was measured. */
  depth: number;
  /** What the measurement itself took. */
  tookMs: number;
}

export interface ModelInfo {
  path: string;
  name: string;
  architecture: string;
  /** For example `Q8_0`, as llama.cpp describes the file. */
  fileType: string;
  parameters: number;
  sizeBytes: number;
  layers: number;
  embeddingLength: number;
  vocabularySize: number;
  trainedContext: number;
  hasChatTemplate: boolean;
  /** SHA-256 over the base's F32 norm tensors, hex: the same for every quantisation of one base. */
  fingerprint: string;
}

export interface AdapterInfo {
  path: string;
  name: string;
  baseName: string;
  baseFingerprint: string;
  exitLayer: number;
  embeddingLength: number;
  heads: number;
  headsKv: number;
  parameters: number;
  sizeBytes: number;
  /** Ids of the reduced draft vocabulary; 0: the full one. */
  draftVocabularySize: number;
}

export interface LoadRequest {
  modelPath: string;
  adapterPath: string | null;
  /** Tokens; 0: the model's own, at most 8192. */
  contextSize: number;
  /** Layers to put on a GPU; -1: all that fit. */
  gpuLayers: number;
  cacheType: 'f16' | 'q8_0';
  /** 0: what is measured to be fastest, at most one per physical core; a small model leaves one of a few cores to the page. */
  threads: number;
  /**
   * A folder of the app's own for what outlives the model: caches of conversations and what `auto` has learned. Null: nothing
   * is kept.
   */
  stateFolder: string | null;
}

export interface LoadedModel {
  model: ModelInfo;
  adapter: AdapterInfo | null;
  /** Why a given adapter is not used, where the model itself could be loaded. */
  adapterError: { code: string; message: string } | null;
  contextSize: number;
  threads: number;
  /** For example `CPU (haswell)`, `CUDA0 NVIDIA …`. */
  devices: string[];
  /** What it holds now, part by part. */
  memory: MemoryPart[];
}

export type LoadEvent = { type: 'progress'; fraction: number } | { type: 'loaded'; loaded: LoadedModel };

export interface ChatTurn {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** An answer that goes on: the prompt ends inside it. */
export interface BegunAnswer {
  text: string;
  /** Its tokens, of the model that is loaded; null: those of the text. */
  tokenIds: number[] | null;
}

/** What to continue: a conversation through the model's template, raw text, or token ids. */
export type Prompt =
  | { kind: 'messages'; messages: ChatTurn[]; begun?: BegunAnswer | undefined }
  | { kind: 'raw'; text: string }
  | { kind: 'tokens'; tokenIds: number[] };

export interface GenerateRequest {
  prompt: Prompt;
  options: GenerationOptions;
  /**
   * Whose K/V cache it continues: letters, digits, `-` and `_`, at most 100. It is kept between answers and between runs.
   * Without one, it is nobody's, and the next answer without one goes on with it.
   */
  conversationId?: string;
}

/** What the model thinks of the next token. */
export interface LogitsRequest {
  prompt: Prompt;
  /** The answer so far, behind the prompt. */
  tokenIds: number[];
  /** Tokens whose logits are wanted, besides the two likeliest; 16 at most. */
  candidateIds: number[];
  /** As for the answer: see `GenerationOptions`. */
  options: Pick<GenerationOptions, 'repetitionPenalty' | 'repetitionWindow' | 'contextShift'>;
  /** As for `generate`; its cache is read anew. */
  conversationId: string;
}

export interface WeighedToken extends Token {
  /** Of the whole model, after the repetition penalty: what a greedy answer takes the largest of. */
  logit: number;
}

export interface Logits {
  /** The likeliest two, the first before the second. */
  top: WeighedToken[];
  candidates: WeighedToken[];
}

export interface EngineMemory {
  parts: MemoryPart[];
  gpus: GpuMemory[];
}

/** The engine as its child process offers it: `load`, `generate` are streams, and leaving a stream cancels it. */
export interface EngineApi {
  load(request: LoadRequest): AsyncIterable<LoadEvent>;
  unload(): Promise<void>;
  /**
   * Puts another adapter on the loaded model, or takes it off (null); the weights stay where they are. As with `load`, an adapter
   * that cannot be used is told in `adapterError`. Answers under way are finished first. Rejects with `no-model`, and with
   * `out-of-memory`, where the model is unloaded then.
   */
  attach(adapterPath: string | null): Promise<LoadedModel>;
  /** Measures costs; well under a second. Rejects with `no-model`, `busy`. */
  measure(): Promise<Costs>;
  /**
   * Events come in batches: one array per turn of the engine's event loop. The last event is `done`. Several conversations
   * can be answered at once and take turns; a second answer to the same one rejects with `busy`. `cancelled`: stopped while
   * it waited for a context.
   */
  generate(request: GenerateRequest): AsyncIterable<GenerationEvent[]>;
  /**
   * Ends the conversation's running generation within one round, all of them without an id; a stream then ends with `done`,
   * reason `cancelled`. Else nothing.
   */
  stop(conversationId?: string | null): Promise<void>;
  /** Reads the prompt and the answer so far, and tells the logits behind them. Rejects as `generate`. */
  logits(request: LogitsRequest): Promise<Logits>;
  /** The conversation is gone: ends its generation, and removes its cache from memory and disk. */
  forget(conversationId: string): Promise<void>;
  /** Tokens of a text as the loaded model reads it, without template or special tokens. Rejects with `no-model`. */
  countTokens(text: string): Promise<number>;
  /** What the model and its contexts hold now (nothing without one), and the GPUs that there are. */
  memory(): Promise<EngineMemory>;
  /** Build id and llama.cpp's commit. Rejects with `engine-not-built`. */
  version(): Promise<string>;
}

export const defaultGenerationOptions: GenerationOptions = {
  mode: 'kangaroo',
  threshold: 0.6,
  maxDraft: 6,
  draftSampling: 'sampled',
  promptLookup: true,
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  repetitionWindow: 64,
  seed: 0,
  maxTokens: 128,
  contextShift: false,
  keepTokens: 4,
  stop: [],
};
