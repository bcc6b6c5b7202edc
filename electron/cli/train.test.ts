// `kangaroo train` where it does not begin: each wrong command line is told with what to do, and leaves nothing behind.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './main.ts';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-train-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function cli(...argv: string[]) {
  let [out, said] = ['', ''];
  const code = await run(['train', ...argv], {
    root,
    stdout: { write: (text: string) => void (out += text) },
    stderr: { write: (text: string) => void (said += text) },
    signal: new AbortController().signal,
  });
  return { code, out, said };
}

test('without --out it is not known where the adapter goes', async () => {
  expect(await cli()).toMatchObject({ code: 2, said: expect.stringContaining('--out is missing') });
});

test('nothing that is there is replaced', async () => {
  const out = join(folder, 'a.gguf');
  writeFileSync(out, 'mine');
  expect(await cli('--out', out)).toMatchObject({ code: 2, said: expect.stringContaining('is there already') });
  mkdirSync(join(folder, 'b.gguf.training'));
  writeFileSync(join(folder, 'b.gguf.training', 'plan.json'), '{}');
  expect(await cli('--out', join(folder, 'b.gguf'))).toMatchObject({ code: 2, said: expect.stringContaining('--resume') });
});

test('there must be something to resume, a folder for the adapter, and questions in the file', async () => {
  expect(await cli('--resume', '--out', join(folder, 'a.gguf'))).toMatchObject({
    code: 1,
    said: expect.stringContaining('no training'),
  });
  expect(await cli('--out', join(folder, 'no', 'a.gguf'))).toMatchObject({
    code: 1,
    said: expect.stringContaining('is no folder'),
  });
  const data = join(folder, 'data.jsonl');
  expect(await cli('--out', join(folder, 'a.gguf'), '--data', data)).toMatchObject({
    code: 1,
    said: expect.stringContaining('does not exist'),
  });
  writeFileSync(data, '{"question":"?"}\n');
  expect(await cli('--out', join(folder, 'a.gguf'), '--data', data)).toMatchObject({
    code: 1,
    said: expect.stringContaining('line 1'),
  });
  expect(await cli('--out', join(folder, 'a.gguf'), '--exit-layer', '0')).toMatchObject({ code: 2 });
  expect(existsSync(join(folder, 'a.gguf'))).toBe(false);
  expect(readdirSync(folder)).toEqual(['data.jsonl']);
});

test('a model that is not there is told as an object, too', async () => {
  const out = join(folder, 'a.gguf');
  const { code, out: lines } = await cli('--json', '--model', join(folder, 'nothing.gguf'), '--out', out);
  expect(code).toBe(1);
  const last = JSON.parse(lines.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ type: 'error', code: 'file-not-found' });
  expect(readdirSync(folder)).toEqual([]);
});
