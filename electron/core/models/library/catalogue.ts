// What the library knows: its rows, folders and what was found on the disk, kept current by scans that run one at a time.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { KangarooError, type ErrorShape } from '../../../contract/errors.ts';
import type { LibraryModel, LibraryState, TrashedModel } from '../../../contract/library.ts';
import { parseArgument, text } from '../../arguments.ts';
import { shownError } from '../../shown-error.ts';
import { Watchable } from '../../watchable.ts';
import { factsOf } from '../facts.ts';
import { readModelFile, statModel } from '../gguf/files.ts';
import { findModels, isBelow, liesIn, type FolderSource } from './layouts.ts';
import { Pairing, readAdapter, type Adapter } from './pairing.ts';
import { isFolder, Scanner } from './scanner.ts';
import type { FolderRow, LibraryStore, ModelRow, TrashRow } from './store.ts';
import { newFolderView, stateOf, type FolderView } from './view.ts';

export interface CatalogueOptions {
  store: LibraryStore;
  /** Made where there is no other default folder. */
  defaultFolder: string;
  /** The starter, and a model that was named at the start. */
  builtIn: readonly LibraryModel[];
  /** What keeps the library from being remembered beyond this run. */
  problem?: ErrorShape | null;
  /** Where other apps may have their models. */
  otherApps: readonly { path: string; source: FolderSource }[];
  /** A damaged file that was changed less than so long ago may still be being written. */
  settleMs?: number;
  /** How often folders that are away are looked for, and present ones whether they still are. */
  lookEveryMs?: number;
  now?: () => number;
}

const idSchema = text(1, 200);
const builtInAdapterKey = ({ path }: LibraryModel) => `adapter ${path}`;

export class Catalogue {
  readonly rows = new Map<string, ModelRow>();
  readonly folders = new Map<string, FolderView>();
  readonly missing = new Set<string>();
  readonly pairing = new Pairing();
  readonly now: () => number;
  readonly #store: LibraryStore;
  readonly #options: CatalogueOptions;
  readonly #scanner: Scanner;
  readonly #state: Watchable<LibraryState>;
  readonly #timer: NodeJS.Timeout;
  #builtIn: LibraryModel[];
  #suggestions: LibraryState['suggestions'] = [];
  #scanning = false;
  #work: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: CatalogueOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#builtIn = options.builtIn.map((model) => ({ ...model, adapterPath: this.#builtInAdapter(model) }));
    this.now = options.now ?? Date.now;
    this.#scanner = new Scanner({
      settleMs: options.settleMs ?? 60_000,
      now: this.now,
      isOfOtherApp: (path) => this.isOfOtherApp(path),
      onRow: (row) => this.#found(row),
      onReplaced: (row) => attempt(() => this.keepQuarantined({ ...row, id: randomUUID() })),
    });
    for (const row of this.#store.folders()) this.folders.set(row.id, newFolderView(row));
    this.#ensureDefaultFolder();
    for (const row of this.#store.models()) this.rows.set(row.id, row);
    this.#state = new Watchable(this.#view());
    this.#timer = setInterval(() => void this.#lookForFolders(), options.lookEveryMs ?? 15_000);
    this.#timer.unref();
  }

  get state(): LibraryState {
    return this.#state.value;
  }

  get defaultFolder(): FolderRow {
    const view = [...this.folders.values()].find(({ row }) => row.isDefault);
    if (!view) throw new KangarooError('internal', 'The library has no folder for downloads.');
    return view.row;
  }

  watch(): AsyncIterable<LibraryState> {
    return this.#state.watch();
  }

  /** Scans and moves run one after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(() => {
      if (this.#closed) throw new KangarooError('closed', 'Kangaroo Chat is closing.');
      return work();
    });
    this.#work = result.catch(() => {});
    return result;
  }

  rescan(): Promise<void> {
    return this.exclusively(async () => {
      this.#scanning = true;
      this.publish();
      try {
        let unsettled = false;
        await this.#lookAtBuiltIn();
        for (const view of this.folders.values()) unsettled = (await this.#scanFolder(view)) || unsettled;
        for (const row of this.rows.values()) {
          if (row.folderId === null) unsettled = (await this.#lookAtFile(row)) || unsettled;
        }
        await this.pair();
        await this.lookForOtherApps();
        if (unsettled) this.#rescanLater();
      } finally {
        this.#scanning = false;
        this.publish();
      }
    });
  }

  /** Reads a model's header where it is new or has changed. */
  async look(row: ModelRow, folder: FolderRow | null): Promise<void> {
    if (await this.#scanner.look(row, folder)) this.#rescanLater();
  }

  /** Also where it was found through a folder above, which is the user's. */
  isOfOtherApp(path: string): Promise<boolean> {
    const added = [...this.folders.values()].filter(({ row }) => row.source !== 'kangaroo').map(({ row }) => row.path);
    return liesIn(path, [...this.#options.otherApps.map((place) => place.path), ...added]);
  }

  /** Kept, and told. */
  changed(row: ModelRow): void {
    this.rows.set(row.id, row);
    this.#store.save(row);
    this.publish();
  }

  /**
   * What is in quarantine while a new file took its place, or its folder leaves the library, is the trash's from now on: nothing
   * is lost, and it can be deleted. The row of this id leaves the library's list in the database.
   */
  keepQuarantined(row: ModelRow): void {
    const moved = (row.quarantine ?? []).map((to, index) => ({ from: row.paths[index] ?? row.path, to }));
    const model = { ...row, quarantine: null };
    const name = row.givenName ?? row.foundName;
    this.#store.addTrash({ id: randomUUID(), name, sizeBytes: row.sizeBytes, trashedAtMs: this.now(), moved, model });
  }

  /** What ships with the app has no row: which adapter was chosen for it is remembered by its path. Null: its own again. */
  setBuiltInAdapter(model: LibraryModel, adapterPath: string | null): void {
    this.#store.setValue(builtInAdapterKey(model), adapterPath);
    this.#builtIn = this.#builtIn.map((each) =>
      each.id === model.id ? { ...each, adapterPath: adapterPath ?? this.#shippedAdapter(each) } : each,
    );
    this.publish();
  }

  publish(): void {
    if (!this.#closed) this.#state.set(this.#view());
  }

  /** Gives every model the adapter of its base. */
  async pair(): Promise<void> {
    const adapters: Adapter[] = [];
    const present = [...this.rows.values()].filter((row) => row.kind === 'adapter' && !this.#isAway(row));
    const paths = [...present.map((row) => row.path), ...this.#builtIn.flatMap(({ adapterPath }) => adapterPath ?? [])];
    for (const path of paths) {
      const adapter = await readAdapter(path).catch(() => null);
      if (adapter) adapters.push(adapter);
    }
    // What is away keeps the adapter that it had.
    const models = [...this.rows.values()].filter((row) => !this.#isAway(row));
    for (const row of await this.pairing.pair(models, adapters)) this.#found(row);
  }

  /** Folders of other apps that are there, hold models and are not in the library. */
  async lookForOtherApps(): Promise<void> {
    const suggestions: LibraryState['suggestions'] = [];
    const known = new Set([...this.folders.values()].map(({ row }) => row.path));
    for (const { path, source } of this.#options.otherApps) {
      if (known.has(path) || !(await isFolder(path))) continue;
      const found = await findModels(path, source).catch(() => []);
      if (found.length > 0)
        suggestions.push({ path, source, models: found.length, sizeBytes: await sizeOf(found.map((each) => each.path)) });
    }
    this.#suggestions = suggestions;
  }

  /** Throws `invalid-argument` where there is none. */
  require(modelId: unknown): LibraryModel {
    const id = parseArgument(idSchema, modelId, 'modelId');
    const model = this.state.models.find((each) => each.id === id);
    if (!model) throw new KangarooError('invalid-argument', `There is no model ${JSON.stringify(id)} in the library.`);
    return model;
  }

  /** Throws what is wrong with it where it cannot be read. */
  requirePresent(modelId: unknown): LibraryModel {
    const model = this.require(modelId);
    if (model.problem) throw new KangarooError(model.problem.code, model.problem.message);
    return model;
  }

  /** Throws `read-only` for what ships with the app or was named at its start. */
  requireRow(modelId: unknown): ModelRow {
    const model = this.require(modelId);
    const row = this.rows.get(model.id);
    if (!row) throw new KangarooError('read-only', `${model.name} does not belong to a folder of yours, so it stays as it is.`);
    return row;
  }

  /** The folder that a file lies in; of several, the innermost. */
  folderOf(path: string): FolderView | null {
    const above = [...this.folders.values()].filter(({ row }) => isBelow(path, row.path));
    return above.toSorted((first, second) => second.row.path.length - first.row.path.length)[0] ?? null;
  }

  /** The folder that a model belongs to: its own while that is in the library, else the one that its file lies in. */
  folderFor(folderId: string | null, path: string): FolderRow | null {
    const own = folderId === null ? undefined : this.folders.get(folderId);
    return (own ?? this.folderOf(path))?.row ?? null;
  }

  requireFolder(folderId: unknown): FolderView {
    const id = parseArgument(idSchema, folderId, 'folderId');
    const view = this.folders.get(id);
    if (!view) throw new KangarooError('invalid-argument', `There is no folder ${JSON.stringify(id)} in the library.`);
    return view;
  }

  requireTrash(trashedId: unknown): TrashRow {
    const id = parseArgument(idSchema, trashedId, 'trashedId');
    const row = this.#store.trash().find((each) => each.id === id);
    if (!row) throw new KangarooError('invalid-argument', `There is nothing ${JSON.stringify(id)} in the trash.`);
    return row;
  }

  trashed(id: string): TrashedModel {
    const found = this.state.trash.find((each) => each.id === id);
    if (!found) throw new KangarooError('internal', 'What was moved to the trash is not in it.');
    return found;
  }

  /** Resolves when nothing is being read or moved any more. */
  async idle(): Promise<void> {
    await this.#work;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#state.close();
  }

  #view(): LibraryState {
    return stateOf({
      builtIn: this.#builtIn,
      rows: this.rows.values(),
      folders: this.folders,
      missing: this.missing,
      trash: this.#store.trash(),
      suggestions: this.#suggestions,
      scanning: this.#scanning,
      problem: this.#options.problem ?? null,
      filesOf: (row) => this.#scanner.filesOf(row),
    });
  }

  #isAway(row: ModelRow): boolean {
    return this.missing.has(row.id) || (row.folderId !== null && (this.folders.get(row.folderId)?.away ?? false));
  }

  /** Downloads need a place, though nobody has chosen one yet. That it cannot be made shows as a folder that is away. */
  #ensureDefaultFolder(): void {
    if ([...this.folders.values()].some(({ row }) => row.isDefault)) return;
    const row: FolderRow = { id: randomUUID(), path: this.#options.defaultFolder, source: 'kangaroo', isDefault: true };
    try {
      mkdirSync(row.path, { recursive: true });
    } catch (error) {
      shownError(error);
    }
    attempt(() => this.#store.addFolder(row, this.now()));
    this.folders.set(row.id, newFolderView(row));
  }

  /** What a scan finds is shown also where it cannot be remembered, as on a full disk: the next scan finds it again. */
  #found(row: ModelRow): void {
    this.rows.set(row.id, row);
    attempt(() => this.#store.save(row));
    this.publish();
  }

  async #scanFolder(view: FolderView): Promise<boolean> {
    const { id } = view.row;
    const isFree = ({ folderId }: ModelRow) => folderId === id || folderId === null;
    const known = [...this.rows.values()].filter(isFree);
    const taken = new Set([...this.rows.values()].filter((row) => !isFree(row)).map(({ path }) => path));
    const { away, missing, freeBytes, writable, unsettled } = await this.#scanner.folder(view.row, known, taken);
    Object.assign(view, { away, freeBytes, writable });
    if (!away) {
      for (const row of known) if (row.folderId === id) this.missing.delete(row.id);
      for (const row of missing) this.missing.add(row.id);
    }
    this.publish();
    return unsettled;
  }

  /** A file that was opened by itself. */
  async #lookAtFile(row: ModelRow): Promise<boolean> {
    const before = JSON.stringify(row);
    const known = { ...row };
    const unsettled = await this.#scanner.look(row, null);
    if (row.problem?.code === 'file-not-found') {
      Object.assign(row, known);
      this.missing.add(row.id);
    } else {
      this.missing.delete(row.id);
    }
    if (JSON.stringify(row) !== before) this.#found(row);
    return unsettled;
  }

  async #lookAtBuiltIn(): Promise<void> {
    this.#builtIn = await Promise.all(
      this.#builtIn.map(async (model): Promise<LibraryModel> => {
        try {
          const { header, paths, sizeBytes, modifiedAtMs } = await readModelFile(model.path);
          const adapterPath = await this.#adapterThatFits(model, modifiedAtMs);
          return {
            ...model,
            adapterPath,
            sizeBytes,
            files: paths.length,
            facts: factsOf(header),
            status: 'ready',
            problem: null,
          };
        } catch (error) {
          return { ...model, status: 'damaged', problem: shownError(error) };
        }
      }),
    );
  }

  /**
   * A new version of the app may bring a new starter, and an adapter that was made for the one before does not fit it: the app then
   * drafts with the shipped one. The file stays, and is not forgotten: the version before would draft with it again.
   */
  async #adapterThatFits(model: LibraryModel, modifiedAtMs: number): Promise<string | null> {
    const { path, adapterPath } = model;
    const shipped = this.#shippedAdapter(model);
    if (adapterPath === null || shipped === null || adapterPath === shipped) return adapterPath;
    const fingerprint = await this.pairing.fingerprint(path, modifiedAtMs).catch(() => null);
    const adapter = await readAdapter(adapterPath).catch(() => null);
    // A damaged one is told when it is loaded.
    return adapter && fingerprint !== null && adapter.baseFingerprint !== fingerprint ? shipped : adapterPath;
  }

  #shippedAdapter({ id }: LibraryModel): string | null {
    return this.#options.builtIn.find((model) => model.id === id)?.adapterPath ?? null;
  }

  /** The chosen one while it is there. What was named at the start comes before what is remembered. */
  #builtInAdapter(model: LibraryModel): string | null {
    if (model.source === 'given' && model.adapterPath !== null) return model.adapterPath;
    const chosen = this.#store.value(builtInAdapterKey(model));
    return typeof chosen === 'string' && existsSync(chosen) ? chosen : model.adapterPath;
  }

  #rescanLater(): void {
    setTimeout(() => {
      if (!this.#closed) void this.rescan().catch(() => {});
    }, this.#options.settleMs ?? 60_000).unref();
  }

  async #lookForFolders(): Promise<void> {
    for (const view of this.folders.values()) {
      if ((await isFolder(view.row.path)) === view.away) return this.rescan().catch(() => {});
    }
  }
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let sum = 0;
  for (const path of paths)
    sum += await statModel(path)
      .then((file) => file.sizeBytes)
      .catch(() => 0);
  return sum;
}

/** That it cannot be written is logged, and no reason to stop. */
function attempt(write: () => void): void {
  try {
    write();
  } catch (error) {
    shownError(error);
  }
}
