// The client against real servers: large bodies by either way of reading, broken and silent connections, aborts.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpClient, NetworkError } from './http.ts';
import { releasePieces, tapBody, type Body } from './wide-agent.ts';

const client = new HttpClient({});
const never = new AbortController().signal;
const servers: { close(): unknown }[] = [];

afterEach(() => {
  client.reset();
  for (const server of servers.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server: Server = createServer(listener);
  servers.push({ close: () => (server.closeAllConnections(), server.close()) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

function digest(body: Body): Promise<string> {
  const hash = createHash('sha256');
  return new Promise((resolve, reject) => {
    body.on('data', (piece) => {
      hash.update(piece);
      releasePieces([piece]);
      body.pause();
      setImmediate(() => body.resume());
    });
    body.on('end', () => resolve(hash.digest('hex')));
    body.on('error', reject);
    body.on('close', () => reject(new Error('closed')));
  });
}

const bytes = randomBytes(3_000_000);
const expected = createHash('sha256').update(bytes).digest('hex');

test('bodies arrive whole past the parser, several at a time, with pauses in between', async () => {
  const url = await serve((_request, response) => response.setHeader('content-length', bytes.length).end(bytes));
  const digests = Array.from({ length: 6 }, async () => {
    const response = await client.request(url, { signal: never, timeoutMs: 5000 });
    const body = tapBody(response);
    expect(body).not.toBe(response);
    return digest(body);
  });
  expect(new Set(await Promise.all(digests))).toEqual(new Set([expected]));
});

test('bodies of unknown length go through the parser, and the connection is used again', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.write(bytes.subarray(0, 7));
    response.end(bytes.subarray(7));
  });
  for (let count = 0; count < 3; count++) {
    const response = await client.request(url, { signal: never, timeoutMs: 5000 });
    expect(tapBody(response)).toBe(response);
    expect(await digest(response)).toBe(expected);
  }
  expect(ports.size).toBe(1);
});

test('a body that breaks off is an error, by either way', async () => {
  const url = await serve((_request, response) => {
    response.setHeader('content-length', bytes.length).write(bytes.subarray(0, 500_000), () => response.socket?.destroy());
  });
  for (const tap of [true, false]) {
    const response = await client.request(url, { signal: never, timeoutMs: 5000 });
    await expect(digest(tap ? tapBody(response) : response)).rejects.toThrow();
  }
});

test('a connection that is refused, breaks or stays silent is a NetworkError', async () => {
  await expect(client.request(new URL('http://127.0.0.1:1/'), { signal: never, timeoutMs: 5000 })).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'ECONNREFUSED',
  });
  const breaks = await serve((request) => request.socket.destroy());
  await expect(client.request(breaks, { signal: never, timeoutMs: 5000 })).rejects.toBeInstanceOf(NetworkError);
  const silent = await serve(() => {});
  await expect(client.request(silent, { signal: never, timeoutMs: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('what is no HTTP is told apart', async () => {
  const server = createTcpServer((socket) => socket.end('hop hop hop\r\n\r\n'));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect(client.request(url, { signal: never, timeoutMs: 5000 })).rejects.toMatchObject({
    code: expect.stringMatching(/^HPE_/),
  });
});

test('an abort ends a request with its reason, and breaks a body', async () => {
  const silent = await serve(() => {});
  const controller = new AbortController();
  const request = client.request(silent, { signal: controller.signal, timeoutMs: 5000 });
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await expect(request).rejects.toThrow('enough');
  const slow = await serve((_request, response) => response.setHeader('content-length', bytes.length).write('x'));
  const second = new AbortController();
  const response = await client.request(slow, { signal: second.signal, timeoutMs: 5000 });
  const body = digest(tapBody(response));
  second.abort(new Error('enough'));
  await expect(body).rejects.toThrow();
});
