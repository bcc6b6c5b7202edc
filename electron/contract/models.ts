// The model that answers: which one, how it was loaded, what memory it holds, and what it measured on this machine.
import type { Costs, LoadedModel } from './engine.ts';
import type { ErrorShape } from './errors.ts';
import type { Fit } from './fit.ts';
import type { LibraryModel } from './library.ts';
import type { MemoryReport } from './memory.ts';

/** How a model is loaded; what is left out is remembered from the last time, and else the default. */
export interface LoadChoices {
  /** Tokens; 0: the model's own, at most 8192. */
  contextSize?: number;
  cacheType?: 'f16' | 'q8_0';
  /** Layers on a GPU; -1: all that fit. */
  gpuLayers?: number;
  /** Load although it will probably not fit: without this such a load is refused with `out-of-memory` before it begins. */
  evenIfTooLarge?: boolean;
}

/** Why a load did not fit, and what would. */
export interface MemoryAdvice {
  /** What was asked for. */
  fit: Fit;
  /** The longest context, in tokens, with which this file would fit; null: not even the shortest. */
  contextThatFits: number | null;
  /** Models of the library that would fit, the largest first, at most three. */
  modelsThatFit: { id: string; name: string; sizeBytes: number }[];
}

/** `calibrating` is a short measurement of plain decoding right after loading; speedups refer to it. */
export type ModelState =
  | { status: 'unloaded' }
  | { status: 'loading'; model: LibraryModel; fraction: number }
  | { status: 'calibrating'; model: LibraryModel; loaded: LoadedModel }
  | { status: 'ready'; model: LibraryModel; loaded: LoadedModel; costs: Costs }
  /** `advice` comes with `out-of-memory`. */
  | { status: 'failed'; model: LibraryModel | null; error: ErrorShape; restarting: boolean; advice?: MemoryAdvice };

export interface ModelsApi {
  /** The library's models, in the order of the library: `LibraryApi.watch` follows it. */
  list(): Promise<LibraryModel[]>;
  /**
   * Loads a model of the library, replacing the loaded one. Rejects as the engine does, and with `away`, `file-damaged`,
   * `out-of-memory` (see `ModelState`), `cancelled` (by `unload`, or by another load).
   */
  load(modelId: string, choices?: LoadChoices): Promise<void>;
  /** Frees the model's memory; a load under way is cancelled. An answer under way is stopped and kept. */
  unload(): Promise<void>;
  /** The current state first, then every change. */
  watch(): AsyncIterable<ModelState>;
  /** Now, then about every two seconds, and at once when a model has come or gone. */
  watchMemory(): AsyncIterable<MemoryReport>;
}
