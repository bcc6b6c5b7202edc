// The model that answers: loads it if it fits, measures it, and loads it again after the engine crashed.
import { existsSync } from 'node:fs';
import type { Costs, LoadedModel, LoadEvent } from '../../contract/engine.ts';
import { KangarooError, toErrorShape } from '../../contract/errors.ts';
import type { Fit, FitChoices } from '../../contract/fit.ts';
import type { LibraryModel } from '../../contract/library.ts';
import type { MemoryReport } from '../../contract/memory.ts';
import type { LoadChoices, ModelsApi, ModelState } from '../../contract/models.ts';
import { parseArgument, text } from '../arguments.ts';
import type { EngineHost, HostEvent } from '../engine/host.ts';
import { shownError } from '../shown-error.ts';
import { Watchable } from '../watchable.ts';
import { adviceFor } from './advice.ts';
import type { Machine } from './fit.ts';
import { EngineMemoryWatch } from './memory.ts';
import { loadChoices } from './requests.ts';

const lastModelKey = 'last-model';
const busyPauseMs = 200;
const choicesKey = (modelId: string) => `choices ${modelId}`;

export type ReadyState = Extract<ModelState, { status: 'ready' }>;

/** What is loaded from: the library. */
export interface ModelSource {
  readonly models: readonly LibraryModel[];
  find(modelId: string): LibraryModel | undefined;
  /** Rejects where the file cannot be read. */
  estimate(model: LibraryModel, choices: FitChoices): Promise<Fit>;
  /** An answer of this model was so many times as fast as plain decoding. */
  recordSpeedup(modelId: string, speedup: number): void;
}

/** Small values that outlive a run. */
export interface Memory {
  value(name: string): unknown;
  setValue(name: string, value: unknown): void;
}

export interface ModelsOptions {
  engine: EngineHost;
  library: ModelSource;
  memory: Memory;
  /** See `LoadRequest`. */
  stateFolder: string;
}

export class Models implements ModelsApi {
  readonly #engine: EngineHost;
  readonly #library: ModelSource;
  readonly #memory: Memory;
  readonly #stateFolder: string;
  readonly #state = new Watchable<ModelState>({ status: 'unloaded' });
  readonly #held: EngineMemoryWatch;
  /** Counts the loads: an older one no longer speaks for the state. */
  #attempt = 0;
  #leaveLoading: (() => void) | null = null;
  #attaching = false;

  constructor({ engine, library, memory, stateFolder }: ModelsOptions) {
    this.#engine = engine;
    this.#library = library;
    this.#memory = memory;
    this.#stateFolder = stateFolder;
    this.#held = new EngineMemoryWatch(engine, this.#state);
    engine.onEvent((event) => this.#onEngineEvent(event));
  }

  get state(): ModelState {
    return this.#state.value;
  }

  /** The model that is loaded or being loaded. */
  get loadedId(): string | null {
    const { state } = this;
    return state.status === 'loading' || state.status === 'calibrating' || state.status === 'ready' ? state.model.id : null;
  }

  /** What the next model would find free. */
  get machine(): Machine {
    return this.#held.machine;
  }

  /** Loads what was named at the start, else what was loaded last, else the starter; what goes wrong is in the state. */
  start(): void {
    const { models } = this.#library;
    const last = this.#library.find(String(this.#memory.value(lastModelKey)));
    const given = models.find(({ source }) => source === 'given');
    const first = given ?? (last && last.problem === null && existsSync(last.path) ? last : models[0]);
    if (first) this.#open(first).catch(() => {});
  }

  async list(): Promise<LibraryModel[]> {
    return [...this.#library.models];
  }

  /** Rejects with `invalid-argument` for an unknown id, with `cancelled` when another load overtakes it, else as the engine. */
  async load(modelId: string, choices?: LoadChoices): Promise<void> {
    const id = parseArgument(text(1, 200), modelId, 'modelId');
    const { evenIfTooLarge = false, ...chosen } = parseArgument(loadChoices, choices ?? {}, 'choices');
    const model = this.#library.find(id);
    if (!model) throw new KangarooError('invalid-argument', `There is no model ${JSON.stringify(id)} in the library.`);
    if (model.problem) throw new KangarooError(model.problem.code, model.problem.message);
    this.#engine.revive();
    if (Object.keys(chosen).length > 0) this.#remember(choicesKey(id), { ...this.#choicesOf(id), ...chosen });
    await this.#open(model, evenIfTooLarge);
    this.#remember(lastModelKey, id);
  }

  /** An answer under way is stopped first, and kept. */
  async unload(): Promise<void> {
    const { status } = this.state;
    if (status === 'unloaded') return;
    this.#attempt++;
    this.#leaveLoading?.();
    this.#state.set({ status: 'unloaded' });
    if (status === 'failed') return;
    await this.#engine.stop();
    await this.#engine.unload();
  }

  watch(): AsyncIterable<ModelState> {
    return this.#state.watch();
  }

  /**
   * The library may have another adapter for the loaded model than it was loaded with: it is put on the model at once, or as soon
   * as the answers under way are finished. What goes wrong is told by the state.
   */
  async followAdapter(): Promise<void> {
    const { state } = this;
    if (state.status !== 'ready' || this.#attaching) return;
    const model = this.#library.find(state.model.id);
    if (!model || model.problem !== null || model.adapterPath === state.model.adapterPath) return;
    const attempt = this.#attempt;
    const ifCurrent = (next: ModelState) => {
      if (attempt === this.#attempt) this.#state.set(next);
    };
    this.#attaching = true;
    try {
      const loaded = await this.#engine.attach(model.adapterPath);
      ifCurrent({ status: 'calibrating', model, loaded });
      ifCurrent({ status: 'ready', model, loaded, costs: await this.#measure() });
    } catch (error) {
      if (attempt === this.#attempt && this.state.status !== 'failed') {
        this.#state.set({ status: 'failed', model, error: shownError(error), restarting: false });
      }
    } finally {
      this.#attaching = false;
    }
    await this.followAdapter(); // it may have changed once more meanwhile
  }

  /** An answer that slipped in before is waited for. */
  async #measure(): Promise<Costs> {
    for (;;) {
      try {
        return await this.#engine.measure();
      } catch (error) {
        if (toErrorShape(error).code !== 'busy') throw error;
        await new Promise((resolve) => setTimeout(resolve, busyPauseMs));
      }
    }
  }

  /** See `ModelSource`. That it cannot be written must not end an answer. */
  recordSpeedup(modelId: string, speedup: number): void {
    try {
      this.#library.recordSpeedup(modelId, speedup);
    } catch (error) {
      shownError(error);
    }
  }

  watchMemory(): AsyncIterable<MemoryReport> {
    return this.#held.watch();
  }

  /** Throws `no-model` unless a model answers, or is about to. */
  requirePromising(): void {
    const state = this.#state.value;
    if (state.status === 'unloaded') {
      throw new KangarooError('no-model', 'No model is loaded. Choose one first.');
    }
    if (state.status === 'failed' && !state.restarting) {
      throw new KangarooError('no-model', `No model is loaded: ${state.error.message}`);
    }
  }

  /** Waits for a model that is loading or about to. Rejects with `no-model`, and with `cancelled` at the signal. */
  async whenReady(signal: AbortSignal): Promise<ReadyState> {
    const states = this.#state.watch()[Symbol.asyncIterator]();
    const leave = () => void states.return?.();
    signal.addEventListener('abort', leave, { once: true });
    try {
      for (;;) {
        if (signal.aborted) throw new KangarooError('cancelled', 'Stopped before the model was ready.');
        if (this.state.status === 'ready') return this.state;
        this.requirePromising();
        const { done } = await states.next();
        if (done && !signal.aborted) throw new KangarooError('closed', 'Kangaroo Chat is closing.');
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  close(): void {
    this.#attempt++;
    this.#state.close();
  }

  async #open(model: LibraryModel, evenIfTooLarge = false): Promise<void> {
    const attempt = ++this.#attempt;
    const set = (state: ModelState) => {
      if (attempt !== this.#attempt) throw new KangarooError('cancelled', 'Another model is being loaded instead.');
      this.#state.set(state);
    };
    this.#leaveLoading?.();
    set({ status: 'loading', model, fraction: 0 });
    try {
      await this.#engine.stop();
      await this.#held.refresh();
      if (!evenIfTooLarge) await this.#refuseTooLarge(model);
      const loaded = await this.#load(model, (fraction) => set({ status: 'loading', model, fraction }));
      set({ status: 'calibrating', model, loaded });
      const costs = await this.#engine.measure();
      set({ status: 'ready', model, loaded, costs });
    } catch (error) {
      // After a crash the host has told already, and whether it starts again.
      const told = error instanceof KangarooError && error.code === 'engine-crashed' && this.state.status === 'failed';
      if (attempt === this.#attempt && !told) {
        const shape = shownError(error);
        const advice = shape.code === 'out-of-memory' ? await adviceFor(model, this.#choicesOf(model.id), this.#library) : null;
        if (attempt === this.#attempt) {
          this.#state.set({ status: 'failed', model, error: shape, restarting: false, ...(advice ? { advice } : {}) });
        }
      }
      throw error;
    }
  }

  /** That a full disk forgets it must not end a load. */
  #remember(name: string, value: unknown): void {
    try {
      this.#memory.setValue(name, value);
    } catch (error) {
      shownError(error);
    }
  }

  /** How this model was loaded last. */
  #choicesOf(modelId: string): LoadChoices {
    return loadChoices.safeParse(this.#memory.value(choicesKey(modelId)) ?? {}).data ?? {};
  }

  /** Better than a machine that swaps, or an engine that the system kills. A file that cannot be read is the engine's to tell. */
  async #refuseTooLarge(model: LibraryModel): Promise<void> {
    const { contextSize = 0, cacheType = 'f16' } = this.#choicesOf(model.id);
    const fit = await this.#library.estimate(model, { contextSize, cacheType }).catch(() => null);
    if (fit?.verdict !== 'too-large') return;
    throw new KangarooError('out-of-memory', `${model.name} does not fit into memory. ${fit.explanation}`);
  }

  async #load(model: LibraryModel, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    const { contextSize = 0, gpuLayers = -1, cacheType = 'f16' } = this.#choicesOf(model.id);
    const stream = this.#engine.load({
      modelPath: model.path,
      adapterPath: model.adapterPath,
      contextSize,
      gpuLayers,
      cacheType,
      threads: 0,
      stateFolder: this.#stateFolder,
    });
    const events: AsyncIterator<LoadEvent> = stream[Symbol.asyncIterator]();
    const leave = () => void events.return?.();
    this.#leaveLoading = leave;
    try {
      for (;;) {
        const { done, value } = await events.next();
        if (done) throw new KangarooError('cancelled', 'Another model is being loaded instead.');
        if (value.type === 'loaded') return value.loaded;
        onProgress(value.fraction);
      }
    } finally {
      if (this.#leaveLoading === leave) this.#leaveLoading = null;
      leave();
    }
  }

  #onEngineEvent(event: HostEvent): void {
    const state = this.#state.value;
    if (event.type === 'crashed') {
      const model = state.status === 'unloaded' ? null : state.model;
      if (model) this.#state.set({ status: 'failed', model, error: shownError(event.error), restarting: event.restarting });
    } else if (state.status === 'failed' && state.restarting && state.model) {
      this.#open(state.model).catch(() => {});
    }
  }
}
