// The rpc over real transports: a MessageChannel, a WebSocket on loopback, a child process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, WebSocket as NodeWebSocket } from 'ws';
import { createClient } from './client.ts';
import { streamWindow } from './codec.ts';
import { emitterPortPipe, messagePortPipe } from './message-port.ts';
import type { Pipe } from './pipe.ts';
import { processPipe } from './process.ts';
import { serve, type ServeOptions } from './server.ts';
import { createSampleService, sampleShape, type Observed, type SampleApi } from './testing/sample-service.ts';
import { webSocketPipe } from './web-socket.ts';

interface Connected {
  client: SampleApi['sample'];
  clientPipe: Pipe;
  /** Null where the server is another process. */
  observed: Observed | null;
  serverPipe: Pipe | null;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function join(clientPipe: Pipe, serverPipe: Pipe, options: ServeOptions = {}): Connected {
  const { services, observed } = createSampleService();
  serve(serverPipe, services, sampleShape, options);
  cleanups.push(() => clientPipe.close());
  return { client: createClient(clientPipe, sampleShape).sample, clientPipe, observed, serverPipe };
}

async function overMessageChannel(options?: ServeOptions): Promise<Connected> {
  const { port1, port2 } = new MessageChannel();
  return join(messagePortPipe(port1), messagePortPipe(port2), options);
}

/** Node's own ports, used as Electron's main process uses its kind: an event emitter whose events carry `data`. */
async function overEmitterPorts(): Promise<Connected> {
  const { port1, port2 } = new MessageChannel();
  const asEmitter = (port: typeof port1) => ({
    postMessage: (message: unknown) => port.postMessage(message),
    on: (event: 'message' | 'close', listener: (event: { data: unknown }) => void) =>
      port.on(event, (data: unknown) => listener({ data })),
    start: () => port.start(),
    close: () => port.close(),
  });
  return join(emitterPortPipe(asEmitter(port1)), emitterPortPipe(asEmitter(port2)));
}

function overWebSocket(make: (url: string) => WebSocket | NodeWebSocket): () => Promise<Connected> {
  return async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const accepted = once(server, 'connection') as Promise<[NodeWebSocket]>;
    const socket = make(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const clientPipe = webSocketPipe(socket);
    return join(clientPipe, webSocketPipe((await accepted)[0]));
  };
}

async function overChildProcess(): Promise<Connected> {
  const child = fork(fileURLToPath(new URL('testing/sample-child.ts', import.meta.url)), { execArgv: [] });
  const exited = once(child, 'exit');
  const clientPipe = processPipe(child);
  cleanups.push(async () => {
    clientPipe.close();
    await exited;
  });
  return { client: createClient(clientPipe, sampleShape).sample, clientPipe, observed: null, serverPipe: null };
}

const transports: [string, () => Promise<Connected>][] = [
  ['a MessageChannel', () => overMessageChannel()],
  ['emitter ports', overEmitterPorts],
  ['the ws package', overWebSocket((url) => new NodeWebSocket(url))],
  ["a browser's WebSocket", overWebSocket((url) => new WebSocket(url))],
  ['a child process', overChildProcess],
];

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Lets everything that is on its way arrive: a call that is answered has overtaken nothing. */
const settle = (client: SampleApi['sample']) => client.echo('settled');

describe.each(transports)('over %s', (_name, connect) => {
  test('calls answer with their value, each its own', async () => {
    const { client } = await connect();
    const answers = await Promise.all([client.add(1, 2), client.echo({ text: 'größer 🦘', list: [1, null] }), client.add(3, 4)]);
    expect(answers).toEqual([3, { text: 'größer 🦘', list: [1, null] }, 7]);
    expect(await client.nothing()).toBeUndefined();
  });

  test('errors keep code, message and detail', async () => {
    const { client } = await connect();
    await expect(client.refuse()).rejects.toMatchObject({
      name: 'KangarooError',
      code: 'busy',
      message: 'The engine is answering. Stop it first.',
      detail: 'a detail',
    });
    await expect(client.throwPlain()).rejects.toMatchObject({ code: 'internal', message: 'out of range' });
  });

  test('a stream longer than the window arrives whole and in order', async () => {
    const { client } = await connect();
    expect(await collect(client.count(1000))).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('a stream that fails gives its items first, then the error', async () => {
    const { client } = await connect();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of client.countThenFail(3)) seen.push(item);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'file-damaged' });
    expect(seen).toEqual([0, 1, 2]);
  });

  test('closing rejects what is pending and what comes later, by name', async () => {
    const { client, clientPipe } = await connect();
    await settle(client);
    const call = client.never();
    const stream = client.silence()[Symbol.asyncIterator]();
    const item = stream.next();
    clientPipe.close();
    await expect(call).rejects.toMatchObject({ code: 'closed', message: expect.stringContaining('sample.never') });
    await expect(item).rejects.toMatchObject({ code: 'closed', message: expect.stringContaining('sample.silence') });
    await expect(client.add(1, 1)).rejects.toMatchObject({ code: 'closed', message: expect.stringContaining('sample.add') });
    await expect(collect(client.count(1))).rejects.toMatchObject({ code: 'closed' });
  });
});

const inProcess = transports.filter(([name]) => name !== 'a child process');

describe.each(inProcess)('streams over %s', (_name, connect) => {
  test('leaving a stream leaves it at the server, even while the server waits', async () => {
    const { client, observed } = await connect();
    for await (const item of client.count(1_000_000)) if (item === 5) break;
    await vi.waitFor(() => expect(observed?.left).toBe(1));
    const silent = client.silence()[Symbol.asyncIterator]();
    const waiting = silent.next();
    await settle(client);
    await silent.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    await vi.waitFor(() => expect(observed?.left).toBe(2));
  });

  test('a reader that stops reading stops the server at the window, and goes on where it was', async () => {
    const { client, observed } = await connect();
    const stream = client.count(10_000)[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ value: 0, done: false });
    await settle(client);
    await settle(client);
    expect(observed?.pulled).toBe(streamWindow);
    const rest = await collect({ [Symbol.asyncIterator]: () => stream });
    expect(rest).toEqual(Array.from({ length: 9999 }, (_, i) => i + 1));
  });

  test('the server leaves every stream when the client goes away', async () => {
    const { client, clientPipe, observed } = await connect();
    const stream = client.silence()[Symbol.asyncIterator]();
    stream.next().catch(() => {});
    await settle(client);
    clientPipe.close();
    await vi.waitFor(() => expect(observed?.left).toBe(1));
  });

  test('the client hears when the server goes away', async () => {
    const { client, serverPipe } = await connect();
    await settle(client);
    const call = client.never();
    serverPipe?.close();
    await expect(call).rejects.toMatchObject({ code: 'closed' });
  });
});

test('a killed child rejects what is pending with `closed`', async () => {
  const child = fork(fileURLToPath(new URL('testing/sample-child.ts', import.meta.url)), { execArgv: [] });
  const { sample } = createClient(processPipe(child), sampleShape);
  expect(await sample.add(2, 2)).toBe(4);
  const pending = sample.never();
  child.kill('SIGKILL');
  await expect(pending).rejects.toMatchObject({ code: 'closed' });
});

/** A peer that writes the protocol by hand. */
async function rawClient(options?: ServeOptions) {
  const { port1, port2 } = new MessageChannel();
  const { services } = createSampleService();
  const serverPipe = messagePortPipe(port2);
  serve(serverPipe, services, sampleShape, options);
  const pipe = messagePortPipe(port1);
  const received: unknown[] = [];
  pipe.onMessage((message) => received.push(message));
  cleanups.push(() => pipe.close());
  const closed = new Promise<string>((resolve) => serverPipe.onClose(resolve));
  return { pipe, received, closed };
}

describe('an untrusted client', () => {
  test.each([
    '__proto__',
    'constructor',
    'sample.__proto__',
    'sample.constructor',
    'sample.toString',
    'sample.hasOwnProperty',
    'sample',
    'sample.',
    'echo',
    'sample.echo.call',
  ])('cannot call %s', async (method) => {
    const { pipe, received } = await rawClient();
    pipe.send({ t: 'call', id: 0, method, args: [] });
    pipe.send({ t: 'open', id: 1, method, args: [] });
    await vi.waitFor(() => expect(received).toHaveLength(2));
    for (const message of received) expect(message).toMatchObject({ t: 'error', error: { code: 'unknown-method' } });
  });

  test('cannot call a stream, nor open a call', async () => {
    const { pipe, received } = await rawClient();
    pipe.send({ t: 'call', id: 0, method: 'sample.count', args: [3] });
    pipe.send({ t: 'open', id: 1, method: 'sample.echo', args: [3] });
    await vi.waitFor(() => expect(received).toHaveLength(2));
    for (const message of received) expect(message).toMatchObject({ t: 'error', error: { code: 'unknown-method' } });
  });

  test.each([
    ['nothing', null],
    ['a text', 'call'],
    ['a list', [1, 2]],
    ['an unknown kind', { t: 'eval', id: 0 }],
    ['a negative id', { t: 'call', id: -1, method: 'sample.echo', args: [] }],
    ['an id that is no number', { t: 'call', id: '0', method: 'sample.echo', args: [] }],
    ['a method that is no text', { t: 'call', id: 0, method: ['sample.echo'], args: [] }],
    ['a very long method', { t: 'call', id: 0, method: 'x'.repeat(101), args: [] }],
    ['arguments that are no list', { t: 'call', id: 0, method: 'sample.echo', args: { length: 1 } }],
    ['too many arguments', { t: 'call', id: 0, method: 'sample.echo', args: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
    ['a further key', { t: 'call', id: 0, method: 'sample.echo', args: [], extra: 1 }],
    ['endless credit', { t: 'more', id: 0, count: 1e9 }],
  ])('is cut off after sending %s', async (_name, message) => {
    const { pipe, closed, received } = await rawClient();
    pipe.send(message);
    expect(await closed).toBe('a message was not understood');
    expect(received).toEqual([]);
  });

  test('is cut off when it uses an id twice', async () => {
    const { pipe, closed } = await rawClient();
    pipe.send({ t: 'call', id: 7, method: 'sample.never', args: [] });
    pipe.send({ t: 'open', id: 7, method: 'sample.count', args: [3] });
    expect(await closed).toBe('an id was used twice');
  });

  test('cannot hold more than 512 calls open', async () => {
    const { pipe, received } = await rawClient();
    for (let id = 0; id < 513; id++) pipe.send({ t: 'call', id, method: 'sample.never', args: [] });
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received[0]).toMatchObject({ t: 'error', id: 512, error: { code: 'busy' } });
  });

  test('sees no stack where the option keeps it; the log does', async () => {
    const logged: unknown[] = [];
    const { pipe, received } = await rawClient({ stripInternalDetail: true, onError: (_method, error) => logged.push(error) });
    pipe.send({ t: 'call', id: 0, method: 'sample.throwPlain', args: [] });
    pipe.send({ t: 'call', id: 1, method: 'sample.refuse', args: [] });
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(received).toEqual([
      { t: 'error', id: 0, error: { code: 'internal', message: 'out of range' } },
      {
        t: 'error',
        id: 1,
        error: { code: 'busy', message: 'The engine is answering. Stop it first.', detail: 'a detail' },
      },
    ]);
    expect(logged[0]).toBeInstanceOf(RangeError);
  });

  test('gets an error for a value that cannot be sent', async () => {
    const { client } = await overMessageChannel();
    await expect(client.unsendable()).rejects.toMatchObject({ code: 'internal' });
    await expect(client.echo(() => 1)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(await client.add(1, 1)).toBe(2);
  });
});

describe('an untrusted server', () => {
  test.each([
    ['nonsense', 42],
    ['an error without a message', { t: 'error', id: 0, error: { code: 'busy' } }],
    ['an unknown kind', { t: 'ok', id: 0 }],
  ])('that sends %s is cut off, and what is pending rejected', async (_name, message) => {
    const { port1, port2 } = new MessageChannel();
    const serverPipe = messagePortPipe(port2);
    const { sample } = createClient(messagePortPipe(port1), sampleShape);
    const pending = sample.echo(1);
    serverPipe.send(message);
    await expect(pending).rejects.toMatchObject({ code: 'closed', message: expect.stringContaining('not understood') });
  });

  test('that knows more codes than we do gives `internal`', async () => {
    const { port1, port2 } = new MessageChannel();
    const serverPipe = messagePortPipe(port2);
    const clientPipe = messagePortPipe(port1);
    cleanups.push(() => clientPipe.close());
    const { sample } = createClient(clientPipe, sampleShape);
    const pending = sample.echo(1);
    serverPipe.send({ t: 'error', id: 0, error: { code: 'solar-flare', message: 'from a later version' } });
    await expect(pending).rejects.toMatchObject({ code: 'internal', message: 'from a later version' });
  });
});

describe('frames of a WebSocket', () => {
  test.each([
    ['binary', Buffer.from('{}'), 1003],
    ['no JSON', '{"t":', 1007],
  ])('that are %s close it with a reason', async (_name, frame, code) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    server.on('connection', (socket) => serve(webSocketPipe(socket), createSampleService().services, sampleShape));
    const socket = new NodeWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(socket, 'open');
    socket.send(frame);
    const [seen] = (await once(socket, 'close')) as [number];
    expect(seen).toBe(code);
  });
});
