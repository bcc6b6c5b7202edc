// The library as a page has it: every model in the folders of the user and, read-only, of other apps. Core's own list is the
// truth; files that are away stay in it until the user forgets them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import type { Fit, FitChoices } from '../../../contract/fit.ts';
import type {
  LibraryApi,
  LibraryFolder,
  LibraryModel,
  LibraryState,
  ModelDetails,
  TrashedModel,
} from '../../../contract/library.ts';
import { filePath, parseArgument, text } from '../../arguments.ts';
import { adapterShapeOf, factsOf, kindOf, metadataText, shapeOf } from '../facts.ts';
import { estimateFit, type Machine } from '../fit.ts';
import { fileError, partsOf, readModelFile } from '../gguf/files.ts';
import { textAt } from '../gguf/header.ts';
import { fitChoices } from '../requests.ts';
import { Catalogue, type CatalogueOptions } from './catalogue.ts';
import { Folders } from './folders.ts';
import { modelNameOf } from './layouts.ts';
import { readAdapter } from './pairing.ts';
import { moveAll } from './set-aside.ts';
import { newModel, type FolderRow, type LibraryStore, type ModelRow } from './store.ts';
import { Trash } from './trash.ts';

export interface LibraryOptions extends CatalogueOptions {
  machine: () => Machine;
  /** Whether this model is the one that is loaded now. */
  isLoaded: (modelId: string) => boolean;
  /** The system's dialog; left out where the shell has none. */
  choosePath?: (what: 'model' | 'adapter' | 'folder') => Promise<string | null>;
}

const speedupKey = (modelId: string) => `speedup ${modelId}`;
const speedupSchema = z.object({ sum: z.number(), answers: z.number() });

export class Library implements LibraryApi {
  readonly #options: LibraryOptions;
  readonly #store: LibraryStore;
  readonly #catalogue: Catalogue;
  readonly #folders: Folders;
  readonly #trash: Trash;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#catalogue = new Catalogue(options);
    this.#folders = new Folders(this.#catalogue, options.store);
    this.#trash = new Trash(this.#catalogue, options);
  }

  /** All models, those that are away included; the first is the one to open at the start. */
  get models(): LibraryModel[] {
    return this.#catalogue.state.models;
  }

  find(modelId: string): LibraryModel | undefined {
    return this.models.find((model) => model.id === modelId);
  }

  /** Where downloads go. */
  get defaultFolder(): string {
    return this.#catalogue.defaultFolder.path;
  }

  watch(): AsyncIterable<LibraryState> {
    return this.#catalogue.watch();
  }

  rescan(): Promise<void> {
    return this.#catalogue.rescan();
  }

  async details(modelId: string): Promise<ModelDetails> {
    const model = this.#catalogue.require(modelId);
    const row = this.#catalogue.rows.get(model.id);
    const file = model.status === 'ready' || model.status === 'unread' ? await readModelFile(model.path) : null;
    const adapter = model.adapterPath === null ? null : await readAdapter(model.adapterPath).catch(() => null);
    const { sum, answers } = this.#speedups(model.id, row);
    return {
      model,
      paths: row?.quarantine ?? row?.paths ?? [model.path],
      chatTemplate: file && textAt(file.header.metadata, 'tokenizer.chat_template'),
      sha256: row?.paths.length === 1 ? row.sha256 : null,
      origin: row?.origin ?? null,
      adapter: adapter && {
        path: adapter.path,
        sizeBytes: adapter.sizeBytes,
        baseName: adapter.baseName,
        exitLayer: adapter.exitLayer,
      },
      measuredSpeedup: answers > 0 ? { speedup: sum / answers, answers } : null,
      metadata: file ? metadataText(file.header.metadata) : {},
    };
  }

  async fit(modelId: string, choices: FitChoices): Promise<Fit> {
    const model = this.#catalogue.require(modelId);
    return this.estimate(model, parseArgument(fitChoices, choices, 'choices'));
  }

  /** Rejects as reading the file does. */
  async estimate(model: LibraryModel, choices: FitChoices): Promise<Fit> {
    const { header } = await readModelFile(model.path);
    const adapterFile = model.adapterPath === null ? null : await readModelFile(model.adapterPath).catch(() => null);
    const adapter = adapterFile && adapterShapeOf(adapterFile.header);
    const { contextSize = 0, cacheType = 'f16' } = choices;
    return estimateFit(shapeOf(header), { contextSize, cacheType, adapter }, this.#options.machine());
  }

  async *hash(modelId: string): AsyncGenerator<{ fraction: number; sha256: string | null }> {
    const model = this.#catalogue.requirePresent(modelId);
    const row = this.#catalogue.rows.get(model.id);
    const paths = row?.quarantine ?? row?.paths ?? partsOf(model.path);
    const hash = createHash('sha256');
    let [done, told] = [0, 0];
    for (const path of paths) {
      for await (const chunk of bytesOf(path)) {
        hash.update(chunk);
        done += chunk.length;
        if (done - told > model.sizeBytes / 100) {
          told = done;
          yield { fraction: Math.min(1, done / model.sizeBytes), sha256: null };
        }
      }
    }
    const sha256 = hash.digest('hex');
    // What is remembered is compared with what the hub says of a single file, and of several it says nothing.
    if (row && paths.length === 1) this.#catalogue.changed(Object.assign(row, { sha256 }));
    yield { fraction: 1, sha256 };
  }

  async open(path: string): Promise<LibraryModel> {
    const [first = path] = partsOf(resolve(parseArgument(filePath(), path, 'path')));
    return this.#catalogue.exclusively(async () => {
      const { header } = await readModelFile(first);
      const kind = kindOf(header);
      if (kind !== 'model') {
        const what = kind === 'adapter' ? 'a Kangaroo adapter: choose it in the details of its model' : 'no model that can chat';
        throw new KangarooError('invalid-argument', `${first} is ${what}.`);
      }
      const { row, folder } = this.#rowAt(first);
      await this.#catalogue.look(row, folder);
      row.facts ??= factsOf(header);
      this.#catalogue.missing.delete(row.id);
      this.#catalogue.changed(row);
      await this.#catalogue.pair();
      return this.#catalogue.require(row.id);
    });
  }

  addFolder(path: string): Promise<LibraryFolder> {
    return this.#folders.add(parseArgument(filePath(), path, 'path'));
  }

  removeFolder(folderId: string): Promise<void> {
    return this.#folders.remove(folderId);
  }

  setDefaultFolder(folderId: string): Promise<void> {
    return this.#folders.setDefault(folderId);
  }

  async rename(modelId: string, name: string): Promise<LibraryModel> {
    const row = this.#catalogue.requireRow(modelId);
    const given = parseArgument(text(0, 200), name, 'name').trim();
    this.#catalogue.changed(Object.assign(row, { givenName: given === '' || given === row.foundName ? null : given }));
    return this.#catalogue.require(row.id);
  }

  async setAdapter(modelId: string, path: string | null): Promise<LibraryModel> {
    const model = this.#catalogue.require(modelId);
    const given = parseArgument(filePath().nullable(), path, 'path');
    const adapterPath = given && resolve(given);
    if (adapterPath !== null) {
      const adapter = await readAdapter(adapterPath);
      if (adapter.baseFingerprint !== (await this.fingerprint(model.id))) {
        const message = `The adapter was made for ${adapter.baseName || 'another model'}, and this is ${model.name}. Choose one that was made for it.`;
        throw new KangarooError('adapter-mismatch', message);
      }
    }
    const row = this.#catalogue.rows.get(model.id);
    if (row) this.#catalogue.changed(Object.assign(row, { adapterPath, adapterChosen: true }));
    else this.#catalogue.setBuiltInAdapter(model, adapterPath);
    return this.#catalogue.require(model.id);
  }

  /** Tells which adapters were made for a model; null where its file cannot tell. Rejects as reading it does. */
  fingerprint(modelId: string): Promise<string | null> {
    const model = this.#catalogue.requirePresent(modelId);
    const changedAtMs = this.#catalogue.rows.get(model.id)?.modifiedAtMs ?? 0;
    return this.#catalogue.pairing.fingerprint(model.path, changedAtMs);
  }

  trash(modelId: string): Promise<TrashedModel> {
    return this.#trash.put(modelId);
  }

  restore(trashedId: string): Promise<LibraryModel> {
    return this.#trash.restore(trashedId);
  }

  purge(trashedId: string): Promise<void> {
    return this.#trash.purge(trashedId);
  }

  async forget(modelId: string): Promise<void> {
    const row = this.#catalogue.requireRow(modelId);
    if (this.find(row.id)?.status !== 'away')
      throw new KangarooError('invalid-argument', 'Only a model that is away can be forgotten.');
    this.#store.removeModel(row.id);
    this.#catalogue.rows.delete(row.id);
    this.#catalogue.missing.delete(row.id);
    this.#catalogue.publish();
  }

  checkAgain(modelId: string): Promise<LibraryModel> {
    return this.#catalogue.exclusively(async () => {
      const row = this.#catalogue.requireRow(modelId);
      if (this.find(row.id)?.status === 'away') this.#catalogue.requirePresent(modelId);
      const view = row.folderId === null ? null : this.#catalogue.requireFolder(row.folderId);
      const { quarantine } = row;
      if (quarantine) {
        // Whole by now, for example because its other parts are there: then it goes back; otherwise it throws.
        await readModelFile(quarantine[0] ?? row.path);
        await moveAll(quarantine.map((from, index) => ({ from, to: row.paths[index] ?? from })));
        row.quarantine = null;
      }
      Object.assign(row, { modifiedAtMs: 0, sha256: null });
      await this.#catalogue.look(row, view?.row ?? null);
      this.#catalogue.changed(row);
      return this.#catalogue.require(row.id);
    });
  }

  async choose(what: 'model' | 'adapter' | 'folder'): Promise<string | null> {
    if (!this.#options.choosePath) {
      throw new KangarooError('no-dialog', 'The browser cannot choose files of this machine. Type the path instead.');
    }
    if (what !== 'model' && what !== 'adapter' && what !== 'folder') {
      throw new KangarooError('invalid-argument', '`what` must be one of model, adapter, folder.');
    }
    return this.#options.choosePath(what);
  }

  /** A model that was downloaded has been published under this path: it is in the list when this resolves. */
  published(path: string, origin: NonNullable<ModelDetails['origin']>, sha256: string | null): Promise<void> {
    const [first = path] = partsOf(path);
    return this.#catalogue.exclusively(async () => {
      const { row, folder } = this.#rowAt(first);
      // Time 0: it is another file than the one that was there, and this is its hash.
      Object.assign(row, { origin, sha256, modifiedAtMs: 0 });
      await this.#catalogue.look(row, folder);
      this.#catalogue.missing.delete(row.id);
      this.#catalogue.changed(row);
      await this.#catalogue.pair();
    });
  }

  /** An answer of this model was so many times as fast as plain decoding. */
  recordSpeedup(modelId: string, speedup: number): void {
    if (!(speedup > 0)) return;
    const row = this.#catalogue.rows.get(modelId);
    const { sum, answers } = this.#speedups(modelId, row);
    if (row) this.#store.save(Object.assign(row, { speedupSum: sum + speedup, speedupAnswers: answers + 1 }));
    else this.#store.setValue(speedupKey(modelId), { sum: sum + speedup, answers: answers + 1 });
  }

  /** Whether the library may write there: a folder of the user's, or one below it. */
  isOwnFolder(path: string): boolean {
    return this.#folders.isOwn(path);
  }

  /** The folder around this place that is gone though models in it are known, as a disk that is not connected; null: none is. */
  awayFolder(path: string): string | null {
    return this.#folders.awayAround(path);
  }

  /** The model of this SHA-256, or of this file of a repository; null: it is not here. */
  modelOf(sha256: string | null, origin: { repository: string; file: string; sizeBytes: number }): string | null {
    const { rows, missing } = this.#catalogue;
    // A file that somebody deleted by hand is not here; one on a disk that is away is.
    const here = [...rows.values()].filter((row) => row.quarantine === null && row.problem === null && !missing.has(row.id));
    const found =
      here.find((row) => sha256 !== null && row.sha256 === sha256) ??
      here.find(
        (row) =>
          row.origin?.repository === origin.repository && row.origin.file === origin.file && row.sizeBytes === origin.sizeBytes,
      );
    return found?.id ?? null;
  }

  /** Resolves when nothing is being read or moved any more. */
  idle(): Promise<void> {
    return this.#catalogue.idle();
  }

  close(): void {
    this.#catalogue.close();
  }

  /** What is known of a file, or a new row for it, and the folder that it lies in. */
  #rowAt(path: string): { row: ModelRow; folder: FolderRow | null } {
    const known = [...this.#catalogue.rows.values()].find((row) => row.path === path);
    const folder = this.#catalogue.folderFor(known?.folderId ?? null, path);
    const row = known ?? newModel(path, null, modelNameOf(basename(path)));
    row.folderId = folder?.id ?? null;
    return { row, folder };
  }

  /** What ships with the app has no row. */
  #speedups(modelId: string, row: ModelRow | undefined): { sum: number; answers: number } {
    if (row) return { sum: row.speedupSum, answers: row.speedupAnswers };
    return speedupSchema.safeParse(this.#store.value(speedupKey(modelId))).data ?? { sum: 0, answers: 0 };
  }
}

/** Throws the system's errors as ours. */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Buffer;
  } catch (error) {
    throw fileError(error, path);
  }
}
