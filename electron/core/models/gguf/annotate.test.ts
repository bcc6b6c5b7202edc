// A file with more to say: everything that was in it is still there, byte for byte.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ggufBytes } from '../testing/gguf-writer.ts';
import { annotate } from './annotate.ts';
import { readModelFile } from './files.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-annotate-'));
  path = join(folder, 'a.gguf');
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([0, 1, 7, 31, 32, 33])('texts are added, whatever their length (%i), and nothing else changes', async (length) => {
  const tensors = [
    { name: 'norm.weight', shape: [8] },
    { name: 'attn_q.weight', shape: [8, 5] },
  ];
  writeFileSync(path, ggufBytes({ 'general.architecture': 'kangaroo', 'kangaroo.exit_layer': 2 }, tensors));
  const before = await readModelFile(path);
  const bytes = readFileSync(path);
  await annotate(path, { 'kangaroo.train.result': `{"ä":"${'x'.repeat(length)}"}`, second: 'two' });
  const after = await readModelFile(path);
  expect(Object.fromEntries(after.header.metadata)).toMatchObject(Object.fromEntries(before.header.metadata));
  expect(JSON.parse(String(after.header.metadata.get('kangaroo.train.result')))).toEqual({ ä: 'x'.repeat(length) });
  expect(String(after.header.metadata.get('second')).trim()).toBe('two');
  expect(after.header.dataOffset % 32).toBe(0);
  expect(readFileSync(path).subarray(after.header.dataOffset)).toEqual(bytes.subarray(before.header.dataOffset));
  expect(after.header.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(tensors);
});

test('a file that is none stays as it is', async () => {
  writeFileSync(path, 'nothing');
  await expect(annotate(path, { a: 'b' })).rejects.toMatchObject({ code: 'not-a-gguf' });
  expect(readFileSync(path, 'utf8')).toBe('nothing');
});
