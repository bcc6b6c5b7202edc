// `kangaroo models` as a process would run it: a mirror that is a real server, a data folder of its own.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDir } from '../../core/paths.ts';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../../core/models/testing/gguf-writer.ts';
import { startHubServer, type HubServer } from '../../core/models/testing/hub-server.ts';
import { run } from '../main.ts';
import { Recorder } from '../testing/recorder.ts';

const { metadata, tensors } = tinyLlama();
const tiny = ggufBytes(metadata, tensors);
let server: HubServer;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-cli-models-'));
  const files = { 'tiny-Q4_K_M.gguf': tiny, 'tiny-Q8_0.gguf': Buffer.concat([tiny, Buffer.alloc(1 << 16)]) };
  const repos = [
    { id: 'someone/Tiny-GGUF', files, tags: ['gguf', 'license:mit'] },
    { id: 'someone/Gated-GGUF', gated: 'auto' as const, files },
  ];
  server = await startHubServer({ repos });
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function models(...argv: string[]) {
  return modelsUntil(new AbortController().signal, ...argv);
}

async function modelsUntil(signal: AbortSignal, ...argv: string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const all = ['models', ...argv, '--endpoint', server.origin, '--data-dir', join(folder, 'data')];
  const code = await run(all, { root: folder, stdout, stderr, signal });
  return { code, stdout: stdout.text, stderr: stderr.text, objects: argv.includes('--json') ? stdout.objects() : [] };
}

test('search, info, download, list, remove and restore, as a program reads them', async () => {
  const found = await models('search', 'tiny', '--json');
  expect(found).toMatchObject({
    code: 0,
    objects: [{ type: 'result', repository: 'someone/Tiny-GGUF', licence: 'mit', gated: false }],
  });
  const page = await models('info', 'someone/Tiny-GGUF', 'q8_0', '--context', '512', '--json');
  expect(page.objects).toMatchObject([
    { type: 'repository', access: { granted: true }, variants: [{ file: 'tiny-Q4_K_M.gguf' }, { file: 'tiny-Q8_0.gguf' }] },
    { type: 'fit', file: 'tiny-Q8_0.gguf', architecture: 'llama', fit: { verdict: 'fits', contextSize: 512 } },
  ]);
  const fetched = await models('download', 'someone/Tiny-GGUF', '--json');
  const path = join(folder, 'data', 'models', 'someone', 'Tiny-GGUF', 'tiny-Q4_K_M.gguf');
  expect(fetched.objects.at(-1)).toMatchObject({ type: 'downloaded', path, modelId: expect.any(String) });
  expect(readFileSync(path)).toEqual(tiny);
  const asked = server.requests.length;
  const again = await models('download', 'someone/Tiny-GGUF', 'Q4_K_M');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('in the library already') });
  expect(server.requests.slice(asked).some(({ url }) => url.includes('/resolve/'))).toBe(false);

  const listed = await models('list', '--json');
  const model = listed.objects.find(({ name }) => name === 'tiny-Q4_K_M');
  expect(model).toMatchObject({ type: 'model', status: 'ready', path, source: 'kangaroo' });
  const told = await models('info', 'tiny-Q4_K_M');
  expect(told.stdout).toMatch(/From\s+someone\/Tiny-GGUF\/tiny-Q4_K_M\.gguf at [0-9a-f]{12}/);
  expect(told.stdout).toMatch(/SHA-256\s+[0-9a-f]{64}/);
  expect(told.stdout).toMatch(/K\/V cache\s+\d/);

  const removed = await models('remove', 'tiny-Q4_K_M', '--json');
  expect(removed.objects).toMatchObject([{ type: 'trashed', name: 'tiny-Q4_K_M', purged: false }]);
  expect(existsSync(path)).toBe(false);
  expect(await models('restore', String(removed.objects[0]?.['id']))).toMatchObject({ code: 0 });
  expect(readFileSync(path)).toEqual(tiny);
  expect(await models('remove', 'tiny-Q4_K_M', '--purge')).toMatchObject({ code: 0, stdout: 'tiny-Q4_K_M was deleted.\n' });
  expect(existsSync(path)).toBe(false);
});

test('Ctrl-C keeps what has arrived, and the same command goes on with it', async () => {
  server.options.bytesPerSecond = 100_000;
  const interrupt = new AbortController();
  const first = modelsUntil(interrupt.signal, 'download', 'someone/Tiny-GGUF', '--json');
  while (!server.requests.some(({ host, url }) => host === 'cdn' && url.includes('Tiny-GGUF'))) await new Promise(setImmediate);
  interrupt.abort();
  expect(await first).toMatchObject({ code: 130, stderr: expect.stringContaining('goes on') });
  server.options.bytesPerSecond = null;
  const second = await models('download', 'someone/Tiny-GGUF', '--json');
  expect(second).toMatchObject({ code: 0 });
  expect(readFileSync(String(second.objects.at(-1)?.['path']))).toEqual(tiny);
});

test('files and folders are imported where they lie', async () => {
  mkdirSync(join(folder, 'elsewhere'));
  writeTinyLlama(join(folder, 'elsewhere', 'one.gguf'));
  writeTinyLlama(join(folder, 'two.gguf'));
  expect(await models('import', join(folder, 'elsewhere'))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 model in'),
  });
  expect(await models('import', join(folder, 'two.gguf'))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^two {2}\S+\n$/),
  });
  const { stdout } = await models('list');
  expect(stdout).toMatch(/^one\s+ready/m);
  expect(stdout).toMatch(/^two\s+ready.*\bfile\b/m);
});

test('gated without a token, and what does not exist: the reason, and exit code 1', async () => {
  expect(await models('download', 'someone/Gated-GGUF')).toMatchObject({ code: 1, stderr: expect.stringContaining('gated') });
  expect((await models('info', 'someone/Gated-GGUF')).stdout).toMatch(/Access\s+someone\/Gated-GGUF is gated/);
  expect(await models('info', 'no/where', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'hub-not-found' }],
  });
  expect(await models('import', join(folder, 'nothing.gguf'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not there'),
  });
});

test.each([
  [['sing'], '"sing" is none of them'],
  [['remove'], 'needs an argument'],
  [['list', 'x'], 'Unexpected argument "x"'],
  [['download', 'tiny'], 'OWNER/NAME'],
  [['download', 'someone/Tiny-GGUF', 'Q3_K_S'], 'There are tiny-Q4_K_M.gguf (Q4_K_M)'],
  [['remove', 'nobody'], 'no model "nobody"'],
])('a wrong command line, %j: exit code 2', async (argv, reason) => {
  expect(await models(...argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(reason) });
});

test('a mirror must be an address', async () => {
  const stderr = new Recorder();
  const argv = ['models', 'search', 'x', '--endpoint', 'mirror', '--data-dir', join(folder, 'data')];
  expect(await run(argv, { root: folder, stdout: new Recorder(), stderr, signal: new AbortController().signal })).toBe(2);
  expect(stderr.text).toContain('--endpoint');
});

test('beside a running app the search goes on, and what would change the library says what to do', async () => {
  const lock = lockDataDir(join(folder, 'data'));
  try {
    expect(await models('search', 'tiny')).toMatchObject({ code: 0, stdout: expect.stringContaining('someone/Tiny-GGUF') });
    expect(await models('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('already running') });
  } finally {
    lock.release();
  }
});
