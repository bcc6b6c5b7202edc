// Writes GGUF files, version 3: metadata, the table of tensors, their values. Format: ggml's docs/gguf.md.
import { open, rename, rm } from 'node:fs/promises';
import { tensorBytes } from './types.ts';

/** Whole numbers are written as unsigned 32-bit, lists of numbers as signed ones. */
export type GgufWritable = number | string | boolean | { float: number } | string[] | number[];

export interface TensorToWrite {
  name: string;
  /** Fastest dimension first. */
  shape: number[];
  /** ggml's number. */
  type: number;
}

const alignment = 32;
const types = { uint32: 4, int32: 5, float32: 6, boolean: 7, text: 8, array: 9 };

/** Everything before the tensors' values, padded. Throws a `RangeError` for a type that ggml does not have. */
export function ggufHead(metadata: Readonly<Record<string, GgufWritable>>, tensors: readonly TensorToWrite[]): Buffer {
  const head: Buffer[] = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) head.push(text(key), valueBytes(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    head.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(type), uint64(offset));
    offset += alignedLength(sizeOf(type, shape));
  }
  return padded(Buffer.concat(head));
}

/**
 * Writes a file with the values that `values` gives for each tensor, in order. The file appears when it is whole: it replaces
 * one of that name at the end, and a failure leaves nothing behind. Rejects as the file system does.
 */
export async function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufWritable>>,
  tensors: readonly TensorToWrite[],
  values: (tensor: TensorToWrite) => Promise<Buffer>,
): Promise<void> {
  const temporary = `${path}.part`;
  try {
    await using file = await open(temporary, 'w');
    await file.writeFile(ggufHead(metadata, tensors));
    for (const tensor of tensors) {
      const bytes = await values(tensor);
      if (bytes.length !== sizeOf(tensor.type, tensor.shape)) throw new RangeError(`${tensor.name} has ${bytes.length} bytes`);
      await file.writeFile(padded(bytes));
    }
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export function padded(bytes: Buffer): Buffer {
  const missing = alignedLength(bytes.length) - bytes.length;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}

function alignedLength(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function sizeOf(type: number, shape: readonly number[]): number {
  const bytes = tensorBytes(type, shape);
  if (bytes === null) throw new RangeError(`No tensor of type ${type} has the shape ${shape.join(' × ')}`);
  return bytes;
}

function valueBytes(value: GgufWritable): Buffer {
  if (typeof value === 'number') return Buffer.concat([uint32(types.uint32), uint32(value)]);
  if (typeof value === 'string') return Buffer.concat([uint32(types.text), text(value)]);
  if (typeof value === 'boolean') return Buffer.concat([uint32(types.boolean), Buffer.from([value ? 1 : 0])]);
  if (!Array.isArray(value)) return Buffer.concat([uint32(types.float32), float32(value.float)]);
  const ofTexts = typeof value[0] === 'string';
  const items = value.map((item) => (typeof item === 'string' ? text(item) : int32(item)));
  return Buffer.concat([uint32(types.array), uint32(ofTexts ? types.text : types.int32), uint64(items.length), ...items]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
