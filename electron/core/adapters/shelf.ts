// The app's own adapters: trained here or imported, a file each in one folder. What is deleted lies in a trash beside them until it is
// purged. What an adapter is, its file tells; nothing else is kept about it but which models drafted with one that was deleted.
import { constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { KangarooError } from '../../contract/errors.ts';
import type { TrainingResult, TrashedAdapter } from '../../contract/adapters.ts';
import { fileError, readModelFile } from '../models/gguf/files.ts';
import { textAt } from '../models/gguf/header.ts';
import { readAdapter, type Adapter as PairedAdapter } from '../models/library/pairing.ts';
import { ownFolderName } from '../models/library/layouts.ts';
import { asDiskFull } from './disk.ts';
import { trainingResultSchema } from './job-store.ts';

/** What its file says of an adapter. */
export interface AdapterFile extends PairedAdapter {
  name: string;
  draftVocabularySize: number;
  result: TrainingResult | null;
  changedAtMs: number;
}

/** Where its training's figures stand in an adapter's file, as JSON. */
export const resultKey = 'kangaroo.train.result';

/** Rejects with `adapter-invalid`, and as reading does. */
export async function readAdapterFile(path: string): Promise<AdapterFile> {
  const adapter = await readAdapter(path);
  const { header } = await readModelFile(path);
  const text = textAt(header.metadata, resultKey);
  return {
    ...adapter,
    name: textAt(header.metadata, 'general.name') ?? basename(path, '.gguf'),
    draftVocabularySize: header.tensors.find(({ name }) => name === 'draft_vocab')?.shape[0] ?? 0,
    result: text === null ? null : parseResult(text),
    changedAtMs: statSync(path).mtimeMs,
  };
}

function parseResult(text: string): TrainingResult | null {
  try {
    return trainingResultSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const trashNote = z.object({ name: z.string(), modelIds: z.array(z.string()), trashedAtMs: z.number() });
const noteName = 'deleted.json';

interface Trashed {
  path: string;
  note: z.infer<typeof trashNote>;
}

export class AdapterShelf {
  readonly folder: string;
  readonly #trash: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#trash = join(folder, ownFolderName, 'trash');
  }

  /** Paths of all of them. */
  paths(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.gguf'))
      .map((name) => join(this.folder, name));
  }

  owns(path: string): boolean {
    return dirname(resolve(path)) === resolve(this.folder);
  }

  /** A path in the folder that is free, by a name for people. */
  freePath(name: string): string {
    const stem =
      name
        .replaceAll(/[^\p{L}\p{N}._ -]+/gu, ' ')
        .trim()
        .slice(0, 80) || 'adapter';
    for (let number = 1; ; number++) {
      const path = join(this.folder, `${number === 1 ? stem : `${stem} ${number}`}.gguf`);
      if (!existsSync(path)) return path;
    }
  }

  /** Moves a file of this volume into the folder, under a name for people that is free. */
  async adopt(path: string, name: string): Promise<string> {
    mkdirSync(this.folder, { recursive: true });
    const target = this.freePath(name);
    await rename(path, target).catch((error: unknown) => {
      throw fileError(error, path);
    });
    return target;
  }

  /** Copies a file into the folder; it appears there whole or not at all. */
  async take(path: string): Promise<string> {
    await readAdapterFile(path);
    mkdirSync(this.folder, { recursive: true });
    const target = this.freePath(basename(path, '.gguf'));
    await copyWhole(path, target);
    return target;
  }

  /** Copies one to a new file. Rejects with `invalid-argument` where there is something already, `file-not-found`, `disk-full`. */
  async give(path: string, target: string): Promise<void> {
    // What a page asks for must not become anything but an adapter, wherever it is put.
    if (!/\.gguf$/i.test(target)) throw new KangarooError('invalid-argument', `${target} must end in .gguf.`);
    if (existsSync(target)) throw new KangarooError('invalid-argument', `${target} is there already. Choose another name.`);
    if (!existsSync(dirname(target)))
      throw new KangarooError('file-not-found', `${dirname(target)} is no folder. Check the path.`);
    await copyWhole(path, target);
  }

  async trash(path: string, modelIds: string[], id: string): Promise<TrashedAdapter> {
    const { sizeBytes, name } = await readAdapterFile(path).catch(() => ({ sizeBytes: 0, name: basename(path, '.gguf') }));
    const note = { name, modelIds, trashedAtMs: Date.now() };
    const place = join(this.#trash, id);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, noteName), JSON.stringify(note));
    await rename(path, join(place, basename(path))).catch((error: unknown) => {
      throw fileError(error, path);
    });
    return { id, name, sizeBytes, trashedAtMs: note.trashedAtMs };
  }

  /** What lies in the trash, the latest first. */
  trashed(): TrashedAdapter[] {
    if (!existsSync(this.#trash)) return [];
    return readdirSync(this.#trash)
      .flatMap((id) => {
        const found = this.#inTrash(id);
        if (!found) return [];
        const { name, trashedAtMs } = found.note;
        return [{ id, name, trashedAtMs, sizeBytes: statSync(found.path).size }];
      })
      .toSorted((first, second) => second.trashedAtMs - first.trashedAtMs);
  }

  /** Back to its place, or beside what has taken it. Resolves with its path and the models that drafted with it. */
  async restore(id: string): Promise<{ path: string; modelIds: string[] }> {
    const { path, note } = this.#requireTrashed(id);
    const target = this.freePath(basename(path, '.gguf'));
    await rename(path, target).catch((error: unknown) => {
      throw fileError(error, path);
    });
    await rm(join(this.#trash, id), { recursive: true, force: true });
    return { path: target, modelIds: note.modelIds };
  }

  async purge(id: string): Promise<void> {
    this.#requireTrashed(id);
    await rm(join(this.#trash, id), { recursive: true, force: true });
  }

  #requireTrashed(id: string): Trashed {
    const found = this.#inTrash(id);
    if (!found) throw new KangarooError('invalid-argument', 'This adapter is not in the trash any more.');
    return found;
  }

  /** An id is a name of a folder in the trash, and nothing that leads out of it. */
  #inTrash(id: string): Trashed | null {
    if (!/^[\w-]{1,100}$/.test(id)) return null;
    const place = join(this.#trash, id);
    try {
      const note = trashNote.parse(JSON.parse(readFileSync(join(place, noteName), 'utf8')));
      const file = readdirSync(place).find((name) => name.endsWith('.gguf'));
      return file === undefined ? null : { path: join(place, file), note };
    } catch {
      return null;
    }
  }
}

async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  try {
    await copyFile(from, part, constants.COPYFILE_FICLONE);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    const told = asDiskFull(error, dirname(to));
    throw told instanceof KangarooError ? told : fileError(error, to);
  }
}
