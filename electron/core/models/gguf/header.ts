// A GGUF file's header from wherever its bytes come: a file, or a server by HTTP range. Only the header is read, in growing
// pieces; what it claims is held against the size of the file, so that a damaged file is known before anything is loaded.
// Format: ggml's docs/gguf.md, versions 2 and 3. Long lists (a tokenizer has hundreds of thousands of words) are counted, not kept.
import { KangarooError } from '../../../contract/errors.ts';
import { tensorBytes } from './types.ts';

/** Bytes of a file, by place. */
export interface ByteSource {
  /** In words: a path or an address. */
  name: string;
  sizeBytes: number;
  /** Exactly these bytes, or fewer at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Lists longer than `longestList` are only counted. */
export type GgufValue = string | number | boolean | (string | number | boolean)[] | { items: number };

export interface GgufTensor {
  name: string;
  /** Fastest dimension first. */
  shape: number[];
  /** ggml's number. */
  type: number;
  /** From the beginning of the file. */
  offset: number;
  sizeBytes: number;
}

export interface GgufHeader {
  metadata: ReadonlyMap<string, GgufValue>;
  tensors: GgufTensor[];
  /** Where the tensors' bytes begin. */
  dataOffset: number;
}

const firstPieceBytes = 256 * 1024;
/** No real header is longer; a file that claims more is damaged. */
const longestHeaderBytes = 256 * 1024 * 1024;
/** Per-layer numbers are kept, vocabularies are not. */
const longestList = 1024;
const types = { boolean: 7, text: 8, array: 9 };
/** By type: u8, i8, u16, i16, u32, i32, f32, bool, –, –, u64, i64, f64. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** More bytes are needed than were read so far. */
class NeedsMore extends Error {}

/** Rejects with `not-a-gguf`, `file-damaged`, and as the source does. */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  let bytes = Buffer.alloc(0);
  for (let wanted = firstPieceBytes; ; wanted *= 4) {
    const more = await source.read(bytes.length, Math.min(wanted, source.sizeBytes) - bytes.length);
    bytes = Buffer.concat([bytes, more]);
    try {
      return parse(bytes, source);
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
    }
    if (bytes.length >= source.sizeBytes || more.length === 0) throw damaged(source, 'it ends in the middle of its header');
    if (bytes.length >= longestHeaderBytes) throw damaged(source, 'its header is longer than that of any model');
  }
}

export function damaged(source: Pick<ByteSource, 'name'>, what: string): KangarooError {
  return new KangarooError('file-damaged', `${source.name} is damaged: ${what}. Download or copy it again.`);
}

function parse(bytes: Buffer, source: ByteSource): GgufHeader {
  if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) !== 'GGUF') {
    throw new KangarooError('not-a-gguf', `${source.name} is no GGUF file. Choose a file in the GGUF format.`);
  }
  const reader = new Reader(bytes, source);
  reader.skip(4);
  const version = reader.uint32();
  if (version < 2 || version > 3) throw damaged(source, `it is of version ${version} of the format, and there are 2 and 3`);
  const tensorCount = reader.count(24);
  const valueCount = reader.count(12);
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < valueCount; index += 1) {
    const key = reader.text();
    metadata.set(key, reader.value(reader.uint32()));
  }
  const infos = Array.from({ length: tensorCount }, () => reader.tensor());
  const alignment = numberAt(metadata, 'general.alignment') ?? 32;
  if (!Number.isInteger(alignment) || alignment < 1) throw damaged(source, `its alignment is ${alignment}`);
  const dataOffset = Math.ceil(reader.place / alignment) * alignment;
  const tensors = infos.map((tensor) => {
    const offset = dataOffset + tensor.offset;
    const end = offset + tensor.sizeBytes;
    if (!(end <= source.sizeBytes)) {
      const missing = end - source.sizeBytes;
      throw damaged(source, `its tensor ${tensor.name} would end ${missing} bytes behind the end of the file`);
    }
    return { ...tensor, offset };
  });
  return { metadata, tensors, dataOffset };
}

class Reader {
  readonly #bytes: Buffer;
  readonly #source: ByteSource;
  place = 0;

  constructor(bytes: Buffer, source: ByteSource) {
    this.#bytes = bytes;
    this.#source = source;
  }

  skip(length: number): void {
    this.#take(length);
  }

  uint32(): number {
    return this.#take(4).readUInt32LE();
  }

  /** A number of things that take at least `leastBytes` each: more than fit into the file are a lie. */
  count(leastBytes: number): number {
    const count = Number(this.#take(8).readBigUInt64LE());
    if (count * leastBytes > this.#source.sizeBytes) throw damaged(this.#source, `it claims to hold ${count} entries`);
    return count;
  }

  text(): string {
    return this.#take(this.count(1)).toString('utf8');
  }

  value(type: number): GgufValue {
    if (type !== types.array) return this.#scalar(type);
    const elementType = this.uint32();
    if (elementType === types.array) throw damaged(this.#source, 'it holds a list of lists');
    const size = scalarBytes[elementType] ?? 0;
    const count = this.count(Math.max(size, 1));
    if (count <= longestList) return Array.from({ length: count }, () => this.#scalar(elementType));
    if (size > 0) this.skip(size * count);
    else for (let index = 0; index < count; index += 1) this.#scalar(elementType);
    return { items: count };
  }

  /** Its offset counts from where the data begins. */
  tensor(): GgufTensor {
    const name = this.text();
    const dimensions = this.uint32();
    if (dimensions > 4) throw damaged(this.#source, `its tensor ${name} has ${dimensions} dimensions`);
    const shape = Array.from({ length: dimensions }, () => this.count(0));
    const type = this.uint32();
    const offset = this.count(0);
    const sizeBytes = tensorBytes(type, shape);
    if (sizeBytes === null) throw damaged(this.#source, `its tensor ${name} has an unknown type (${type}) or a broken row`);
    return { name, shape, type, offset, sizeBytes };
  }

  #scalar(type: number): string | number | boolean {
    if (type === types.text) return this.text();
    const size = scalarBytes[type] ?? 0;
    if (size === 0) throw damaged(this.#source, `it holds a value of the unknown type ${type}`);
    const bytes = this.#take(size);
    if (type === types.boolean) return bytes[0] !== 0;
    if (type === 6) return bytes.readFloatLE();
    if (type === 12) return bytes.readDoubleLE();
    if (type === 10) return Number(bytes.readBigUInt64LE());
    if (type === 11) return Number(bytes.readBigInt64LE());
    return type % 2 === 1 ? bytes.readIntLE(0, size) : bytes.readUIntLE(0, size);
  }

  #take(length: number): Buffer {
    if (this.place + length > this.#source.sizeBytes) throw damaged(this.#source, 'it ends in the middle of its header');
    if (this.place + length > this.#bytes.length) throw new NeedsMore();
    this.place += length;
    return this.#bytes.subarray(this.place - length, this.place);
  }
}

export function textAt(metadata: GgufHeader['metadata'], key: string): string | null {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : null;
}

export function numberAt(metadata: GgufHeader['metadata'], key: string): number | null {
  const value = metadata.get(key);
  return typeof value === 'number' ? value : null;
}
