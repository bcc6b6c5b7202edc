// The browser shell's door, over real HTTP and real WebSockets: who gets in, who does not, and what is served.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { contentSecurityPolicy } from '../core/page.ts';
import { startServer, type WebServer } from './server.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let parent = '';
let server: WebServer;
let connections = 0;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'kangaroo-web-'));
  const folder = join(parent, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'assets', 'index-abc123.js'), 'export {};');
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  symlinkSync(join(parent, 'secret.txt'), join(folder, 'assets', 'link.txt'));
  connections = 0;
  server = await startServer({
    port: 0,
    folder,
    onConnection: (socket) => {
      connections += 1;
      socket.on('message', (data) => socket.send(`echo ${String(data)}`));
    },
  });
});

afterEach(async () => {
  await server.close();
  rmSync(parent, { recursive: true, force: true });
});

/** A request whose path goes out exactly as written. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function token(): string {
  return new URL(server.url).searchParams.get('token') ?? '';
}

async function signIn(): Promise<string> {
  const answer = await get(`/?token=${token()}`);
  return (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

/** What became of a WebSocket: the HTTP status that refused it, the code that closed it, or its first message. */
function open(
  headers: Record<string, string>,
  path = '/rpc',
): Promise<{ status?: number; closeCode?: number; message?: string }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('unexpected-response', (_request, response) => resolve({ status: response.statusCode ?? 0 }));
    socket.on('open', () => socket.send('hello'));
    socket.on('close', (closeCode) => resolve({ closeCode }));
    socket.on('message', (data) => {
      resolve({ message: String(data) });
      socket.close();
    });
    socket.on('error', () => {});
  });
}

test('the printed link is exchanged for a cookie, and the token leaves the address bar', async () => {
  const answer = await get(`/?token=${token()}`);
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe('/');
  const cookie = answer.headers['set-cookie']?.[0] ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  expect(cookie).not.toContain(token());
});

test('with the cookie the page and its assets are served, with their types and caching', async () => {
  const cookie = await signIn();
  const page = await get('/', { cookie });
  expect(page.status).toBe(200);
  expect(page.body).toContain('<title>page</title>');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.headers['cache-control']).toBe('no-cache');
  const script = await get('/assets/index-abc123.js', { cookie });
  expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(script.headers['cache-control']).toContain('immutable');
  expect((await get('/missing.js', { cookie })).status).toBe(404);
  const head = await get('/', { cookie }, 'HEAD');
  expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(page.body.length)]);
});

test('without a token or with a wrong one a readable page says what to do', async () => {
  const without = await get('/');
  expect(without.status).toBe(401);
  expect(without.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(without.body).toContain('Please use the printed link');
  const wrong = await get(`/?token=${'x'.repeat(43)}`);
  expect(wrong.status).toBe(403);
  expect(wrong.headers['set-cookie']).toBeUndefined();
  expect((await get('/assets/index-abc123.js')).status).toBe(401);
  expect((await get('/', { cookie: `kangaroo-${server.port}=wrong` })).status).toBe(401);
  expect((await get('/', { cookie: `kangaroo-${server.port}=${token()}` })).status).toBe(401);
});

test('every answer carries the security headers, also a refusal', async () => {
  const cookie = await signIn();
  const answers = [
    await get('/', { cookie }),
    await get('/'),
    await get('/none', { cookie }),
    await get('/', { cookie }, 'POST'),
  ];
  for (const { headers } of answers) {
    expect(headers['content-security-policy']).toBe(contentSecurityPolicy);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
  expect(answers.map((answer) => answer.status)).toEqual([200, 401, 404, 405]);
});

test.each([
  'evil.example',
  'evil.example:80',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil.example',
  '0.0.0.0',
  '192.168.0.7:8080',
  'localhost:x',
])('a request for the host %s is refused, even with a good cookie', async (host) => {
  const cookie = await signIn();
  expect((await get('/', { cookie, host })).status).toBe(403);
  expect((await get(`/?token=${token()}`, { host })).headers['set-cookie']).toBeUndefined();
  expect(await open({ cookie, host, origin: `http://${host}` })).toEqual({ status: 403 });
});

test.each(['localhost', '127.0.0.1:9', '[::1]:9'])('a request for the host %s is answered, as through a tunnel', async (host) => {
  const cookie = await signIn();
  expect((await get('/', { cookie, host, origin: `http://${host}` })).status).toBe(200);
});

test.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
  'the origin %s is refused, even with a good cookie',
  async (origin) => {
    const cookie = await signIn();
    expect((await get('/', { cookie, origin })).status).toBe(403);
    expect(await open({ cookie, origin })).toEqual({ status: 403 });
    expect(connections).toBe(0);
  },
);

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/assets/link.txt',
  '//etc/passwd',
  '/assets',
  '/index.html%00.js',
  '/%E0%A4%A',
])('nothing outside the page is served: %s', async (path) => {
  const cookie = await signIn();
  const answer = await get(path, { cookie });
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain('secret');
});

test('a WebSocket needs the cookie, this origin and the right path', async () => {
  const cookie = await signIn();
  const origin = `http://127.0.0.1:${server.port}`;
  expect(await open({ cookie, origin })).toEqual({ message: 'echo hello' });
  expect(connections).toBe(1);
  expect(await open({ origin })).toEqual({ closeCode: 4401 });
  expect(await open({ origin, cookie: `kangaroo-${server.port}=wrong` })).toEqual({ closeCode: 4401 });
  expect(await open({ cookie })).toEqual({ status: 403 });
  expect(await open({ cookie, origin }, '/other')).toEqual({ status: 404 });
  expect(connections).toBe(1);
});

test('a message above the limit closes the WebSocket, and only that one', async () => {
  const headers = { cookie: await signIn(), origin: `http://127.0.0.1:${server.port}` };
  const closeCode = await new Promise<number>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers });
    socket.on('open', () => socket.send('x'.repeat(5 * 1024 * 1024)));
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
  expect(closeCode).toBe(1009);
  expect(await open(headers)).toEqual({ message: 'echo hello' });
});

test('only so many WebSockets are open at a time', async () => {
  const headers = { cookie: await signIn(), origin: `http://127.0.0.1:${server.port}` };
  const sockets = Array.from({ length: 32 }, () => new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers }));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.on('open', resolve))));
  expect(await open(headers)).toEqual({ status: 503 });
  for (const socket of sockets) socket.terminate();
});

test('a taken port rejects with EADDRINUSE', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  await expect(startServer({ port, folder: parent, onConnection: () => {} })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => blocker.close(resolve));
});

test('closing tells the pages and frees the port', async () => {
  const headers = { cookie: await signIn(), origin: `http://127.0.0.1:${server.port}` };
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers });
  await new Promise((resolve) => socket.on('open', resolve));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const { port } = server;
  await server.close();
  expect(await closed).toBe(1001);
  server = await startServer({ port, folder: join(parent, 'dist'), onConnection: () => {} });
  expect(server.port).toBe(port);
});

test('the link that opens the browser works once, and the printed one goes on working', async () => {
  const once = new URL(server.createOnceUrl());
  const path = `${once.pathname}${once.search}`;
  const first = await get(path);
  expect(first.headers['set-cookie']).toHaveLength(1);
  expect((await get(path)).status).toBe(403);
  expect(await signIn()).not.toBe('');
});
