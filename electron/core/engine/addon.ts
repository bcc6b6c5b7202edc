// The native addon: its types, and loading it. Everything else about the engine in TypeScript goes through here.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KangarooError } from '../../contract/errors.ts';
import type { AdapterInfo, Costs, DoneEvent, GenerationEvent, GenerationOptions, ModelInfo } from '../../contract/engine.ts';
import type { GpuMemory, MemoryPart } from '../../contract/memory.ts';
import type { NativeTrainer } from './addon-training.ts';

export interface NativeLoadOptions {
  path: string;
  gpuLayers: number;
}

export interface NativeSessionOptions {
  contextSize: number;
  cacheType: 'f16' | 'q8_0';
  threads: number;
  flashAttention: 'auto' | 'on' | 'off';
  adapter: NativeAdapter | null;
}

/** An adapter's tensors on the model's device. Several sessions may share it. */
export interface NativeAdapter {
  readonly info: AdapterInfo;
  /** Of its tensors' data, 16 hex digits: tells a retrained adapter from the one before. */
  readonly checksum: string;
}

export interface NativePrefill {
  /** The exit state of the last token, `[n_embd]`; empty without an adapter. */
  exitState: Float32Array;
  /** Logits after the last token, `[n_vocab]`, as a greedy answer compares them: changed by the penalties that were asked for. */
  logits: Float32Array;
}

/** One context with its K/V cache; one call at a time, a second rejects with `busy`. */
export interface NativeSession {
  readonly contextSize: number;
  readonly threads: number;
  /** `onEvents` gets batches in order, the last batch ends with `done`; resolves with that event. */
  generate(promptIds: Int32Array, options: GenerationOptions, onEvents: (events: GenerationEvent[]) => void): Promise<DoneEvent>;
  /** Ends the running `generate` within one round; its reason is then `cancelled`. Does nothing when idle. */
  cancel(): void;
  /** Evaluates a prompt from an empty cache: for golden traces and logit gaps. */
  prefill(
    promptIds: Int32Array,
    penalties?: Pick<GenerationOptions, 'repetitionPenalty' | 'repetitionWindow'>,
  ): Promise<NativePrefill>;
  /** Forgets the cache, then measures for rows 1…maxRows; stops repeating after about `budgetMs`, so rows may be missing. */
  measure(options: { maxRows: number; repeat: number; depth: number; budgetMs: number }): Promise<Costs>;
  /**
   * Writes the cache to a file that appears whole or not at all; resolves with its bytes, or 0 where there is nothing to keep.
   * Rejects with `disk-full`, `file-not-readable`.
   */
  save(path: string): Promise<number>;
  /**
   * Takes the cache of a file; resolves with its tokens. Rejects with `file-not-found`, `file-not-readable`, `file-damaged`,
   * `invalid-argument` (of another model, adapter, context or version); the cache is then empty or as it was.
   */
  restore(path: string): Promise<number>;
  /** What `auto` has learned of this model's and adapter's drafts, to be kept between runs. */
  learned(): number[];
  /** Takes that over; false, and nothing changes, where it makes no sense. */
  relearn(numbers: readonly number[]): boolean;
  /** What this session and its model hold now; passes that have not run yet bring buffers of their own. */
  memory(): MemoryPart[];
  /** Forgets the K/V cache. */
  reset(): void;
  /** Frees the context; waits for a running call. Safe twice. */
  dispose(): Promise<void>;
}

export interface NativeModel extends NativeTrainer {
  readonly info: ModelInfo;
  /** The model's own Jinja template, '' where it has none. */
  readonly chatTemplate: string;
  readonly bosText: string;
  readonly eosText: string;
  tokenize(text: string, options: { addSpecial: boolean; parseSpecial: boolean }): Int32Array;
  /** Special tokens are written out where `special`. */
  detokenize(ids: Int32Array, special: boolean): string;
  loadAdapter(path: string): Promise<NativeAdapter>;
  createSession(options: NativeSessionOptions): Promise<NativeSession>;
  dispose(): Promise<void>;
}

export interface NativeInspection {
  kind: 'model' | 'adapter' | 'other';
  architecture: string;
  name: string;
  fileType: string;
  sizeBytes: number;
  parameters: number;
  fingerprint: string;
  license: string;
  /** Scalar metadata as text; long arrays as `[n items]`. */
  metadata: Record<string, string>;
  adapter: AdapterInfo | null;
}

export interface NativeAddon {
  /** Build id and llama.cpp's commit. */
  version(): string;
  /** Names of the devices that backends were loaded for. */
  devices(): string[];
  /** Memory of every GPU, as its driver tells. */
  gpus(): GpuMemory[];
  /** `onProgress` may return false: the load is then cancelled and rejects with `cancelled`. */
  loadModel(
    options: NativeLoadOptions,
    onProgress: (fraction: number) => void,
  ): { promise: Promise<NativeModel>; cancel(): void };
  /** Reads only the header and the norm tensors. */
  inspect(path: string): Promise<NativeInspection>;
  /** llama.cpp's quantiser. `type`: `F32 | F16 | Q8_0 | Q4_0 | Q4_K_M …`. */
  quantize(source: string, target: string, type: string): Promise<void>;
}

let loaded: NativeAddon | undefined;

/** Where `native/` puts what it builds, beside the ggml backends that it links. */
function addonPath(root: string): string {
  return join(root, 'native', 'build', 'bin', 'kangaroo.node');
}

/** Loads the addon, once. Throws `engine-not-built` with what to do. */
export function loadAddon(root: string): NativeAddon {
  if (loaded) return loaded;
  const path = addonPath(root);
  if (!existsSync(path)) {
    throw new KangarooError(
      'engine-not-built',
      'The engine has not been built yet. Run `npm run build:native` (it takes about two minutes).',
    );
  }
  try {
    loaded = createRequire(import.meta.url)(path) as NativeAddon;
  } catch (error) {
    throw new KangarooError(
      'engine-not-built',
      'The engine could not be loaded. Run `npm run build:native` to build it again.',
      String(error),
    );
  }
  return loaded;
}
