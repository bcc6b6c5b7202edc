// Worker threads as a package has them: bundled, and beside the archive, where Node itself can read them.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from 'vite';
import config from '../../forge.config.ts';
import { exportFormat, exportVersion } from '../core/chats/exchange/export.ts';
import type { ImportAnswer } from '../core/chats/exchange/import-worker.ts';
import type { HashReport } from '../core/models/downloads/hash-worker.ts';
import { threadUrl } from '../core/thread-url.ts';

let resources = '';
let archive = '';
let beside = '';

beforeAll(async () => {
  resources = mkdtempSync(join(tmpdir(), 'kangaroo-resources-'));
  archive = join(resources, 'app.asar', '.vite', 'build');
  beside = join(resources, 'app.asar.unpacked', '.vite', 'build');
  for (const part of ['main', 'threads']) {
    const configFile = fileURLToPath(new URL(`../../.config/vite.${part}.config.ts`, import.meta.url));
    await build({ configFile, build: { outDir: archive }, logLevel: 'error' });
  }
  const { asar } = config.packagerConfig ?? {};
  const unpacked = typeof asar === 'object' ? (asar.unpack ?? '') : '';
  mkdirSync(beside, { recursive: true });
  for (const name of readdirSync(archive)) if (matchesGlob(name, unpacked)) renameSync(join(archive, name), join(beside, name));
});

afterAll(() => rmSync(resources, { recursive: true, force: true }));

function start(name: string, workerData?: unknown): Worker {
  return new Worker(threadUrl(name, pathToFileURL(join(archive, 'main.js')).href), { workerData });
}

/** The first of its messages that this makes something of. */
async function answerOf<Message, Answer>(worker: Worker, read: (message: Message) => Answer | undefined): Promise<Answer> {
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: Message) => {
        const answer = read(message);
        if (answer !== undefined) resolve(answer);
      });
      worker.on('error', reject);
    });
  } finally {
    await worker.terminate();
  }
}

test('they lie beside the archive, with nothing else of the app in reach', () => {
  expect(readdirSync(beside).toSorted()).toEqual(['hash-worker.mjs', 'import-worker.mjs']);
  expect(readdirSync(archive)).toContain('main.js');
});

test('downloads are hashed', async () => {
  const path = join(resources, 'file');
  const bytes = randomBytes(300_000);
  writeFileSync(path, bytes);
  const worker = start('hash-worker', { path });
  worker.postMessage({ to: bytes.length, last: true });
  const sha256 = await answerOf(worker, (report: HashReport) => (report.type === 'digest' ? report.sha256 : undefined));
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('chats are read', async () => {
  const worker = start('import-worker');
  worker.postMessage({ type: 'piece', text: JSON.stringify({ format: exportFormat, version: exportVersion, chats: [] }) });
  worker.postMessage({ type: 'finish' });
  expect(await answerOf(worker, (answer: ImportAnswer) => answer)).toEqual({ type: 'begun', format: exportFormat });
});
