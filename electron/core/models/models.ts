// The model that answers: loads it, measures it, and loads it again after the engine crashed.
import type { LoadedModel, LoadEvent } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { LibraryModel, ModelsApi, ModelState } from '../../contract/models.ts';
import { parseArgument, text } from '../arguments.ts';
import type { EngineHost, HostEvent } from '../engine/host.ts';
import { shownError } from '../shown-error.ts';
import { Watchable } from '../watchable.ts';

export type ReadyState = Extract<ModelState, { status: 'ready' }>;

export class Models implements ModelsApi {
  readonly #engine: EngineHost;
  readonly #library: LibraryModel[];
  readonly #stateFolder: string;
  readonly #state = new Watchable<ModelState>({ status: 'unloaded' });
  /** Counts the loads: an older one no longer speaks for the state. */
  #attempt = 0;
  #leaveLoading: (() => void) | null = null;

  /** `stateFolder`: see `LoadRequest`. */
  constructor(engine: EngineHost, library: LibraryModel[], stateFolder: string) {
    this.#engine = engine;
    this.#library = library;
    this.#stateFolder = stateFolder;
    engine.onEvent((event) => this.#onEngineEvent(event));
  }

  get state(): ModelState {
    return this.#state.value;
  }

  /** Loads the first model of the library; what goes wrong is in the state. */
  start(): void {
    const [first] = this.#library;
    if (first) this.#open(first).catch(() => {});
  }

  async list(): Promise<LibraryModel[]> {
    return this.#library;
  }

  /** Rejects with `invalid-argument` for an unknown id, with `cancelled` when another load overtakes it, else as the engine. */
  async load(modelId: string): Promise<void> {
    const id = parseArgument(text(1, 200), modelId, 'modelId');
    const model = this.#library.find((each) => each.id === id);
    if (!model) throw new KangarooError('invalid-argument', `There is no model ${JSON.stringify(id)} in the library.`);
    this.#engine.revive();
    await this.#open(model);
  }

  watch(): AsyncIterable<ModelState> {
    return this.#state.watch();
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

  async #open(model: LibraryModel): Promise<void> {
    const attempt = ++this.#attempt;
    const set = (state: ModelState) => {
      if (attempt !== this.#attempt) throw new KangarooError('cancelled', 'Another model is being loaded instead.');
      this.#state.set(state);
    };
    this.#leaveLoading?.();
    set({ status: 'loading', model, fraction: 0 });
    try {
      await this.#engine.stop();
      const loaded = await this.#load(model, (fraction) => set({ status: 'loading', model, fraction }));
      set({ status: 'calibrating', model, loaded });
      const costs = await this.#engine.measure();
      set({ status: 'ready', model, loaded, costs });
    } catch (error) {
      // After a crash the host has told already, and whether it starts again.
      const told = error instanceof KangarooError && error.code === 'engine-crashed' && this.state.status === 'failed';
      if (attempt === this.#attempt && !told) {
        this.#state.set({ status: 'failed', model, error: shownError(error), restarting: false });
      }
      throw error;
    }
  }

  async #load(model: LibraryModel, onProgress: (fraction: number) => void): Promise<LoadedModel> {
    const stream = this.#engine.load({
      modelPath: model.path,
      adapterPath: model.adapterPath,
      contextSize: 0,
      gpuLayers: -1,
      cacheType: 'f16',
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
