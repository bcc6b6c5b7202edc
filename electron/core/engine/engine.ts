// The engine as the rest of the app asks it: one model, one session, one generation at a time, around the native addon.
// Leaving a stream cancels what it stands for; arguments are checked before anything native sees them.
import type {
  Costs,
  EngineApi,
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  LoadEvent,
  LoadRequest,
} from '../../contract/engine.ts';
import { KangarooError, toErrorShape } from '../../contract/errors.ts';
import { Queue } from '../../rpc/queue.ts';
import type { NativeAdapter, NativeAddon, NativeModel, NativeSession } from './addon.ts';
import { parseGenerateRequest, parseLoadRequest } from './options.ts';
import { promptIds, promptStops } from './prompt.ts';

/** What the default context is at most, in tokens: more costs memory that a chat seldom needs. */
const longestDefaultContext = 8192;
/** Where a file does not say what it was trained for. */
const unknownTrainedContext = 4096;
/** The widest verification that is measured: seven drafts and one. */
const measuredRows = 8;
/** Tokens in the context while it is measured: a short conversation. */
const measuredDepth = 64;
/** A calibration that people do not notice. */
const measureBudgetMs = 600;

interface Loaded {
  model: NativeModel;
  adapter: NativeAdapter | null;
  session: NativeSession;
}

/** Something that occupies the engine. */
interface Task {
  name: 'load' | 'answer' | 'measure';
  cancelled: boolean;
  /** Never rejects. */
  finished: Promise<void>;
  cancel(): void;
}

const loadCancelled = () => new KangarooError('cancelled', 'The model was not loaded: the load was cancelled.');

export class Engine implements EngineApi {
  readonly #addon: NativeAddon;
  #loaded: Loaded | null = null;
  #task: Task | null = null;

  constructor(addon: NativeAddon) {
    this.#addon = addon;
  }

  /** Rejects with `busy` while it works, else as the addon does. What was loaded before is unloaded first. */
  load(request: LoadRequest): AsyncIterable<LoadEvent> {
    return this.#stream('load', (queue, task) => this.#load(queue, task, request));
  }

  generate(request: GenerateRequest): AsyncIterable<GenerationEvent[]> {
    return this.#stream('answer', (queue, task) => this.#generate(queue, task, request));
  }

  async measure(): Promise<Costs> {
    return this.#begin('measure', async () => {
      const { session } = this.#require();
      const depth = Math.max(1, Math.min(measuredDepth, Math.floor(session.contextSize / 4)));
      return session.measure({ maxRows: measuredRows, repeat: 5, depth, budgetMs: measureBudgetMs });
    });
  }

  /** Resolves when the answer has ended. */
  async stop(): Promise<void> {
    const task = this.#task;
    if (task?.name !== 'answer') return;
    task.cancel();
    await task.finished;
  }

  async unload(): Promise<void> {
    while (this.#task) {
      this.#task.cancelled = true;
      this.#task.cancel();
      await this.#task.finished;
    }
    await this.#dispose();
  }

  async version(): Promise<string> {
    return this.#addon.version();
  }

  async #load(queue: Queue<LoadEvent>, task: Task, unchecked: LoadRequest): Promise<void> {
    const request = parseLoadRequest(unchecked);
    await this.#dispose();
    if (task.cancelled) throw loadCancelled();

    let reported = 0;
    const loading = this.#addon.loadModel({ path: request.modelPath, gpuLayers: request.gpuLayers }, (fraction) => {
      if (fraction - reported < 0.01 && fraction < 1) return;
      reported = fraction;
      queue.push({ type: 'progress', fraction });
    });
    task.cancel = () => loading.cancel();
    const model = await loading.promise;
    try {
      let { adapter, adapterError } = await this.#loadAdapter(model, request.adapterPath);
      const { trainedContext } = model.info;
      const options = {
        contextSize: request.contextSize || Math.min(trainedContext || unknownTrainedContext, longestDefaultContext),
        cacheType: request.cacheType,
        threads: request.threads,
        flashAttention: 'auto' as const,
      };
      const session = await model.createSession({ ...options, adapter }).catch(async (error: unknown) => {
        const shape = toErrorShape(error);
        if (adapter === null || shape.code !== 'unsupported-architecture') throw error;
        // This network cannot be left at an inner layer: that, too, leaves a model that is worth having.
        adapter = null;
        adapterError = { code: shape.code, message: shape.message };
        return model.createSession({ ...options, adapter });
      });
      this.#loaded = { model, adapter, session };
      const { contextSize, threads } = session;
      const devices = this.#addon.devices();
      const info: LoadedModel = {
        model: model.info,
        adapter: adapter?.info ?? null,
        adapterError,
        contextSize,
        threads,
        devices,
        memory: session.memory(),
      };
      if (task.cancelled) throw loadCancelled();
      queue.push({ type: 'loaded', loaded: info });
    } catch (error) {
      if (this.#loaded) await this.#dispose();
      else await model.dispose();
      throw error;
    }
  }

  /** The model is worth having without its adapter: the error is told, not thrown. */
  async #loadAdapter(model: NativeModel, path: string | null) {
    if (path === null) return { adapter: null, adapterError: null };
    try {
      return { adapter: await model.loadAdapter(path), adapterError: null };
    } catch (error) {
      const { code, message } = toErrorShape(error);
      return { adapter: null, adapterError: { code, message } };
    }
  }

  async #generate(queue: Queue<GenerationEvent[]>, task: Task, unchecked: GenerateRequest): Promise<void> {
    const { prompt, options } = parseGenerateRequest(unchecked);
    const { model, adapter, session } = this.#require();
    if (options.mode === 'kangaroo' && !adapter) {
      throw new KangarooError('no-adapter', 'No adapter is loaded for this model. Answer plainly, or load one.');
    }
    const vocabularySize = model.info.vocabularySize;
    if (prompt.kind === 'tokens' && prompt.tokenIds.some((id) => id >= vocabularySize)) {
      throw new KangarooError('invalid-argument', `Token ids of this model are below ${vocabularySize}.`);
    }
    const ids = promptIds(model, prompt);
    if (ids.length >= session.contextSize) {
      throw new KangarooError(
        'prompt-too-long',
        `The conversation is ${ids.length} tokens long, and this model's context holds ${session.contextSize}. ` +
          'Start a new chat, or write a shorter message.',
      );
    }
    const stop = [...options.stop, ...promptStops(model, prompt)];
    task.cancel = () => session.cancel();
    let done = false;
    const last = await session.generate(ids, { ...options, stop }, (events) => {
      done ||= events.some((event) => event.type === 'done');
      queue.push(events);
    });
    if (!done) queue.push([last]);
  }

  #require(): Loaded {
    if (!this.#loaded) throw new KangarooError('no-model', 'No model is loaded. Choose one first.');
    return this.#loaded;
  }

  /** A stream whose work begins when it is iterated, and is cancelled when it is left. */
  #stream<T>(name: Task['name'], work: (queue: Queue<T>, task: Task) => Promise<void>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const started: { task: Task | null; left: boolean } = { task: null, left: false };
        const queue = new Queue<T>({
          onReturn: () => {
            started.left = true;
            if (!started.task) return;
            started.task.cancelled = true;
            started.task.cancel();
          },
        });
        const run = this.#begin(name, async (task) => {
          started.task = task;
          if (!started.left) await work(queue, task);
        });
        run.then(
          () => queue.end(),
          (error: unknown) => queue.fail(error),
        );
        return queue;
      },
    };
  }

  /** Runs alone. A measurement and what was cancelled are waited for; what else is under way makes the engine `busy`. */
  async #begin<T>(name: Task['name'], work: (task: Task) => Promise<T>): Promise<T> {
    while (this.#task) {
      if (!this.#task.cancelled && this.#task.name !== 'measure') {
        throw new KangarooError('busy', `The engine is at work. Stop it, or wait until it is done.`);
      }
      await this.#task.finished;
    }
    const task: Task = { name, cancelled: false, finished: Promise.resolve(), cancel: () => {} };
    this.#task = task;
    const running = work(task);
    task.finished = running.then(
      () => {},
      () => {},
    );
    try {
      return await running;
    } finally {
      this.#task = null;
    }
  }

  async #dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    if (!loaded) return;
    await loaded.session.dispose();
    await loaded.model.dispose();
  }
}
