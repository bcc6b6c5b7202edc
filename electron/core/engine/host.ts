// Owns the engine's process: starts it when it is first needed, starts it again after a crash, and turns what was pending
// into `engine-crashed` with the reason. After several crashes without one answer it gives up until `revive`.
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
} from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import { engineShape } from '../../contract/index.ts';
import { createClient } from '../../rpc/client.ts';
import type { EngineExit, EngineProcess, SpawnEngine } from './engine-process.ts';
import { exitError, gaveUpError } from './exit.ts';

export interface HostOptions {
  /** The wait before the first restart; each further one in a row waits twice as long. */
  backoffMs?: number;
  /** After this many crashes without an answer in between, the engine stays down. */
  mostCrashes?: number;
}

/** A restarted engine has no model: who had one loaded loads it again. */
export type HostEvent = { type: 'crashed'; error: KangarooError; restarting: boolean } | { type: 'restarted' };

interface Child {
  process: EngineProcess;
  client: EngineApi;
  /** Resolves when the process has ended, with the error for whoever waited for it. */
  ended: Promise<KangarooError>;
}

/** What the child may take to keep its caches and free its model when it is asked to end, and then to be gone. */
const unloadMs = 5000;
const exitMs = 500;

function within(promise: Promise<unknown>, ms: number): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const settle = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    promise.then(settle, settle);
  });
}

export class EngineHost implements EngineApi {
  readonly #spawn: SpawnEngine;
  readonly #backoffMs: number;
  readonly #mostCrashes: number;
  readonly #listeners = new Set<(event: HostEvent) => void>();
  readonly #answeringListeners: ((answers: number) => void)[] = [];
  #answers = 0;
  #child: Child | null = null;
  #crashes = 0;
  #gaveUp: KangarooError | null = null;
  #restart: { timer: NodeJS.Timeout; done: Promise<void>; finish(): void } | null = null;
  #closing = false;

  constructor(spawn: SpawnEngine, options: HostOptions = {}) {
    this.#spawn = spawn;
    this.#backoffMs = options.backoffMs ?? 500;
    this.#mostCrashes = options.mostCrashes ?? 3;
  }

  /** The process's id while it runs. */
  get pid(): number | undefined {
    return this.#child?.process.pid;
  }

  onEvent(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told how many answers are under way whenever that changes: who else computes may want to wait. */
  onAnswering(listener: (answers: number) => void): void {
    this.#answeringListeners.push(listener);
  }

  load(request: LoadRequest): AsyncIterable<LoadEvent> {
    return this.#stream((client) => client.load(request));
  }

  generate(request: GenerateRequest): AsyncIterable<GenerationEvent[]> {
    // An engine that answers to the end is a healthy one.
    const answer = this.#stream(
      (client) => client.generate(request),
      () => (this.#crashes = 0),
    );
    return { [Symbol.asyncIterator]: () => this.#counted(answer[Symbol.asyncIterator]()) };
  }

  unload(): Promise<void> {
    return this.#call((client) => client.unload());
  }

  attach(adapterPath: string | null): Promise<LoadedModel> {
    return this.#call((client) => client.attach(adapterPath));
  }

  measure(): Promise<Costs> {
    return this.#call((client) => client.measure());
  }

  memory(): Promise<EngineMemory> {
    return this.#call((client) => client.memory());
  }

  logits(request: LogitsRequest): Promise<Logits> {
    return this.#call((client) => client.logits(request));
  }

  stop(conversationId: string | null = null): Promise<void> {
    return this.#call((client) => client.stop(conversationId));
  }

  forget(conversationId: string): Promise<void> {
    return this.#call((client) => client.forget(conversationId));
  }

  countTokens(text: string): Promise<number> {
    return this.#call((client) => client.countTokens(text));
  }

  version(): Promise<string> {
    return this.#call((client) => client.version());
  }

  /** Forgets the crashes: somebody asked to try once more. */
  revive(): void {
    this.#crashes = 0;
    this.#gaveUp = null;
  }

  /** Ends the process; what is pending is rejected with `closed`. Safe twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#endRestart();
    const child = this.#child;
    if (!child) return;
    await within(child.client.unload(), unloadMs);
    child.process.pipe.close('the engine is shut down');
    await within(child.ended, exitMs);
    child.process.kill();
    await child.ended;
  }

  async #ready(): Promise<Child> {
    while (this.#restart) await this.#restart.done;
    if (this.#closing) throw new KangarooError('closed', 'The engine is shut down.');
    if (this.#gaveUp) throw this.#gaveUp;
    return this.#start();
  }

  #start(): Child {
    if (this.#child) return this.#child;
    const process = this.#spawn();
    const ended = new Promise<KangarooError>((resolve) => {
      process.onExit((exit) => resolve(this.#onExit(exit)));
    });
    // A process that cannot be spoken to is of no use, even where it still runs.
    process.pipe.onClose(() => void within(ended, unloadMs + exitMs).then(() => process.kill()));
    this.#child = { process, client: createClient<EngineApi>(process.pipe, engineShape), ended };
    return this.#child;
  }

  #onExit(exit: EngineExit): KangarooError {
    this.#child = null;
    if (this.#closing) return new KangarooError('closed', 'The engine was shut down.');
    this.#crashes++;
    const restarting = this.#crashes < this.#mostCrashes;
    const error = restarting ? exitError(exit) : gaveUpError(exit, this.#crashes);
    if (restarting) this.#scheduleRestart();
    else this.#gaveUp = error;
    this.#emit({ type: 'crashed', error, restarting });
    return error;
  }

  #scheduleRestart(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => {
        this.#endRestart();
        try {
          this.#start();
        } catch (error) {
          this.#onExit({ code: null, signal: null, lastWords: String(error) });
          return;
        }
        this.#emit({ type: 'restarted' });
      },
      this.#backoffMs * 2 ** (this.#crashes - 1),
    );
    this.#restart = { timer, done: promise, finish: resolve };
  }

  #endRestart(): void {
    if (!this.#restart) return;
    clearTimeout(this.#restart.timer);
    this.#restart.finish();
    this.#restart = null;
  }

  #emit(event: HostEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #call<T>(ask: (client: EngineApi) => Promise<T>): Promise<T> {
    const child = await this.#ready();
    try {
      return await ask(child.client);
    } catch (error) {
      throw await this.#translate(child, error);
    }
  }

  #stream<T>(ask: (client: EngineApi) => AsyncIterable<T>, onEnd?: () => void): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => this.#iterate(ask, onEnd) };
  }

  #counted<T>(answer: AsyncIterator<T>): AsyncIterator<T> {
    let counts = 0;
    const count = (now: 0 | 1) => {
      if (now === counts) return;
      this.#answers += now - counts;
      counts = now;
      for (const listener of this.#answeringListeners) listener(this.#answers);
    };
    return {
      async next() {
        count(1);
        try {
          const result = await answer.next();
          if (result.done) count(0);
          return result;
        } catch (error) {
          count(0);
          throw error;
        }
      },
      async return() {
        const result = await answer.return?.();
        count(0);
        return result ?? { value: undefined, done: true };
      },
    };
  }

  #iterate<T>(ask: (client: EngineApi) => AsyncIterable<T>, onEnd?: () => void): AsyncIterator<T> {
    let opened: { child: Child; items: AsyncIterator<T> } | null = null;
    let left = false;
    const end = { value: undefined, done: true } as const;
    return {
      next: async () => {
        if (!opened) {
          const child = await this.#ready();
          if (left) return end;
          opened = { child, items: ask(child.client)[Symbol.asyncIterator]() };
        }
        try {
          const result = await opened.items.next();
          if (result.done && !left) onEnd?.();
          return result;
        } catch (error) {
          throw await this.#translate(opened.child, error);
        }
      },
      return: async () => {
        left = true;
        await opened?.items.return?.();
        return end;
      },
    };
  }

  /** `closed` says that the pipe broke; the process's end says why. */
  async #translate(child: Child, error: unknown): Promise<unknown> {
    return error instanceof KangarooError && error.code === 'closed' ? await child.ended : error;
  }
}
