// The folders of the library: which are in it, which downloads go into, and what becomes of the models of one that leaves.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { KangarooError } from '../../../contract/errors.ts';
import type { LibraryFolder } from '../../../contract/library.ts';
import { fileError } from '../gguf/files.ts';
import type { Catalogue } from './catalogue.ts';
import { findModels, isBelow, sourceOf } from './layouts.ts';
import { isFolder, isWritable } from './scanner.ts';
import type { FolderRow, LibraryStore } from './store.ts';
import { newFolderView } from './view.ts';

export class Folders {
  readonly #catalogue: Catalogue;
  readonly #store: LibraryStore;

  constructor(catalogue: Catalogue, store: LibraryStore) {
    this.#catalogue = catalogue;
    this.#store = store;
  }

  /** Rejects with `file-not-found`, `file-not-readable`. */
  async add(path: string): Promise<LibraryFolder> {
    const folder = resolve(path);
    const id = await this.#catalogue.exclusively(() => this.#enter(folder));
    await this.#catalogue.rescan();
    const found = this.#catalogue.state.folders.find((each) => each.id === id);
    if (!found) throw new KangarooError('internal', `${folder} was not added.`);
    return found;
  }

  async remove(folderId: string): Promise<void> {
    const { row } = this.#catalogue.requireFolder(folderId);
    if (row.isDefault) {
      throw new KangarooError('invalid-argument', 'Downloads go into this folder. Make another one the default first.');
    }
    await this.#catalogue.exclusively(async () => {
      await this.#handOver(row);
      for (const model of this.#catalogue.rows.values()) {
        if (model.folderId !== row.id || model.quarantine === null) continue;
        this.#catalogue.keepQuarantined(model);
        this.#catalogue.rows.delete(model.id);
      }
      this.#store.removeFolder(row.id);
      this.#catalogue.folders.delete(row.id);
      for (const model of this.#catalogue.rows.values()) if (model.folderId === row.id) this.#catalogue.rows.delete(model.id);
      await this.#catalogue.lookForOtherApps();
      this.#catalogue.publish();
    });
  }

  async setDefault(folderId: string): Promise<void> {
    const { row, away } = this.#catalogue.requireFolder(folderId);
    if (row.source !== 'kangaroo')
      throw new KangarooError('read-only', `${row.path} belongs to another app, which is only read.`);
    if (away) throw new KangarooError('away', `${row.path} is not there at present. Connect its disk first.`);
    if (!(await isWritable(row.path)))
      throw new KangarooError('read-only', `${row.path} cannot be written to. Check its rights, or choose another folder.`);
    this.#store.setDefaultFolder(row.id);
    for (const view of this.#catalogue.folders.values()) view.row.isDefault = view.row.id === row.id;
    this.#catalogue.publish();
  }

  /** Whether the library may write there: a folder of the user's, or one below it. */
  isOwn(path: string): boolean {
    const place = resolve(path);
    const own = [...this.#catalogue.folders.values()].filter(({ row }) => row.source === 'kangaroo');
    return own.some(({ row }) => place === row.path || isBelow(place, row.path));
  }

  /** The folder around this place that is gone though models in it are known, as a disk that is not connected; null: none is. */
  awayAround(path: string): string | null {
    const view = this.#catalogue.folderOf(resolve(path) + sep);
    if (!view || existsSync(view.row.path)) return null;
    return [...this.#catalogue.rows.values()].some((row) => row.folderId === view.row.id) ? view.row.path : null;
  }

  /** Its id. A folder that is in the library under another name is that folder. */
  async #enter(path: string): Promise<string> {
    if (!(await isFolder(path))) throw new KangarooError('file-not-found', `${path} is no folder. Check the path.`);
    const real = (place: string) => realpath(place).catch(() => place);
    const realPath = await real(path);
    for (const { row } of this.#catalogue.folders.values()) {
      if (row.path === path || (await real(row.path)) === realPath) return row.id;
    }
    const source = await sourceOf(path).catch((error: unknown) => {
      throw fileError(error, path);
    });
    const row: FolderRow = { id: randomUUID(), path, source, isDefault: false };
    this.#store.addFolder(row, this.#catalogue.now());
    this.#catalogue.folders.set(row.id, newFolderView(row));
    return row.id;
  }

  /** The models of a folder that leaves the library, where another folder, which lies in it or above, shows them too. */
  async #handOver(leaving: FolderRow): Promise<void> {
    for (const { row: folder } of this.#catalogue.folders.values()) {
      if (!isBelow(folder.path, leaving.path) && !isBelow(leaving.path, folder.path)) continue;
      const found = await findModels(folder.path, folder.source).catch(() => []);
      const paths = new Set(found.map(({ path }) => path));
      for (const row of this.#catalogue.rows.values()) {
        if (row.folderId !== leaving.id || row.quarantine !== null || !paths.has(row.path)) continue;
        this.#catalogue.changed(Object.assign(row, { folderId: folder.id }));
      }
    }
  }
}
