// Adds texts to the header of a GGUF file that is there: what is known of an adapter only after it was written and measured.
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { readModelFile } from './files.ts';
import { numberAt } from './header.ts';

/** Magic, version, number of tensors; then the number of values, and the values. */
const [countAt, valuesAt] = [16, 24];
const textType = 8;

function entry(key: string, value: string): Buffer {
  const [name, text] = [Buffer.from(key), Buffer.from(value)];
  const head = Buffer.alloc(8 + name.length + 12);
  head.writeBigUInt64LE(BigInt(name.length));
  name.copy(head, 8);
  head.writeUInt32LE(textType, 8 + name.length);
  head.writeBigUInt64LE(BigInt(text.length), 12 + name.length);
  return Buffer.concat([head, text]);
}

/**
 * The file is replaced as a whole. The entries come first, and the last one's text is filled up with spaces, so that all behind them,
 * tensors included, only moves. Keys must be new. Rejects as reading does, and as `node:fs` does.
 */
export async function annotate(path: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const { header } = await readModelFile(path);
  const alignment = numberAt(header.metadata, 'general.alignment') ?? 32;
  const entries = Object.entries(texts);
  const bytesOf = (last: string) =>
    Buffer.concat(entries.map(([key, value], index) => entry(key, index === entries.length - 1 ? value + last : value)));
  const plain = bytesOf('').length;
  const added = bytesOf(' '.repeat((alignment - (plain % alignment)) % alignment));

  const file = await open(path);
  const head = Buffer.alloc(valuesAt);
  await file.read(head, 0, valuesAt, 0).finally(() => file.close());
  head.writeBigUInt64LE(head.readBigUInt64LE(countAt) + BigInt(entries.length), countAt);

  const part = `${path}.part`;
  try {
    const target = createWriteStream(part, { flush: true });
    await pipeline(async function* () {
      yield head;
      yield added;
      yield* createReadStream(path, { start: valuesAt });
    }, target);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
