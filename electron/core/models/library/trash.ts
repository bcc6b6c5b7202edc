// The trash: models are moved into it within their folder, put back, or deleted for good.
import { randomUUID } from 'node:crypto';
import { KangarooError } from '../../../contract/errors.ts';
import type { LibraryModel, TrashedModel } from '../../../contract/library.ts';
import type { Catalogue } from './catalogue.ts';
import { isWritable } from './scanner.ts';
import { asidePaths, deleteAll, moveAll } from './set-aside.ts';
import type { LibraryStore } from './store.ts';

interface TrashOptions {
  store: LibraryStore;
  isLoaded: (modelId: string) => boolean;
}

export class Trash {
  readonly #catalogue: Catalogue;
  readonly #store: LibraryStore;
  readonly #isLoaded: (modelId: string) => boolean;

  constructor(catalogue: Catalogue, { store, isLoaded }: TrashOptions) {
    this.#catalogue = catalogue;
    this.#store = store;
    this.#isLoaded = isLoaded;
  }

  /** Rejects with `read-only` and `busy`. */
  put(modelId: string): Promise<TrashedModel> {
    return this.#catalogue.exclusively(async () => {
      const row = this.#catalogue.requireRow(modelId);
      const view = row.folderId === null ? null : this.#catalogue.requireFolder(row.folderId);
      if (view && view.row.source !== 'kangaroo') {
        throw new KangarooError(
          'read-only',
          `${row.path} belongs to another app. Delete it there, or remove its folder from the library.`,
        );
      }
      if (view && !(await isWritable(view.row.path))) {
        throw new KangarooError(
          'read-only',
          `${view.row.path} cannot be written to, so ${row.path} stays. Check the folder's rights.`,
        );
      }
      for (const path of view ? row.paths : []) {
        if (!(await this.#catalogue.isOfOtherApp(path))) continue;
        throw new KangarooError('read-only', `${path} belongs to another app. Delete it there.`);
      }
      if (this.#isLoaded(row.id)) throw new KangarooError('busy', 'This model is loaded. Unload it first.');
      const trashId = randomUUID();
      const places = row.quarantine ?? row.paths;
      const to = view ? asidePaths(view.row.path, 'trash', trashId, places) : [];
      await moveAll(to.map((place, index) => ({ from: places[index] ?? place, to: place })));
      const moved = to.map((place, index) => ({ from: row.paths[index] ?? place, to: place }));
      const model = { ...row, quarantine: null };
      try {
        this.#store.addTrash({
          id: trashId,
          name: row.givenName ?? row.foundName,
          sizeBytes: row.sizeBytes,
          trashedAtMs: this.#catalogue.now(),
          moved,
          model,
        });
      } catch (error) {
        // What is not remembered must not lie in the trash.
        await moveAll(to.map((place, index) => ({ from: place, to: places[index] ?? place })));
        throw error;
      }
      this.#catalogue.rows.delete(row.id);
      this.#catalogue.publish();
      return this.#catalogue.trashed(trashId);
    });
  }

  restore(trashedId: string): Promise<LibraryModel> {
    return this.#catalogue.exclusively(async () => {
      const { moved, model, id: trashId } = this.#catalogue.requireTrash(trashedId);
      const taken = [...this.#catalogue.rows.values()].some((row) => row.path === model.path);
      if (taken)
        throw new KangarooError(
          'invalid-argument',
          `${model.path} has been taken by another model. Move or rename that one first.`,
        );
      await moveAll(moved.map(({ from, to }) => ({ from: to, to: from })));
      const folder = this.#catalogue.folderFor(model.folderId, model.path);
      const row = { ...model, folderId: folder?.id ?? null };
      this.#store.removeTrash(trashId);
      await this.#catalogue.look(row, folder);
      this.#catalogue.changed(row);
      await this.#catalogue.pair();
      return this.#catalogue.require(row.id);
    });
  }

  purge(trashedId: string): Promise<void> {
    return this.#catalogue.exclusively(async () => {
      const { id: trashId, moved } = this.#catalogue.requireTrash(trashedId);
      await deleteAll(moved.map(({ to }) => to));
      this.#store.removeTrash(trashId);
      this.#catalogue.publish();
    });
  }
}
