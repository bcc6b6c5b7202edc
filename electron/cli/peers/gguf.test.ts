import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ggmlF32, readGguf, readValue, text, uint32, uint32Array, writeGguf, type Gguf } from './gguf.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kangaroo-gguf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function example(): Gguf {
  return {
    metadata: new Map([
      ['general.architecture', text('llama')],
      ['llama.block_count', uint32(7)],
      ['llama.feed_forward_length', uint32Array([64, 32])],
      ['long', text('x'.repeat(3_000_000))], // longer than the first read
    ]),
    tensors: [
      { name: 'first', shape: [3, 1], type: ggmlF32, data: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) },
      { name: 'second', shape: [1], type: ggmlF32, data: Buffer.from([13, 14, 15, 16]) },
    ],
  };
}

test('what was written is read, and can be copied out of the file into another', async () => {
  const [path, copy] = [join(folder, 'a.gguf'), join(folder, 'b.gguf')];
  await writeGguf(path, example());
  const read = await readGguf(path);
  expect(readValue(read, 'general.architecture')).toBe('llama');
  expect(readValue(read, 'llama.block_count')).toBe(7);
  expect(readValue(read, 'llama.feed_forward_length')).toBe(null);
  expect(readValue(read, 'missing')).toBe(null);
  for (const [key, { type, bytes }] of example().metadata) {
    expect(read.metadata.get(key)?.type).toBe(type);
    expect(read.metadata.get(key)?.bytes.equals(bytes)).toBe(true);
  }
  expect(read.metadata.size).toBe(4);
  expect(read.tensors.map(({ name, shape, type }) => ({ name, shape, type }))).toEqual([
    { name: 'first', shape: [3, 1], type: ggmlF32 },
    { name: 'second', shape: [1], type: ggmlF32 },
  ]);
  await writeGguf(copy, read);
  expect((await readFile(copy)).equals(await readFile(path))).toBe(true);
});

test('tensors begin at multiples of 32 bytes, and the header follows the format', async () => {
  const path = join(folder, 'aligned.gguf');
  await writeGguf(path, example());
  const bytes = await readFile(path);
  expect(bytes.subarray(0, 4).toString()).toBe('GGUF');
  expect(bytes.readUInt32LE(4)).toBe(3);
  expect([bytes.readBigUInt64LE(8), bytes.readBigUInt64LE(16)]).toEqual([2n, 4n]);
  const { tensors } = await readGguf(path);
  for (const { data } of tensors) {
    if (Buffer.isBuffer(data)) throw new Error('read tensors lie in the file');
    expect(data.offset % 32).toBe(0);
    expect([1, 13]).toContain(bytes[data.offset]);
  }
});

test('numbers of every type', () => {
  const value = (type: number, bytes: number[]) =>
    readValue({ metadata: new Map([['key', { type, bytes: Buffer.from(bytes) }]]), tensors: [] }, 'key');
  expect(value(0, [255])).toBe(255);
  expect(value(1, [255])).toBe(-1);
  expect(value(5, [254, 255, 255, 255])).toBe(-2);
  expect(value(6, [0, 0, 128, 63])).toBe(1);
  expect(value(7, [1])).toBe(1);
  expect(value(10, [0, 1, 0, 0, 0, 0, 0, 0])).toBe(256);
  expect(value(12, [0, 0, 0, 0, 0, 0, 240, 63])).toBe(1);
});

test('another file, and one that ends in its header, are refused; a failed write leaves nothing', async () => {
  const [other, cut] = [join(folder, 'other.gguf'), join(folder, 'cut.gguf')];
  await writeFile(other, 'This is a text.');
  await expect(readGguf(other)).rejects.toThrow('no GGUF file');
  await writeGguf(cut, example());
  await truncate(cut, 2_000_000);
  await expect(readGguf(cut)).rejects.toThrow('no complete GGUF file');

  const missing = { path: join(folder, 'missing'), offset: 0, sizeBytes: 4 };
  const bad: Gguf = { metadata: new Map(), tensors: [{ name: 'gone', shape: [1], type: ggmlF32, data: missing }] };
  await expect(writeGguf(join(folder, 'bad.gguf'), bad)).rejects.toThrow('ENOENT');
  expect((await readdir(folder)).filter((name) => name.includes('bad'))).toEqual([]);
});
