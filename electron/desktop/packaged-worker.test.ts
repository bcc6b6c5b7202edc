// The thread that hashes downloads, as a package has it: bundled, and beside the archive, where Node itself can read it.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from 'vite';
import config from '../../forge.config.ts';
import { hashWorkerUrl } from '../core/models/downloads/hasher.ts';
import type { HashReport } from '../core/models/downloads/hash-worker.ts';

const configFile = fileURLToPath(new URL('../../.config/vite.main.config.ts', import.meta.url));
let resources = '';

beforeEach(() => {
  resources = mkdtempSync(join(tmpdir(), 'kangaroo-resources-'));
});

afterEach(() => rmSync(resources, { recursive: true, force: true }));

test('hashes from beside the archive, with nothing else of the app in reach', async () => {
  const { asar } = config.packagerConfig ?? {};
  const unpacked = typeof asar === 'object' ? (asar.unpack ?? '') : '';
  const [archive, beside] = [
    join(resources, 'app.asar', '.vite', 'build'),
    join(resources, 'app.asar.unpacked', '.vite', 'build'),
  ];
  await build({ configFile, build: { outDir: archive }, logLevel: 'error' });
  mkdirSync(beside, { recursive: true });
  for (const name of readdirSync(archive)) if (matchesGlob(name, unpacked)) renameSync(join(archive, name), join(beside, name));
  expect(readdirSync(beside)).toEqual(['hash-worker.mjs']);
  expect(readdirSync(archive)).toContain('main.js');

  const path = join(resources, 'file');
  const bytes = randomBytes(300_000);
  writeFileSync(path, bytes);
  const worker = new Worker(hashWorkerUrl(pathToFileURL(join(archive, 'main.js')).href), { workerData: { path } });
  worker.postMessage({ to: bytes.length, last: true });
  const sha256 = await new Promise((resolve, reject) => {
    worker.on('message', (report: HashReport) => {
      if (report.type === 'digest') resolve(report.sha256);
    });
    worker.on('error', reject);
  });
  await worker.terminate();
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});
