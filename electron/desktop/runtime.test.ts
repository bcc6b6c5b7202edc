// Whether a window can be opened, and fetching Electron's runtime from servers that fail in every way. Real HTTP, real downloads.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { electronPackageFolder, fetchRuntime, installedRuntime, whyNoWindow } from './runtime.ts';

let folder = '';
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-runtime-'));
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  delete process.env.ELECTRON_MIRROR;
  rmSync(folder, { recursive: true, force: true });
});

async function mirror(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  process.env.ELECTRON_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function fetchFromMirror(stallMs: number, onProgress: () => void = () => {}) {
  return fetchRuntime({ packageFolder: electronPackageFolder(), stallMs, cacheFolder: join(folder, 'cache'), onProgress });
}

test('a Linux machine without a display, or root, gets no window; a desktop does', () => {
  expect(whyNoWindow({ platform: 'linux', userId: 1000, environment: {} })).toBe('there is no display');
  expect(whyNoWindow({ platform: 'linux', userId: 0, environment: { DISPLAY: ':0' } })).toMatch(/root/);
  expect(whyNoWindow({ platform: 'linux', userId: 1000, environment: { DISPLAY: ':0' } })).toBeNull();
  expect(whyNoWindow({ platform: 'linux', userId: 1000, environment: { WAYLAND_DISPLAY: 'wayland-0' } })).toBeNull();
  expect(whyNoWindow({ platform: 'darwin', userId: 501, environment: {} })).toBeNull();
  expect(whyNoWindow({ platform: 'win32', userId: null, environment: {} })).toBeNull();
});

test('a server that never answers is given up', async () => {
  await mirror(() => {});
  expect(await fetchFromMirror(300)).toEqual({ missing: "Electron's runtime could not be fetched (nothing arrived for 0.3 s)" });
});

test('a download that stops half-way is given up', async () => {
  let received = 0;
  await mirror((_request, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write(Buffer.alloc(1000));
  });
  const runtime = await fetchFromMirror(300, () => (received += 1));
  expect(runtime).toEqual({ missing: "Electron's runtime could not be fetched (nothing arrived for 0.3 s)" });
  expect(received).toBeGreaterThan(0);
});

test('a missing file and a wrong file are reported with their reason', async () => {
  await mirror((_request, response) => response.writeHead(404).end());
  expect(await fetchFromMirror(5000)).toMatchObject({ missing: expect.stringContaining('404') });
  server?.close();
  await mirror((_request, response) => response.writeHead(200).end('not electron'));
  expect(await fetchFromMirror(5000)).toMatchObject({ missing: expect.stringMatching(/checksum/i) });
});

test('a machine without a server to reach is told so', async () => {
  process.env.ELECTRON_MIRROR = 'http://127.0.0.1:1/';
  expect(await fetchFromMirror(5000)).toHaveProperty('missing');
});

test('a runtime counts as installed only in the right version', () => {
  writeFileSync(join(folder, 'package.json'), '{"version":"45.4.1"}');
  expect(installedRuntime(folder)).toBeNull();
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'electron'), '');
  writeFileSync(join(folder, 'path.txt'), 'electron');
  writeFileSync(join(folder, 'dist', 'version'), '44.0.0');
  expect(installedRuntime(folder)).toBeNull();
  writeFileSync(join(folder, 'dist', 'version'), 'v45.4.1\n');
  expect(installedRuntime(folder)).toBe(join(folder, 'dist', 'electron'));
});
