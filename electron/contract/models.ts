// The model that answers: which one, whether it is ready, and what it measured on this machine.
import type { Costs, LoadedModel } from './engine.ts';
import type { ErrorShape } from './errors.ts';

export interface LibraryModel {
  id: string;
  name: string;
  path: string;
  sizeBytes: number;
  adapterPath: string | null;
  /** True for the starter that ships with the app. */
  builtIn: boolean;
}

/** `calibrating` is a short measurement of plain decoding right after loading; speedups refer to it. */
export type ModelState =
  | { status: 'unloaded' }
  | { status: 'loading'; model: LibraryModel; fraction: number }
  | { status: 'calibrating'; model: LibraryModel; loaded: LoadedModel }
  | { status: 'ready'; model: LibraryModel; loaded: LoadedModel; costs: Costs }
  | { status: 'failed'; model: LibraryModel | null; error: ErrorShape; restarting: boolean };

export interface ModelsApi {
  list(): Promise<LibraryModel[]>;
  /** Loads a model of the library, replacing the loaded one. Rejects as the engine does. */
  load(modelId: string): Promise<void>;
  /** The current state first, then every change. */
  watch(): AsyncIterable<ModelState>;
}
