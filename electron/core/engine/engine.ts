// The engine as the rest of the app asks it: one model, a session for each conversation, around the native addon. Several
// conversations are answered at once; the addon lets them take turns.
// Leaving a stream cancels what it stands for; arguments are checked before anything native sees them.
import { join } from 'node:path';
import type {
  Costs,
  EngineApi,
  EngineMemory,
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  LoadEvent,
  LoadRequest,
  Logits,
  LogitsRequest,
  Prompt,
} from '../../contract/engine.ts';
import { KangarooError, toErrorShape } from '../../contract/errors.ts';
import { Queue } from '../../rpc/queue.ts';
import type { NativeAdapter, NativeAddon, NativeModel, NativeSessionOptions } from './addon.ts';
import { KeptStates, keptStatesFolder } from './kept-states.ts';
import { Learned } from './learned.ts';
import { logitsOf } from './logits.ts';
import {
  parseAdapterPath,
  parseConversationId,
  parseGenerateRequest,
  parseLoadRequest,
  parseLogitsRequest,
  parseText,
} from './options.ts';
import { promptIds, promptStops } from './prompt.ts';
import { fittingPrompt } from './fitting.ts';
import { Sessions, type Owner } from './sessions.ts';

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

interface Loaded extends Drafting {
  model: NativeModel;
  options: SessionChoices;
  stateFolder: string | null;
}

/** What an adapter, or none, makes of a model; another adapter replaces it while the model stays. */
interface Drafting {
  adapter: NativeAdapter | null;
  sessions: Sessions;
  learned: Learned | null;
  info: LoadedModel;
}

type SessionChoices = Omit<NativeSessionOptions, 'adapter'>;

/** Something that occupies the engine. */
interface Task {
  name: 'load' | 'attach' | 'answer' | 'measure';
  /** Whom it answers. */
  owner: Owner;
  cancelled: boolean;
  /** Never rejects. */
  finished: Promise<void>;
  cancel(): void;
}

/** Only answers to different conversations go together. */
const together = (one: Pick<Task, 'name' | 'owner'>, other: Pick<Task, 'name' | 'owner'>) =>
  one.name === 'answer' && other.name === 'answer' && one.owner !== other.owner;

const withLeftOut = (event: GenerationEvent, leftOutTurns: number): GenerationEvent =>
  event.type === 'prompt' ? { ...event, leftOutTurns } : event;

const loadCancelled = () => new KangarooError('cancelled', 'The model was not loaded: the load was cancelled.');

export class Engine implements EngineApi {
  readonly #addon: NativeAddon;
  readonly #tasks = new Set<Task>();
  #unloading: Promise<void> | null = null;
  #loaded: Loaded | null = null;
  #kept: KeptStates | null = null;

  constructor(addon: NativeAddon) {
    this.#addon = addon;
  }

  /** Rejects with `busy` while it works, else as the addon does. What was loaded before is unloaded first. */
  load(request: LoadRequest): AsyncIterable<LoadEvent> {
    return this.#stream('load', null, (queue, task) => this.#load(queue, task, request));
  }

  generate(request: GenerateRequest): AsyncIterable<GenerationEvent[]> {
    return this.#stream('answer', request?.conversationId ?? null, (queue, task) => this.#generate(queue, task, request));
  }

  async attach(adapterPath: string | null): Promise<LoadedModel> {
    const path = parseAdapterPath(adapterPath);
    return this.#begin('attach', null, () => this.#attach(path));
  }

  async measure(): Promise<Costs> {
    return this.#begin('measure', null, async () => {
      const { sessions } = this.#require();
      const depth = Math.max(1, Math.min(measuredDepth, Math.floor(sessions.contextSize / 4)));
      const options = { maxRows: measuredRows, repeat: 5, depth, budgetMs: measureBudgetMs };
      return sessions.use(null, new AbortController().signal, (session) => session.measure(options));
    });
  }

  /** Resolves when the answers have ended. */
  async stop(conversationId: string | null = null): Promise<void> {
    const stopped = [...this.#tasks].filter(
      ({ name, owner }) => name === 'answer' && (conversationId === null || owner === conversationId),
    );
    for (const task of stopped) task.cancel();
    await Promise.all(stopped.map((task) => task.finished));
  }

  async forget(conversationId: string): Promise<void> {
    const id = parseConversationId(conversationId);
    await this.stop(id);
    await this.#loaded?.sessions.forget(id);
    await this.#kept?.forget(id);
  }

  unload(): Promise<void> {
    this.#unloading ??= this.#unload().finally(() => {
      this.#unloading = null;
    });
    return this.#unloading;
  }

  async #unload(): Promise<void> {
    const tasks = [...this.#tasks];
    for (const task of tasks) {
      task.cancelled = true;
      task.cancel();
    }
    await Promise.all(tasks.map((task) => task.finished));
    await this.#dispose();
  }

  async memory(): Promise<EngineMemory> {
    return { parts: this.#loaded?.sessions.memory() ?? [], gpus: this.#addon.gpus() };
  }

  async countTokens(text: string): Promise<number> {
    const { model } = this.#require();
    return model.tokenize(parseText(text), { addSpecial: false, parseSpecial: false }).length;
  }

  async version(): Promise<string> {
    return this.#addon.version();
  }

  /** Waits while the conversation is answered, as a second answer would be refused. */
  async logits(unchecked: LogitsRequest): Promise<Logits> {
    const { prompt, tokenIds, candidateIds, options, conversationId } = parseLogitsRequest(unchecked);
    const { model, sessions } = this.#require();
    this.#checkIds([...tokenIds, ...candidateIds]);
    const { ids } = this.#promptIds(prompt, options.contextShift);
    const read = Int32Array.from([...ids, ...tokenIds]);
    this.#checkLength(read.length);
    return this.#begin('answer', conversationId, async (task) => {
      const waiting = new AbortController();
      task.cancel = () => waiting.abort();
      return sessions.use(conversationId, waiting.signal, async (session) => {
        task.cancel = () => session.cancel();
        const { logits } = await session.prefill(read, options);
        return logitsOf(logits, candidateIds, model);
      });
    });
  }

  /** Throws `invalid-argument` for ids that the model does not have, and `prompt-too-long`. */
  #promptIds(prompt: Prompt, contextShift: boolean): { ids: Int32Array; leftOut: number } {
    const { model, sessions } = this.#require();
    if (prompt.kind === 'tokens') this.#checkIds(prompt.tokenIds);
    if (prompt.kind === 'messages') this.#checkIds(prompt.begun?.tokenIds ?? []);
    const found = contextShift
      ? fittingPrompt(model, prompt, sessions.contextSize)
      : { ids: promptIds(model, prompt), leftOut: 0 };
    this.#checkLength(found.ids.length);
    return found;
  }

  #checkIds(ids: readonly number[]): void {
    const { vocabularySize } = this.#require().model.info;
    if (ids.some((id) => id >= vocabularySize)) {
      throw new KangarooError('invalid-argument', `Token ids of this model are below ${vocabularySize}.`);
    }
  }

  #checkLength(tokens: number): void {
    const { contextSize } = this.#require().sessions;
    if (tokens < contextSize) return;
    throw new KangarooError(
      'prompt-too-long',
      `The conversation is ${tokens} tokens long, and this model's context holds ${contextSize}. ` +
        'Start a new chat, or write a shorter message.',
    );
  }

  async #load(queue: Queue<LoadEvent>, task: Task, unchecked: LoadRequest): Promise<void> {
    const request = parseLoadRequest(unchecked);
    const { stateFolder } = request;
    await this.#dispose();
    this.#kept = stateFolder === null ? null : new KeptStates(keptStatesFolder(stateFolder));
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
      const { trainedContext } = model.info;
      const options: SessionChoices = {
        contextSize: request.contextSize || Math.min(trainedContext || unknownTrainedContext, longestDefaultContext),
        cacheType: request.cacheType,
        threads: request.threads,
        flashAttention: 'auto',
      };
      const drafting = await this.#open(model, options, await this.#loadAdapter(model, request.adapterPath), stateFolder);
      this.#loaded = { model, options, stateFolder, ...drafting };
      if (task.cancelled) throw loadCancelled();
      queue.push({ type: 'loaded', loaded: drafting.info });
    } catch (error) {
      if (this.#loaded) await this.#dispose();
      else await model.dispose();
      throw error;
    }
  }

  /** The old contexts go before the new one comes: two at once may not fit. */
  async #attach(path: string | null): Promise<LoadedModel> {
    const loaded = this.#require();
    const { model, options, stateFolder } = loaded;
    const found = await this.#loadAdapter(model, path);
    await loaded.sessions.close();
    try {
      // What was measured to be the fastest stays so.
      const { contextSize, threads } = loaded.info;
      const drafting = await this.#open(model, { ...options, contextSize, threads }, found, stateFolder);
      this.#loaded = { model, options, stateFolder, ...drafting };
      return drafting.info;
    } catch (error) {
      this.#loaded = null;
      await model.dispose();
      throw error;
    }
  }

  async #open(
    model: NativeModel,
    options: SessionChoices,
    found: { adapter: NativeAdapter | null; adapterError: LoadedModel['adapterError'] },
    stateFolder: string | null,
  ): Promise<Drafting> {
    let { adapter, adapterError } = found;
    const first = await model.createSession({ ...options, adapter }).catch(async (error: unknown) => {
      const shape = toErrorShape(error);
      if (adapter === null || shape.code !== 'unsupported-architecture') throw error;
      // This network cannot be left at an inner layer: that, too, leaves a model that is worth having.
      adapter = null;
      adapterError = { code: shape.code, message: shape.message };
      return model.createSession({ ...options, adapter });
    });
    const { contextSize, threads } = first;
    const pair = { model: model.info, adapter: adapter && { ...adapter.info, checksum: adapter.checksum } };
    const learned = stateFolder === null ? null : new Learned(join(stateFolder, 'learned'), pair);
    const open = () => model.createSession({ ...options, contextSize, threads, adapter });
    const info: LoadedModel = {
      model: model.info,
      adapter: adapter?.info ?? null,
      adapterError,
      contextSize,
      threads,
      devices: this.#addon.devices(),
      memory: first.memory(),
    };
    return { adapter, learned, info, sessions: new Sessions({ first, open, kept: this.#kept, learned }) };
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
    const { prompt, options, conversationId = null } = parseGenerateRequest(unchecked);
    const { adapter, sessions, learned, model } = this.#require();
    if (options.mode === 'kangaroo' && !adapter) {
      throw new KangarooError('no-adapter', 'No adapter is loaded for this model. Answer plainly, or load one.');
    }
    const { ids, leftOut } = this.#promptIds(prompt, options.contextShift);
    const stop = [...options.stop, ...promptStops(model, prompt)];
    const waiting = new AbortController();
    task.cancel = () => waiting.abort();
    await sessions.use(conversationId, waiting.signal, async (session) => {
      if (waiting.signal.aborted) throw new KangarooError('cancelled', 'Stopped before the answer had begun.');
      task.cancel = () => session.cancel();
      let done = false;
      const last = await session.generate(ids, { ...options, stop }, (events) => {
        done ||= events.some((event) => event.type === 'done');
        queue.push(leftOut > 0 ? events.map((event) => withLeftOut(event, leftOut)) : events);
      });
      learned?.update(session.learned());
      if (!done) queue.push([last]);
    });
  }

  #require(): Loaded {
    if (!this.#loaded) throw new KangarooError('no-model', 'No model is loaded. Choose one first.');
    return this.#loaded;
  }

  /** A stream whose work begins when it is iterated, and is cancelled when it is left. */
  #stream<T>(name: Task['name'], owner: Owner, work: (queue: Queue<T>, task: Task) => Promise<void>): AsyncIterable<T> {
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
        const run = this.#begin(name, owner, async (task) => {
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

  /**
   * Runs beside answers to other conversations at most. A measurement, a change of adapters and what was cancelled are waited
   * for, and a change of adapters waits for everything; what else is in the way makes the engine `busy`.
   */
  async #begin<T>(name: Task['name'], owner: Owner, work: (task: Task) => Promise<T>): Promise<T> {
    const task: Task = { name, owner, cancelled: false, finished: Promise.resolve(), cancel: () => {} };
    for (;;) {
      if (this.#unloading) {
        await this.#unloading; // what begins now must not share memory with what is being freed
        continue;
      }
      const other = [...this.#tasks].find((each) => !together(each, task));
      if (!other) break;
      const waits = name === 'attach' || other.cancelled || other.name === 'measure' || other.name === 'attach';
      if (!waits) {
        throw new KangarooError('busy', `The engine is at work. Stop it, or wait until it is done.`);
      }
      await other.finished;
    }
    this.#tasks.add(task);
    const running = work(task);
    task.finished = running.then(
      () => {},
      () => {},
    );
    try {
      return await running;
    } finally {
      this.#tasks.delete(task);
    }
  }

  async #dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    if (!loaded) return;
    await loaded.sessions.close();
    await loaded.model.dispose();
  }
}
