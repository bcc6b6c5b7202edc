// `kangaroo adapters` as a process would run it: a data folder of its own, the starter's files, and a model that is another one.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTinyLlama } from '../../core/models/testing/gguf-writer.ts';
import { lockDataDir } from '../../core/paths.ts';
import { run } from '../main.ts';
import { Recorder } from '../testing/recorder.ts';

const assets = fileURLToPath(new URL('../../../assets/starter/', import.meta.url));
const starterAdapter = join(assets, 'starter-adapter.gguf');

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-cli-adapters-'));
  dataDir = join(folder, 'data');
  mkdirSync(join(dataDir, 'models'), { recursive: true });
  copyFileSync(join(assets, 'starter-q8_0.gguf'), join(dataDir, 'models', 'joey.gguf'));
  writeTinyLlama(join(dataDir, 'models', 'tiny.gguf'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function adapters(...argv: string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const all = ['adapters', ...argv, '--data-dir', dataDir];
  const code = await run(all, { root: folder, stdout, stderr, signal: new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text, objects: argv.includes('--json') ? stdout.objects() : [] };
}

test('import, list, use, export, remove and restore, as a program reads them', async () => {
  const imported = await adapters('import', starterAdapter, '--json');
  const [adapter] = imported.objects;
  expect(imported).toMatchObject({ code: 0, objects: [{ type: 'imported', exitLayer: 2, origin: 'imported' }] });
  expect(adapter?.['modelIds']).toHaveLength(1);
  const path = String(adapter?.['path']);
  expect(readFileSync(path)).toEqual(readFileSync(starterAdapter));
  expect((await adapters('list')).stdout).toMatch(/joey +\//);

  expect(await adapters('use', 'joey', 'none')).toMatchObject({ code: 0, stdout: 'joey drafts without an adapter\n' });
  expect((await adapters('list', '--json')).objects).toMatchObject([{ type: 'adapter', path, modelIds: [] }]);
  expect(await adapters('use', 'joey', String(adapter?.['name']))).toMatchObject({ code: 0 });

  const copy = join(folder, 'copy.gguf');
  expect(await adapters('export', path, copy)).toMatchObject({ code: 0, stdout: `${copy}\n` });
  expect(readFileSync(copy)).toEqual(readFileSync(starterAdapter));
  expect(await adapters('export', path, copy)).toMatchObject({ code: 2, stderr: expect.stringContaining('there already') });

  const removed = await adapters('remove', path, '--json');
  expect(removed.objects).toMatchObject([{ type: 'trashed', purged: false }]);
  expect(existsSync(path)).toBe(false);
  expect((await adapters('list')).stdout).toMatch(/in the trash: .+ \(kangaroo adapters restore /);
  const restored = await adapters('restore', String(removed.objects[0]?.['id']), '--json');
  expect(restored.objects).toMatchObject([{ type: 'restored', path, modelIds: adapter?.['modelIds'] }]);
  expect(await adapters('remove', path, '--purge')).toMatchObject({ code: 0, stdout: expect.stringContaining('was deleted') });
  expect((await adapters('list', '--json')).objects).toEqual([]);
});

test('an adapter of another model, and a file that is none, are refused and not kept', async () => {
  expect(await adapters('import', starterAdapter, 'tiny', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'adapter-mismatch', message: expect.stringContaining('and this is tiny') }],
  });
  expect(await adapters('import', join(dataDir, 'models', 'tiny.gguf'), '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'adapter-invalid' }],
  });
  const cut = join(folder, 'cut.gguf');
  writeFileSync(cut, readFileSync(starterAdapter).subarray(0, 100_000));
  expect(await adapters('import', cut, '--json')).toMatchObject({ code: 1, objects: [{ type: 'error', code: 'file-damaged' }] });
  expect(existsSync(join(dataDir, 'adapters')) ? readdirSync(join(dataDir, 'adapters')) : []).toEqual([]);
  await adapters('import', starterAdapter);
  const [kept] = (await adapters('list', '--json')).objects;
  expect(await adapters('use', 'tiny', String(kept?.['path']), '--json')).toMatchObject({
    code: 1,
    objects: [{ code: 'adapter-mismatch' }],
  });
});

test('without its model in the library an adapter is kept, and that is said', async () => {
  rmSync(join(dataDir, 'models', 'joey.gguf'));
  expect(await adapters('import', starterAdapter)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is kept. No model'),
  });
});

test.each([
  [['sing'], '"sing" is none of them'],
  [['export', 'x'], 'needs 2 arguments'],
  [['list', 'x'], 'Unexpected argument "x"'],
  [['remove', 'nothing'], 'no adapter "nothing"'],
  [['import', starterAdapter, 'nobody'], 'no model "nobody"'],
  [['restore', '../..'], 'not in the trash'],
])('a wrong command line, %j: exit code 2', async (argv, reason) => {
  expect(await adapters(...argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(reason) });
});

test('beside a running app it says what to do', async () => {
  const lock = lockDataDir(dataDir);
  try {
    expect(await adapters('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('already running') });
  } finally {
    lock.release();
  }
});
