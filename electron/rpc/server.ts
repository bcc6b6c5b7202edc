// Answers one peer's calls and streams. Only methods that the shape names can be reached; a slow reader stops its stream
// and nothing else; a peer that breaks the protocol is cut off.
import { KangarooError, toErrorShape, type ErrorShape } from '../contract/errors.ts';
import type { AnyShape } from './shape.ts';
import { parseRequest, streamWindow, type Response } from './codec.ts';
import type { Pipe } from './pipe.ts';

export interface ServeOptions {
  /** Stack traces name files of this machine: true keeps those of `internal` errors here. */
  stripInternalDetail?: boolean;
  /** Every error that goes to the peer, for a log. */
  onError?(method: string, error: unknown): void;
}

interface Method {
  kind: 'call' | 'stream';
  run(args: unknown[]): unknown;
}

interface Stream {
  iterator: AsyncIterator<unknown>;
  /** Items that may still be sent before the reader asks for more. */
  credit: number;
  /** Ends the wait for credit. */
  wake: (() => void) | null;
  cancelled: boolean;
}

/** Calls and streams that one peer may have open at a time. */
const maxOpen = 512;

function methodsOf(services: object, shape: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  const add = (name: string, owner: object, key: string, kind: 'call' | 'stream') => {
    const run: unknown = Reflect.get(owner, key);
    if (typeof run !== 'function') throw new TypeError(`${name} is in the shape, but the service has no such method`);
    methods.set(name, { kind, run: (args) => Reflect.apply(run, owner, args) as unknown });
  };
  for (const [key, entry] of Object.entries(shape)) {
    if (entry === 'call' || entry === 'stream') {
      add(key, services, key, entry);
    } else {
      const service: unknown = Reflect.get(services, key);
      if (typeof service !== 'object' || service === null) throw new TypeError(`there is no service ${key}`);
      for (const [inner, kind] of Object.entries(entry as Record<string, 'call' | 'stream'>)) {
        add(`${key}.${inner}`, service, inner, kind);
      }
    }
  }
  return methods;
}

/** Serves until the pipe closes; then every stream is left. */
export function serve<T extends object>(pipe: Pipe, services: T, shape: AnyShape<T>, options: ServeOptions = {}): void {
  const methods = methodsOf(services, shape);
  const calls = new Set<number>();
  const streams = new Map<number, Stream>();

  function shapeOf(error: unknown): ErrorShape {
    const { code, message, detail } = toErrorShape(error);
    const strip = options.stripInternalDetail === true && code === 'internal';
    return { code, message, ...(detail === undefined || strip ? {} : { detail }) };
  }

  function fail(id: number, method: string, error: unknown): void {
    options.onError?.(method, error);
    pipe.send({ t: 'error', id, error: shapeOf(error) } satisfies Response);
  }

  async function call(id: number, name: string, method: Method, args: unknown[]): Promise<void> {
    calls.add(id);
    try {
      const value = await method.run(args);
      pipe.send({ t: 'result', id, value } satisfies Response);
    } catch (error) {
      fail(id, name, error);
    } finally {
      calls.delete(id);
    }
  }

  async function pump(id: number, stream: Stream): Promise<void> {
    for (;;) {
      if (stream.credit === 0) await new Promise<void>((resolve) => (stream.wake = resolve));
      if (stream.cancelled) return;
      const { done, value } = await stream.iterator.next();
      if (stream.cancelled) return;
      if (done) {
        pipe.send({ t: 'end', id } satisfies Response);
        return;
      }
      stream.credit--;
      pipe.send({ t: 'item', id, value } satisfies Response);
    }
  }

  async function open(id: number, name: string, method: Method, args: unknown[]): Promise<void> {
    let stream: Stream | null = null;
    try {
      const iterator = (method.run(args) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      stream = { iterator, credit: streamWindow, wake: null, cancelled: false };
      streams.set(id, stream);
      await pump(id, stream);
    } catch (error) {
      if (stream?.cancelled) return;
      if (stream) leave(stream);
      fail(id, name, error);
    } finally {
      if (streams.get(id) === stream) streams.delete(id);
    }
  }

  function leave(stream: Stream): void {
    if (stream.cancelled) return;
    stream.cancelled = true;
    stream.wake?.();
    // Nobody is there to hear of an error any more.
    void Promise.resolve(stream.iterator.return?.()).catch(() => {});
  }

  function begin(kind: 'call' | 'stream', id: number, name: string, args: unknown[]): void {
    if (calls.has(id) || streams.has(id)) return pipe.close('an id was used twice');
    const method = methods.get(name);
    if (!method || method.kind !== kind) {
      return fail(id, name, new KangarooError('unknown-method', `There is no ${kind} named ${JSON.stringify(name)}.`));
    }
    if (calls.size + streams.size >= maxOpen) {
      return fail(id, name, new KangarooError('busy', `More than ${maxOpen} calls are open on this connection.`));
    }
    void (kind === 'call' ? call : open)(id, name, method, args);
  }

  pipe.onMessage((message) => {
    const request = parseRequest(message);
    if (!request) return pipe.close('a message was not understood');
    if (request.t === 'call') return begin('call', request.id, request.method, request.args);
    if (request.t === 'open') return begin('stream', request.id, request.method, request.args);
    // A stream that ended meanwhile is unknown here: nothing is wrong with that.
    const stream = streams.get(request.id);
    if (!stream) return;
    if (request.t === 'cancel') {
      streams.delete(request.id);
      leave(stream);
    } else {
      stream.credit = Math.min(stream.credit + request.count, streamWindow);
      stream.wake?.();
    }
  });

  pipe.onClose(() => {
    for (const stream of streams.values()) leave(stream);
    streams.clear();
  });
}
