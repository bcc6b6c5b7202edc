// A core whose answers a test writes down: it tells what it is told to tell, and keeps a list of what was asked.
import { appShape, type AppApi } from '../../electron/contract/index.ts';
import { KangarooError } from '../../electron/contract/errors.ts';

type AnswerFor = (...args: never[]) => unknown;

/** A value that is followed: to everybody who watches, now and whenever it is set. */
class Told {
  #value: unknown = undefined;
  readonly #wake = new Set<() => void>();
  #version = 0;

  set(value: unknown): void {
    this.#value = value;
    this.#version++;
    for (const wake of this.#wake) wake();
  }

  watch(): AsyncIterableIterator<unknown> {
    let seen = 0;
    let left = false;
    let wake = () => {};
    const next = async (): Promise<IteratorResult<unknown>> => {
      while (!left && seen === this.#version) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          this.#wake.add(resolve);
        });
        this.#wake.delete(wake);
      }
      seen = this.#version;
      return left ? { done: true, value: undefined } : { done: false, value: this.#value };
    };
    return {
      next,
      async return() {
        left = true;
        wake();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

export class ScriptedCore {
  /** What was asked, in order: `['library.rename', 'id', 'name']`. */
  readonly calls: unknown[][] = [];
  readonly services: AppApi;
  readonly #answers = new Map<string, AnswerFor>();
  readonly #told = new Map<string, Told>();

  constructor() {
    const services: Record<string, Record<string, unknown>> = {};
    for (const [service, shape] of Object.entries(appShape)) {
      const methods: Record<string, unknown> = (services[service] = {});
      for (const [method, kind] of Object.entries(shape)) {
        const name = `${service}.${method}`;
        methods[method] =
          kind === 'stream' ? (...args: never[]) => this.#stream(name, args) : (...args: never[]) => this.#call(name, args);
      }
    }
    this.services = services as unknown as AppApi;
  }

  /** What a stream tells now, and to whom begins to watch later. */
  tell(stream: string, value: unknown): void {
    this.#streamOf(stream).set(value);
  }

  /** How a call is answered, or, by a function that returns an iterable, a stream that is no state. Throw to reject. */
  answer(method: string, answer: AnswerFor): void {
    this.#answers.set(method, answer);
  }

  asked(method: string): unknown[][] {
    return this.calls.filter(([name]) => name === method).map(([, ...args]) => args);
  }

  async #call(name: string, args: never[]): Promise<unknown> {
    this.calls.push([name, ...args]);
    const answer = this.#answers.get(name);
    if (!answer) throw new KangarooError('internal', `The scripted core has no answer for ${name}.`);
    return answer(...args);
  }

  #stream(name: string, args: never[]): AsyncIterable<unknown> {
    this.calls.push([name, ...args]);
    const answer = this.#answers.get(name);
    return answer ? (answer(...args) as AsyncIterable<unknown>) : this.#streamOf(name).watch();
  }

  #streamOf(name: string): Told {
    const told = this.#told.get(name) ?? new Told();
    this.#told.set(name, told);
    return told;
  }
}
