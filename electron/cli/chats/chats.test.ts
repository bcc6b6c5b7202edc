// `kangaroo chats` as a process would run it, on a data folder of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../core/chats/store.ts';
import { lockDataDir } from '../../core/paths.ts';
import { makeContent, makeQuestion } from '../../core/testing/make-message.ts';
import { run } from '../main.ts';
import { Recorder } from '../testing/recorder.ts';

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-cli-chats-'));
  dataDir = join(folder, 'data');
  lockDataDir(dataDir).release();
  const store = openStore(dataDir);
  const { key } = store.chats.insert({ id: 'a', title: 'Hops', titleSource: 'user', createdAtMs: 1000 });
  store.messages.append(key, store.messages.append(key, null, makeQuestion('q')), makeContent('m'));
  store.close();
});

afterEach(() => rmSync(folder, { recursive: true }));

async function chats(...argv: string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const all = ['chats', ...argv, '--data-dir', dataDir];
  const code = await run(all, { root: folder, stdout, stderr, signal: new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

test('what is exported can be imported, and is listed', async () => {
  const file = join(folder, 'chats.json');
  expect(await chats('export', '--output', file)).toMatchObject({ code: 0, stdout: '' });
  expect(await chats('export', '--output', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('there already') });
  expect((await chats('export', 'a', '--format', 'markdown')).stdout).toContain('## Llama Joey\n\nHüpf 🦘\n');
  expect((await chats('import', file)).stdout).toBe('Imported 1 chat.\n');
  const listed = (await chats('list', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(listed).toMatchObject([
    { type: 'chat', title: 'Hops', firstWords: 'How high?', folder: null },
    { type: 'chat', title: 'Hops' },
  ]);
  expect((await chats('list')).stdout).toContain('Hops');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'kangaroo-chat' });
});

test('a conversation that cannot be read is named, and the command fails', async () => {
  const file = join(folder, 'mixed.json');
  const good = { title: 'Good', chat: { messages: [{ role: 'user', content: 'x' }] } };
  writeFileSync(file, JSON.stringify([good, { title: 'Bad', chat: 5 }]));
  const result = await chats('import', file, '--json');
  expect(result.code).toBe(1);
  const lines = result.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { type: 'imported', title: 'Good' },
    { type: 'failed', place: 1, title: 'Bad' },
  ]);
});

test.each([
  [['nonsense'], 2],
  [['import'], 2],
  [['list', 'x'], 2],
  [['export', 'gone'], 2],
  [['import', 'not-there.json'], 1],
  [['import', new URL(import.meta.url).pathname], 1],
])('%j is an error', async (argv, code) => {
  const result = await chats(...argv);
  expect(result.code).toBe(code);
  expect(result.stderr).not.toBe('');
});

test('while the app runs there, nothing is touched', async () => {
  const lock = lockDataDir(dataDir);
  const file = join(folder, 'out.json');
  expect(await chats('export', '--output', file)).toMatchObject({ code: 1, stderr: expect.stringContaining('already running') });
  expect(existsSync(file)).toBe(false);
  lock.release();
});
