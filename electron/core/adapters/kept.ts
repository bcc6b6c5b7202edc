// The adapters that there are, of the app's own folder and of the library's models, and what can be done with a single one: used,
// imported, exported, deleted, taken back. Shared by the app and `kangaroo adapters`.
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Adapter, TrashedAdapter } from '../../contract/adapters.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { LibraryModel } from '../../contract/library.ts';
import type { Library } from '../models/library/library.ts';
import { shownError } from '../shown-error.ts';
import { readAdapterFile, type AdapterFile, type AdapterShelf } from './shelf.ts';

export class KeptAdapters {
  readonly shelf: AdapterShelf;
  readonly #library: Library;
  /** What adapters' files said, by path and time: they are read again when they change. */
  readonly #read = new Map<string, { changedAtMs: number; file: AdapterFile }>();

  constructor(shelf: AdapterShelf, library: Library) {
    this.shelf = shelf;
    this.#library = library;
  }

  /** All that can be read, by name. */
  async list(): Promise<Adapter[]> {
    const { models } = this.#library;
    const paths = new Set([...this.shelf.paths(), ...models.flatMap(({ adapterPath }) => adapterPath ?? [])]);
    const found = await Promise.all([...paths].map((path) => this.#adapterAt(path).catch(() => null)));
    return found.flatMap((adapter) => adapter ?? []).toSorted((first, second) => first.name.localeCompare(second.name));
  }

  trashed(): TrashedAdapter[] {
    return this.shelf.trashed();
  }

  /**
   * Copies a file into the app's own folder. It goes to the model that is given, else to those that it was made for and that have none.
   * Rejects with `adapter-invalid`, `adapter-mismatch` (nothing is kept then), `file-not-found`, `file-not-readable`, `disk-full`.
   */
  async import(path: string, model: LibraryModel | null): Promise<Adapter> {
    const from = resolve(path);
    const { baseFingerprint, baseName } = await readAdapterFile(from);
    if (model && (await this.#library.fingerprint(model.id)) !== baseFingerprint) {
      throw new KangarooError(
        'adapter-mismatch',
        `The adapter was made for ${baseName || 'another model'}, and this is ${model.name}. Choose one that was made for it.`,
      );
    }
    const taken = this.shelf.owns(from) ? from : await this.shelf.take(from);
    for (const each of model ? [model] : this.#library.models.filter(isFree)) {
      const isIts = model !== null || (await this.#library.fingerprint(each.id).catch(() => null)) === baseFingerprint;
      if (isIts) await this.#library.setAdapter(each.id, taken);
    }
    return this.#adapterAt(taken);
  }

  /** Copies one to a new file. Rejects with `invalid-argument` where something is there already, `file-not-found`, `disk-full`. */
  async export({ path }: Adapter, target: string): Promise<void> {
    await this.shelf.give(path, resolve(target));
  }

  /** To the trash; models that drafted with it draft without. Rejects with `read-only` for those that are not the app's own. */
  async trash({ path, modelIds }: Adapter): Promise<TrashedAdapter> {
    if (!this.shelf.owns(path)) {
      const message = `${path} is not in the app's own folder. Delete it where it lies, or choose none for its model.`;
      throw new KangarooError('read-only', message);
    }
    for (const id of modelIds) await this.#library.setAdapter(id, null);
    return this.shelf.trash(path, modelIds, randomUUID());
  }

  /** Back from the trash, and to the models that used it. Rejects with `invalid-argument` where it is not there. */
  async restore(trashedId: string): Promise<Adapter> {
    const { path, modelIds } = await this.shelf.restore(trashedId);
    for (const id of modelIds) await this.#library.setAdapter(id, path).catch(shownError);
    return this.#adapterAt(path);
  }

  /** Deletes it for good. Rejects with `invalid-argument` where it is not there. */
  async purge(trashedId: string): Promise<void> {
    await this.shelf.purge(trashedId);
  }

  async #adapterAt(path: string): Promise<Adapter> {
    const { models } = this.#library;
    const { name, sizeBytes, baseName, exitLayer, draftVocabularySize, result } = await this.#readFile(path);
    const shipped = models.some((model) => model.builtIn && dirname(model.path) === dirname(path));
    const origin = !this.shelf.owns(path) ? (shipped ? 'shipped' : 'library') : result ? 'trained' : 'imported';
    const modelIds = models.filter(({ adapterPath }) => adapterPath === path).map(({ id }) => id);
    return { id: path, name, path, origin, sizeBytes, baseName, exitLayer, draftVocabularySize, result, modelIds };
  }

  async #readFile(path: string): Promise<AdapterFile> {
    const { mtimeMs } = await stat(path);
    const known = this.#read.get(path);
    if (known?.changedAtMs === mtimeMs) return known.file;
    const file = await readAdapterFile(path);
    this.#read.set(path, { changedAtMs: mtimeMs, file });
    return file;
  }
}

const isFree = ({ adapterPath, problem }: LibraryModel) => adapterPath === null && problem === null;
