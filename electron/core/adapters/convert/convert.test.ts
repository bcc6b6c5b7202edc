// Checkpoints in Hugging Face's layout, made of the starter's adapter: converted, each must be that adapter again.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readModelFile } from '../../models/gguf/files.ts';
import { writeTinyLlama } from '../../models/testing/gguf-writer.ts';
import { convertAdapter } from './convert.ts';
import { adjacentPairs } from './numbers.ts';
import { torchFile, type TestTensor } from './testing/torch-file.ts';

const assets = fileURLToPath(new URL('../../../../assets/starter/', import.meta.url));
const base = join(assets, 'starter-q8_0.gguf');
const config = {
  hidden_size: 256,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  num_hidden_layers: 1,
  vocab_size: 4096,
  rms_norm_eps: 1e-5,
};
const names: Readonly<Record<string, string>> = {
  'attn_norm.weight': 'layers.0.input_layernorm.weight',
  'attn_q.weight': 'layers.0.self_attn.q_proj.weight',
  'attn_k.weight': 'layers.0.self_attn.k_proj.weight',
  'attn_v.weight': 'layers.0.self_attn.v_proj.weight',
  'attn_output.weight': 'layers.0.self_attn.o_proj.weight',
  'norm.weight': 'norm.weight',
};
let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-convert-'));
  out = join(folder, 'adapter.gguf');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The tensors of a GGUF file. */
async function tensorsOf(path: string): Promise<Map<string, { type: number; shape: number[]; bytes: Buffer }>> {
  const { header } = await readModelFile(path);
  const bytes = readFileSync(path);
  const weights = header.tensors.filter(({ name }) => name !== 'draft_vocab'); // which checkpoints do not have
  return new Map(
    weights.map(({ name, type, shape, offset, sizeBytes }) => [
      name,
      { type, shape, bytes: bytes.subarray(offset, offset + sizeBytes) },
    ]),
  );
}

/** Undoes `adjacentPairs`, written the other way round: by where each row of Hugging Face's order comes from. */
function halvesOf(matrix: Buffer, heads: number, rowBytes: number): Buffer {
  const rows = matrix.length / rowBytes / heads;
  const order = Array.from({ length: rows }, (_, row) => (row < rows / 2 ? 2 * row : 2 * (row - rows / 2) + 1));
  const row = (head: number, index: number) =>
    matrix.subarray((head * rows + index) * rowBytes, (head * rows + index + 1) * rowBytes);
  return Buffer.concat(Array.from({ length: heads }, (_, head) => order.map((index) => row(head, index))).flat());
}

/** The starter's adapter as its tensors would be called in a checkpoint, in F16 (norms in F32). */
async function published(): Promise<TestTensor[]> {
  const found = await tensorsOf(join(assets, 'starter-adapter.gguf'));
  return [...found].map(([name, { type, shape, bytes }]) => {
    const heads = name === 'attn_q.weight' ? 4 : name === 'attn_k.weight' ? 2 : null;
    const values = heads === null ? bytes : halvesOf(bytes, heads, 512);
    const storage = { class: type === 0 ? 'FloatStorage' : 'HalfStorage', bytes: values, bytesPerValue: type === 0 ? 4 : 2 };
    return { name: names[name] ?? name, storage, shape: shape.toReversed() };
  });
}

function write(tensors: readonly TestTensor[], changes: Readonly<Record<string, unknown>> = {}): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }));
  writeFileSync(join(folder, 'pytorch_model.bin'), torchFile(tensors));
}

const convert = (more: Partial<Parameters<typeof convertAdapter>[0]> = {}) =>
  convertAdapter({ checkpoint: folder, base, out, exitLayer: null, ...more });

test('the published layout becomes the adapter that it was made of, bit by bit', async () => {
  write(await published());
  const result = await convert();
  expect(result).toMatchObject({ exitLayer: 2, embeddingLength: 256, heads: 4, headsKv: 2, parameters: 197_120, ignored: [] });
  const [made, wanted] = [await readModelFile(out), await readModelFile(join(assets, 'starter-adapter.gguf'))];
  const keys = [...made.header.metadata.keys()].filter((key) => key !== 'general.name');
  for (const key of keys) expect([key, made.header.metadata.get(key)]).toEqual([key, wanted.header.metadata.get(key)]);
  expect(await tensorsOf(out)).toEqual(await tensorsOf(join(assets, 'starter-adapter.gguf')));
});

test('F32 is written in 16 bits, and safetensors are read', async () => {
  const tensors = (await published()).map(({ storage, ...tensor }) => {
    const half = storage.bytesPerValue === 2;
    const values = half ? Float32Array.from(new Float16Array(Uint8Array.from(storage.bytes).buffer)) : null;
    return {
      ...tensor,
      storage: { class: 'FloatStorage', bytesPerValue: 4, bytes: values ? Buffer.from(values.buffer) : storage.bytes },
    };
  });
  write(tensors);
  await convert();
  const wanted = await tensorsOf(join(assets, 'starter-adapter.gguf'));
  expect(await tensorsOf(out)).toEqual(wanted);
  let end = 0;
  const entries = tensors.map(({ name, shape, storage: { bytes } }) => {
    end += bytes.length;
    return [name, { dtype: 'F32', shape, data_offsets: [end - bytes.length, end] }];
  });
  const header = Buffer.from(JSON.stringify({ ...Object.fromEntries(entries), __metadata__: { format: 'pt' } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(
    join(folder, 'model.safetensors'),
    Buffer.concat([length, header, ...tensors.map(({ storage }) => storage.bytes)]),
  );
  rmSync(join(folder, 'pytorch_model.bin'));
  rmSync(out);
  await convert();
  expect(await tensorsOf(out)).toEqual(wanted);
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, header]));
  await expect(convert()).rejects.toMatchObject({ code: 'file-damaged', message: expect.stringContaining('ends too early') });
  length.writeBigUInt64LE(1n << 60n);
  writeFileSync(join(folder, 'model.safetensors'), length);
  await expect(convert()).rejects.toMatchObject({ code: 'file-damaged', message: expect.stringContaining('header would have') });
});

test('turned rows: neighbours turn as halves did, so that every score stays what it was', () => {
  const size = 8;
  const angle = (position: number, index: number) => position * 10_000 ** ((-2 * index) / size);
  const vector = (seed: number) => Float32Array.from({ length: size }, (_, index) => Math.sin(seed + 1.7 * index));
  const turn = (from: Float32Array, position: number, pair: (index: number) => [number, number]) => {
    const turned = from.slice();
    for (let index = 0; index < size / 2; index += 1) {
      const [first, second] = pair(index);
      const [x, y, a] = [from[first] ?? 0, from[second] ?? 0, angle(position, index)];
      turned[first] = x * Math.cos(a) - y * Math.sin(a);
      turned[second] = x * Math.sin(a) + y * Math.cos(a);
    }
    return turned;
  };
  const score = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  // a column of the projection is what one head makes of one input
  const neighbours = (of: Float32Array) => new Float32Array(Uint8Array.from(adjacentPairs(Buffer.from(of.buffer), 1, 4)).buffer);
  const [query, key] = [vector(1), vector(2)];
  const halves = score(
    turn(query, 9, (index) => [index, index + size / 2]),
    turn(key, 4, (index) => [index, index + size / 2]),
  );
  const adjacent = score(
    turn(neighbours(query), 9, (index) => [2 * index, 2 * index + 1]),
    turn(neighbours(key), 4, (index) => [2 * index, 2 * index + 1]),
  );
  expect(adjacent).toBeCloseTo(halves, 5);
  expect(halves).not.toBeCloseTo(score(turn(query, 9, (index) => [2 * index, 2 * index + 1]), turn(key, 4, (index) => [2 * index, 2 * index + 1])), 2); // prettier-ignore
});

describe('refused, with nothing written', () => {
  const without = (name: string) => (tensors: TestTensor[]) => tensors.filter((tensor) => tensor.name !== name);
  const changed = (name: string, change: Partial<TestTensor>) => (tensors: TestTensor[]) =>
    tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor));
  const bytes = (length: number, value: number) => Buffer.from(new Float32Array(length).fill(value).buffer);
  const norm = (value: number): Partial<TestTensor> => ({
    storage: { class: 'FloatStorage', bytes: bytes(256, value), bytesPerValue: 4 },
  });
  const large = { class: 'FloatStorage', bytes: bytes(65_536, 1e6), bytesPerValue: 4 };
  const doubles = { class: 'DoubleStorage', bytes: Buffer.alloc(2048), bytesPerValue: 8 };
  const second = { name: 'layers.1.self_attn.q_proj.weight', ...norm(1), shape: [256] };

  test.each<[string, (tensors: TestTensor[]) => TestTensor[], Record<string, unknown>, string, string]>([
    ['a tensor is missing', without('norm.weight'), {}, 'adapter-invalid', 'norm.weight is missing'],
    [
      'a second layer',
      (tensors) => [...tensors, { ...second, storage: large }],
      {},
      'adapter-invalid',
      'layers.1.self_attn.q_proj.weight',
    ],
    [
      'another shape',
      changed('norm.weight', { shape: [128] }),
      {},
      'adapter-invalid',
      'norm.weight is 128, and config.json makes it 256',
    ],
    ['no numbers', changed('norm.weight', norm(Number.NaN)), {}, 'adapter-invalid', 'no numbers'],
    ['too large for F16', changed('layers.0.self_attn.o_proj.weight', { storage: large }), {}, 'adapter-invalid', 'too large'],
    ['another type', changed('norm.weight', { storage: doubles }), {}, 'adapter-invalid', 'of the type F64'],
    ['two layers', (tensors) => tensors, { num_hidden_layers: 2 }, 'adapter-invalid', '2 layers'],
    ['a scaled rotation', (tensors) => tensors, { rope_scaling: { type: 'linear' } }, 'adapter-invalid', 'rope_scaling'],
    ['a width of nothing', (tensors) => tensors, { hidden_size: 0 }, 'adapter-invalid', 'hidden_size'],
    ['a wider base', (tensors) => tensors, { hidden_size: 512 }, 'adapter-mismatch', '512 (wide)'],
    ['other heads', (tensors) => tensors, { num_key_value_heads: 4 }, 'adapter-mismatch', 'key and value heads'],
    ['another vocabulary', (tensors) => tensors, { vocab_size: 32_000 }, 'adapter-mismatch', '32000 (tokens)'],
  ])('%s', async (_name, change, changes, code, message) => {
    write(change(await published()), changes);
    await expect(convert()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(readdirSync(folder).toSorted()).toEqual(['config.json', 'pytorch_model.bin']);
  });

  test('an exit layer that the base does not have, a base of another kind, files that are not there', async () => {
    write(await published());
    await expect(convert({ exitLayer: 8 })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('1 to 7'),
    });
    const nowhere = join(folder, 'none', 'adapter.gguf');
    await expect(convert({ out: nowhere })).rejects.toMatchObject({ message: expect.stringContaining('cannot be written') });
    const scaled = join(folder, 'scaled.gguf');
    writeTinyLlama(scaled, { extra: { 'llama.rope.scaling.type': 'linear' } });
    await expect(convert({ base: scaled })).rejects.toMatchObject({ code: 'unsupported-architecture' });
    writeTinyLlama(scaled, { extra: { 'general.architecture': 'qwen2' } });
    await expect(convert({ base: scaled })).rejects.toMatchObject({ message: expect.stringContaining('"qwen2"') });
    await expect(convert({ checkpoint: join(folder, 'none') })).rejects.toMatchObject({ code: 'file-not-found' });
    rmSync(join(folder, 'pytorch_model.bin'));
    await expect(convert()).rejects.toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('pytorch_model.bin'),
    });
    writeFileSync(join(folder, 'config.json'), '{');
    await expect(convert()).rejects.toMatchObject({ code: 'adapter-invalid', message: expect.stringContaining('no JSON') });
  });
});
