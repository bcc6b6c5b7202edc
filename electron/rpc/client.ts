// Turns a contract into a client over a pipe: calls are promises, streams are async iterables whose early exit cancels
// them at the server. When the pipe closes, everything pending is rejected with `closed`, by name.
import { fromErrorShape, KangarooError } from '../contract/errors.ts';
import type { AnyShape } from './shape.ts';
import { parseResponse, streamWindow, type Request, type Response } from './codec.ts';
import type { Pipe } from './pipe.ts';
import { Queue } from './queue.ts';

interface Pending {
  method: string;
  receive(response: Response): void;
  fail(error: KangarooError): void;
}

/** How many items the reader takes before the server hears of it. */
const acknowledgeEvery = streamWindow / 2;

class Connection {
  readonly #pipe: Pipe;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #closedReason: string | null = null;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
    pipe.onMessage((message) => {
      const response = parseResponse(message);
      if (!response) return pipe.close('an answer was not understood');
      // What a cancelled stream still sent is unknown here, and of no interest.
      this.#pending.get(response.id)?.receive(response);
    });
    pipe.onClose((reason) => {
      this.#closedReason = reason;
      const pending = [...this.#pending.values()];
      this.#pending.clear();
      for (const each of pending) each.fail(this.#closed(each.method));
    });
  }

  call(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#begin('call', method, args, {
        method,
        receive: (response) => {
          this.#pending.delete(id);
          if (response.t === 'result') resolve(response.value);
          else if (response.t === 'error') reject(fromErrorShape(response.error));
          else reject(new KangarooError('internal', `\`${method}\` answered as a stream.`));
        },
        fail: reject,
      });
    });
  }

  stream(method: string, args: unknown[]): AsyncIterable<unknown> {
    return { [Symbol.asyncIterator]: () => this.#open(method, args) };
  }

  #open(method: string, args: unknown[]): Queue<unknown> {
    let taken = 0;
    const queue = new Queue<unknown>({
      onTake: () => {
        taken++;
        if (taken < acknowledgeEvery || !this.#pending.has(id)) return;
        this.#send({ t: 'more', id, count: taken });
        taken = 0;
      },
      onReturn: () => {
        if (this.#pending.delete(id)) this.#send({ t: 'cancel', id });
      },
    });
    const id = this.#begin('open', method, args, {
      method,
      receive: (response) => {
        if (response.t === 'item') return queue.push(response.value);
        this.#pending.delete(id);
        if (response.t === 'end') queue.end();
        else if (response.t === 'error') queue.fail(fromErrorShape(response.error));
        else queue.fail(new KangarooError('internal', `\`${method}\` answered as a call.`));
      },
      fail: (error) => queue.fail(error),
    });
    return queue;
  }

  #begin(t: 'call' | 'open', method: string, args: unknown[], pending: Pending): number {
    const id = this.#nextId++;
    if (this.#closedReason !== null) {
      pending.fail(this.#closed(method));
      return id;
    }
    this.#pending.set(id, pending);
    try {
      this.#send({ t, id, method, args });
    } catch (error) {
      this.#pending.delete(id);
      pending.fail(
        new KangarooError('invalid-argument', `\`${method}\` was given something that cannot be sent.`, String(error)),
      );
    }
    return id;
  }

  #send(request: Request): void {
    this.#pipe.send(request);
  }

  #closed(method: string): KangarooError {
    return new KangarooError('closed', `\`${method}\` got no answer: ${this.#closedReason}.`);
  }
}

/** A client of what `serve` offers at the other end. Streams open when they are iterated, anew for each iteration. */
export function createClient<T extends object>(pipe: Pipe, shape: AnyShape<T>): T {
  const connection = new Connection(pipe);
  const build = (entries: object, prefix: string): object =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]: [string, unknown]) => {
        const method = prefix + name;
        if (entry === 'call') return [name, (...args: unknown[]) => connection.call(method, args)];
        if (entry === 'stream') return [name, (...args: unknown[]) => connection.stream(method, args)];
        return [name, build(entry as object, `${method}.`)];
      }),
    );
  return build(shape, '') as T;
}
