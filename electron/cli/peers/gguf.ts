// GGUF files as they lie on the disk: metadata and tensors as bytes, so that a file made of another's parts holds them
// unchanged. Format: ggml's docs/gguf.md, version 3 (and 2, which reads alike).
import { open, rename, rm, type FileHandle } from 'node:fs/promises';

/** A metadata value: its type and its bytes, without the key. */
export interface GgufValue {
  type: number;
  bytes: Buffer;
}

export interface GgufTensor {
  name: string;
  /** Fastest dimension first. */
  shape: number[];
  /** ggml's number of the type. */
  type: number;
  /** Where its bytes are: in a file, or here. */
  data: { path: string; offset: number; sizeBytes: number } | Buffer;
}

export interface Gguf {
  metadata: Map<string, GgufValue>;
  tensors: GgufTensor[];
}

export const ggmlF32 = 0;

const magic = Buffer.from('GGUF');
const version = 3;
const defaultAlignment = 32;
const valueTypes = { uint32: 4, text: 8, array: 9 };
/** Bytes of a scalar, by type: u8, i8, u16, i16, u32, i32, f32, bool, –, –, u64, i64, f64. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const firstReadBytes = 1 << 20;
const copyBytes = 1 << 24;

export function uint32(value: number): GgufValue {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return { type: valueTypes.uint32, bytes };
}

export function uint32Array(values: readonly number[]): GgufValue {
  const bytes = Buffer.alloc(12 + 4 * values.length);
  bytes.writeUInt32LE(valueTypes.uint32);
  bytes.writeBigUInt64LE(BigInt(values.length), 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 12 + 4 * index);
  return { type: valueTypes.array, bytes };
}

export function text(value: string): GgufValue {
  return { type: valueTypes.text, bytes: textBytes(value) };
}

/** The value of a scalar or a text; null for an array, or where there is no such key. */
export function readValue({ metadata }: Gguf, key: string): number | string | null {
  const value = metadata.get(key);
  if (value === undefined || value.type === valueTypes.array) return null;
  const { type, bytes } = value;
  if (type === valueTypes.text) return bytes.toString('utf8', 8);
  if (type === 6) return bytes.readFloatLE();
  if (type === 12) return bytes.readDoubleLE();
  if (type === 10 || type === 11) return Number(type === 10 ? bytes.readBigUInt64LE() : bytes.readBigInt64LE());
  const signed = type === 1 || type === 3 || type === 5;
  return signed ? bytes.readIntLE(0, bytes.length) : bytes.readUIntLE(0, bytes.length);
}

/** Reads everything but the tensors' bytes. Rejects where the file is no GGUF or ends too early. */
export async function readGguf(path: string): Promise<Gguf> {
  const file = await open(path);
  try {
    const { size: fileBytes } = await file.stat();
    for (let size = firstReadBytes; ; size *= 4) {
      const head = Buffer.alloc(Math.min(size, fileBytes));
      await file.read(head, 0, head.length, 0);
      const read = parse(head, path, fileBytes);
      if (read !== null) return read;
      if (size >= fileBytes) throw new Error(`${path} is no complete GGUF file.`);
    }
  } finally {
    await file.close();
  }
}

/** Null: the header goes on behind `head`. */
function parse(head: Buffer, path: string, fileBytes: number): Gguf | null {
  if (!head.subarray(0, 4).equals(magic)) throw new Error(`${path} is no GGUF file.`);
  const reader = new Reader(head, 8);
  try {
    const tensorCount = reader.size();
    const valueCount = reader.size();
    const metadata = new Map<string, GgufValue>();
    for (let index = 0; index < valueCount; index += 1) {
      const key = reader.text();
      metadata.set(key, reader.value());
    }
    const infos = Array.from({ length: tensorCount }, () => reader.tensor());
    const start = align(reader.place, Number(readValue({ metadata, tensors: [] }, 'general.alignment') ?? defaultAlignment));
    return { metadata, tensors: placed(infos, path, start, fileBytes) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

type TensorInfo = Omit<GgufTensor, 'data'> & { offset: number };

/** A tensor's bytes end where the next one's begin; the last one's where the file does. */
function placed(infos: readonly TensorInfo[], path: string, start: number, fileBytes: number): GgufTensor[] {
  const ends = infos.map((info) => info.offset).toSorted((first, second) => first - second);
  return infos.map(({ offset, ...info }) => {
    const end = ends[ends.indexOf(offset) + 1] ?? fileBytes - start;
    return { ...info, data: { path, offset: start + offset, sizeBytes: end - offset } };
  });
}

/** Throws a `RangeError` behind the end. */
class Reader {
  readonly #bytes: Buffer;
  place: number;

  constructor(bytes: Buffer, place: number) {
    this.#bytes = bytes;
    this.place = place;
  }

  size(): number {
    return Number(this.#take(8).readBigUInt64LE());
  }

  text(): string {
    return this.#take(this.size()).toString('utf8');
  }

  value(): GgufValue {
    const type = this.#number();
    const start = this.place;
    this.#skip(type);
    return { type, bytes: Buffer.from(this.#bytes.subarray(start, this.place)) };
  }

  tensor(): TensorInfo {
    const name = this.text();
    const shape = Array.from({ length: this.#number() }, () => this.size());
    return { name, shape, type: this.#number(), offset: this.size() };
  }

  #skip(type: number): void {
    if (type === valueTypes.text) this.text();
    else if (type === valueTypes.array) {
      const elementType = this.#number();
      const count = this.size();
      const bytes = scalarBytes[elementType] ?? 0;
      if (bytes > 0) this.#take(bytes * count);
      else for (let index = 0; index < count; index += 1) this.#skip(elementType);
    } else this.#take(scalarBytes[type] ?? Number.NaN);
  }

  #number(): number {
    return this.#take(4).readUInt32LE();
  }

  #take(count: number): Buffer {
    const start = this.place;
    if (!(start + count <= this.#bytes.length)) throw new RangeError('behind the end');
    this.place += count;
    return this.#bytes.subarray(start, this.place);
  }
}

/** Writes the file beside its place and moves it there when it is whole. */
export async function writeGguf(path: string, { metadata, tensors }: Gguf): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'w');
  try {
    await file.write(header(metadata, tensors));
    for (const { data } of tensors) {
      const written = Buffer.isBuffer(data) ? await writeBytes(file, data) : await copyRange(file, data);
      await file.write(padding(written));
    }
    await file.close();
    await rename(partial, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

function header(metadata: Gguf['metadata'], tensors: readonly GgufTensor[]): Buffer {
  const parts: Buffer[] = [magic, uint32(version).bytes, size(tensors.length), size(metadata.size)];
  for (const [key, { type, bytes }] of metadata) parts.push(textBytes(key), uint32(type).bytes, bytes);
  let offset = 0;
  for (const { name, shape, type, data } of tensors) {
    parts.push(textBytes(name), uint32(shape.length).bytes, ...shape.map(size), uint32(type).bytes, size(offset));
    offset = align(offset + sizeBytes(data), defaultAlignment);
  }
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, padding(bytes.length)]);
}

function sizeBytes(data: GgufTensor['data']): number {
  return Buffer.isBuffer(data) ? data.length : data.sizeBytes;
}

async function writeBytes(file: FileHandle, bytes: Buffer): Promise<number> {
  await file.write(bytes);
  return bytes.length;
}

async function copyRange(target: FileHandle, range: { path: string; offset: number; sizeBytes: number }): Promise<number> {
  const source = await open(range.path);
  try {
    const buffer = Buffer.alloc(Math.min(copyBytes, range.sizeBytes));
    for (let done = 0; done < range.sizeBytes;) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, range.sizeBytes - done), range.offset + done);
      if (bytesRead === 0) throw new Error(`${range.path} ends too early.`);
      await target.write(buffer, 0, bytesRead);
      done += bytesRead;
    }
    return range.sizeBytes;
  } finally {
    await source.close();
  }
}

function padding(length: number): Buffer {
  return Buffer.alloc(align(length, defaultAlignment) - length);
}

function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function size(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function textBytes(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([size(bytes.length), bytes]);
}
