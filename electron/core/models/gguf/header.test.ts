// Headers of whole, damaged and strange files, from a folder and from a source that counts what it is asked for.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { factsOf, kindOf, metadataText } from '../facts.ts';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../testing/gguf-writer.ts';
import { partsOf, readModelFile } from './files.ts';
import { fingerprintOf } from './fingerprint.ts';
import { readGgufHeader, textAt, type ByteSource } from './header.ts';
import { ggufHead, padded } from './writer.ts';

const starter = fileURLToPath(new URL('../../../../assets/starter/starter-q8_0.gguf', import.meta.url));
const starterAdapter = starter.replace('starter-q8_0', 'starter-adapter');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-gguf-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function sourceOf(bytes: Buffer): ByteSource & { asked: number } {
  const source = {
    name: 'the source',
    sizeBytes: bytes.length,
    asked: 0,
    async read(offset: number, length: number) {
      source.asked += length;
      return bytes.subarray(offset, offset + length);
    },
  };
  return source;
}

test('the starter: facts as its card has them, and its kind', async () => {
  const { header, sizeBytes } = await readModelFile(starter);
  expect(kindOf(header)).toBe('model');
  const facts = { architecture: 'llama', quantisation: 'Q8_0', layers: 8, embeddingLength: 256, vocabularySize: 4096 };
  expect(factsOf(header)).toMatchObject({ ...facts, hasChatTemplate: true, support: { support: 'drafts' } });
  expect(sizeBytes).toBe(7_913_184);
  expect(metadataText(header.metadata)['tokenizer.ggml.tokens']).toBe('[4096 items]');
  const adapter = await readModelFile(starterAdapter);
  expect(kindOf(adapter.header)).toBe('adapter');
});

test('a long header comes in growing pieces, and nothing behind it is read', async () => {
  const { metadata, tensors } = tinyLlama({ vocabularySize: 60_000, feedForwardLength: 4096 });
  const source = sourceOf(ggufBytes(metadata, tensors));
  const header = await readGgufHeader(source);
  expect(header.tensors).toHaveLength(tensors.length);
  expect(header.metadata.get('tokenizer.ggml.tokens')).toEqual({ items: 60_000 });
  expect(header.dataOffset).toBeGreaterThan(1 << 20);
  expect(source.asked).toBeLessThan(source.sizeBytes / 2);
});

describe('damage', () => {
  const { metadata, tensors } = tinyLlama();
  const whole = ggufBytes(metadata, tensors);

  test('every length that a file can be cut to is told from a whole one', async () => {
    await expect(readGgufHeader(sourceOf(whole))).resolves.toBeDefined();
    for (let length = 4; length < whole.length - 32; length += 977) {
      await expect(readGgufHeader(sourceOf(whole.subarray(0, length)))).rejects.toMatchObject({ code: 'file-damaged' });
    }
  });

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['another magic', (bytes) => Buffer.concat([Buffer.from('PK\x03\x04'), bytes.subarray(4)]), 'not-a-gguf'],
    ['zeros', (bytes) => Buffer.alloc(bytes.length), 'not-a-gguf'],
    ['an old version', (bytes) => Buffer.concat([bytes.subarray(0, 4), Buffer.from([1]), bytes.subarray(5)]), 'file-damaged'],
    ['a count of tensors from nowhere', (bytes) => bytes.fill(0xff, 8, 15), 'file-damaged'],
    ['a count of values from nowhere', (bytes) => bytes.fill(0x7f, 16, 23), 'file-damaged'],
    ['a key that is longer than the file', (bytes) => bytes.fill(0x7f, 24, 30), 'file-damaged'],
    ['nothing', () => Buffer.alloc(0), 'file-damaged'],
  ])('%s', async (_name, change, code) => {
    await expect(readGgufHeader(sourceOf(change(Buffer.from(whole))))).rejects.toMatchObject({ code });
  });

  test('tensors beyond the end are named', async () => {
    const path = join(folder, 'cut.gguf');
    writeTinyLlama(path);
    truncateSync(path, whole.length - 4096);
    const message = expect.stringMatching(/cut\.gguf is damaged: its tensor blk\.1\.ffn_down\.weight would end \d+ bytes behind/);
    await expect(readModelFile(path)).rejects.toMatchObject({ code: 'file-damaged', message });
  });
});

describe('split models', () => {
  test('are one: metadata of the first file, tensors of all; a missing one is named', async () => {
    const { metadata, tensors } = tinyLlama();
    const name = (part: number) => join(folder, `tiny-0000${part}-of-00002.gguf`);
    const split = { 'split.count': 2 };
    writeFileSync(name(1), ggufBytes({ ...metadata, ...split }, tensors.slice(0, 5)));
    await expect(readModelFile(name(1))).rejects.toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('00002-of'),
    });
    writeFileSync(name(2), ggufBytes(split, tensors.slice(5)));
    const model = await readModelFile(name(1));
    expect(model.paths).toEqual([name(1), name(2)]);
    expect(model.header.tensors).toHaveLength(tensors.length);
    expect(factsOf(model.header)).toMatchObject({ architecture: 'llama', layers: 2 });
    expect(partsOf(name(2))).toEqual([name(1), name(2)]);
    writeFileSync(join(folder, 'renamed.gguf'), ggufBytes({ ...metadata, ...split }, tensors.slice(0, 5)));
    await expect(readModelFile(join(folder, 'renamed.gguf'))).rejects.toMatchObject({ code: 'file-damaged' });
  });

  test('have the fingerprint of their model in one file', async () => {
    // Tensors of odd and even places in other files, so that each has other norms at the same offsets.
    const copy = readFileSync(starter);
    const { header } = await readModelFile(starter);
    const split = { 'split.count': 2 };
    const paths = [1, 2].map((part) => join(folder, `starter-0000${part}-of-00002.gguf`));
    for (const [part, path] of paths.entries()) {
      const chosen = header.tensors.filter((_, index) => index % 2 === part);
      const data = chosen.map(({ offset, sizeBytes }) => padded(copy.subarray(offset, offset + sizeBytes)));
      writeFileSync(path, Buffer.concat([ggufHead({ 'general.architecture': 'llama', ...split }, chosen), ...data]));
    }
    const wanted = await fingerprintOf(await readModelFile(starter));
    expect(wanted).toBe(textAt((await readModelFile(starterAdapter)).header.metadata, 'kangaroo.base.fingerprint'));
    expect(await fingerprintOf(await readModelFile(paths[0] ?? ''))).toBe(wanted);
  });

  test('a file that is not there, and a folder in its place', async () => {
    await expect(readModelFile(join(folder, 'none.gguf'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(readModelFile(folder)).rejects.toMatchObject({ code: 'file-not-readable' });
  });
});
