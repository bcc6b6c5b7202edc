// The files of one model on the disk: a single GGUF, or all parts of a split one, which count as one item.
// Names of parts: llama.cpp's `gguf-split`, `name-00001-of-00003.gguf`.
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KangarooError } from '../../../contract/errors.ts';
import { damaged, numberAt, readGgufHeader, type ByteSource, type GgufHeader } from './header.ts';

const splitName = /^(?<stem>.*)-(?<part>\d{5})-of-(?<count>\d{5})\.gguf$/i;

export interface SplitName {
  /** The name without its part, for example `model` of `model-00001-of-00003.gguf`. */
  stem: string;
  /** From 1. */
  part: number;
  count: number;
}

export function parseSplitName(fileName: string): SplitName | null {
  const groups = splitName.exec(fileName)?.groups;
  if (!groups) return null;
  return { stem: groups['stem'] ?? '', part: Number(groups['part']), count: Number(groups['count']) };
}

/** All parts' paths, in order, of the one named; the path itself for a model of one file. */
export function partsOf(path: string): string[] {
  const split = parseSplitName(basename(path));
  if (!split || split.count === 0 || split.count > 999) return [path];
  const number = (value: number) => String(value).padStart(5, '0');
  return Array.from({ length: split.count }, (_, index) =>
    join(dirname(path), `${split.stem}-${number(index + 1)}-of-${number(split.count)}.gguf`),
  );
}

/** Opens a file for its header. Rejects with `file-not-found`, `file-not-readable`. */
async function openSource(path: string): Promise<{ source: ByteSource; close(): Promise<void> }> {
  try {
    const file = await open(path);
    const { size } = await file.stat();
    const source: ByteSource = {
      name: path,
      sizeBytes: size,
      async read(offset, length) {
        const bytes = Buffer.alloc(Math.max(0, length));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
        return bytes.subarray(0, bytesRead);
      },
    };
    return { source, close: () => file.close() };
  } catch (error) {
    throw fileError(error, path);
  }
}

/** A system's error about a file as ours: `file-not-found`, `file-not-readable`. */
export function fileError(error: unknown, path: string): KangarooError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new KangarooError('file-not-found', `${path} is not there. Check the path.`);
  }
  return new KangarooError('file-not-readable', `${path} cannot be read. Check its rights.`, String(error));
}

export interface ModelFile {
  /** In order. */
  paths: string[];
  /** All files together. */
  sizeBytes: number;
  /** Latest change of a file, milliseconds since 1970. */
  modifiedAtMs: number;
  /** Every file's size, and what tells it from all others of the machine, whatever its name. */
  files: { key: string; sizeBytes: number }[];
  /** Metadata of the first file, tensors of all. */
  header: GgufHeader;
  /** Of every file, as it stands there: a tensor's offset is in its own file. */
  headers: GgufHeader[];
}

/** Sizes and times of the files of a model, without reading them. Rejects with `file-not-found`, `file-not-readable`. */
export async function statModel(path: string): Promise<Omit<ModelFile, 'header' | 'headers'>> {
  const paths = partsOf(path);
  const files: ModelFile['files'] = [];
  let modifiedAtMs = 0;
  for (const part of paths) {
    try {
      const found = await stat(part);
      files.push({ key: `${found.dev}:${found.ino}`, sizeBytes: found.size });
      modifiedAtMs = Math.max(modifiedAtMs, Math.round(found.mtimeMs));
    } catch (error) {
      if (paths.length === 1) throw fileError(error, part);
      throw new KangarooError(
        'file-not-found',
        `${basename(part)} is missing: the model has ${paths.length} files. Download it again.`,
      );
    }
  }
  return { paths, files, modifiedAtMs, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0) };
}

/** Reads the header of every file. Rejects with `file-not-found`, `file-not-readable`, `not-a-gguf`, `file-damaged`. */
export async function readModelFile(path: string): Promise<ModelFile> {
  const found = await statModel(path);
  const headers: GgufHeader[] = [];
  for (const part of found.paths) headers.push(await readHeaderOf(part));
  const [first] = headers;
  if (!first) throw new KangarooError('file-not-found', `${path} is not there.`);
  const claimed = numberAt(first.metadata, 'split.count') ?? 1;
  if (claimed > 1 && claimed !== headers.length) {
    throw damaged({ name: path }, `it is one of ${claimed} files, and its name does not say so; give it its old name`);
  }
  return { ...found, headers, header: { ...first, tensors: headers.flatMap((header) => header.tensors) } };
}

async function readHeaderOf(path: string): Promise<GgufHeader> {
  const { source, close } = await openSource(path);
  try {
    return await readGgufHeader(source);
  } catch (error) {
    throw error instanceof KangarooError ? error : fileError(error, path);
  } finally {
    await close();
  }
}
