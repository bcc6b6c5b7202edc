// A library on real folders and a real database, opened anew before each test and closed after it, and what tests ask of it.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect } from 'vitest';
import type { LibraryModel, LibraryState } from '../../../../contract/library.ts';
import { openModelsDatabase, type ModelsDatabase } from '../../database.ts';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../../testing/gguf-writer.ts';
import { placesOfOtherApps } from '../layouts.ts';
import { Library, type LibraryOptions } from '../library.ts';
import { LibraryStore } from '../store.ts';

export const starter = fileURLToPath(new URL('../../../../../assets/starter/starter-q8_0.gguf', import.meta.url));
export const starterAdapter = starter.replace('starter-q8_0', 'starter-adapter');

export const builtInStarter: LibraryModel = {
  id: 'starter',
  name: 'Joey',
  path: starter,
  sizeBytes: 1,
  adapterPath: starterAdapter,
  builtIn: true,
  source: 'starter',
  folderId: null,
  readOnly: true,
  status: 'unread',
  problem: null,
  files: 1,
  facts: null,
};

/** Nobody has written it for an hour. */
export function settle(path: string): void {
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(path, hourAgo, hourAgo);
}

export class LibraryBench {
  folder = '';
  /** The library's default folder. */
  models = '';
  loadedId: string | null = null;
  library!: Library;
  #database: ModelsDatabase | null = null;

  begin(): void {
    this.folder = mkdtempSync(join(tmpdir(), 'kangaroo-library-'));
    mkdirSync(join(this.folder, 'data'));
    this.models = join(this.folder, 'models');
    this.loadedId = null;
    this.open();
  }

  end(): void {
    this.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Opens it, or opens it again, with other options. */
  open(over: Partial<LibraryOptions> = {}, prepare: (database: Database) => void = () => {}): void {
    this.close();
    this.#database = openModelsDatabase(join(this.folder, 'data'));
    prepare(this.#database.database);
    this.library = new Library({
      store: new LibraryStore(this.#database.database),
      defaultFolder: this.models,
      builtIn: [],
      otherApps: placesOfOtherApps({}, join(this.folder, 'home')).filter(({ path }) => path.startsWith(this.folder)),
      machine: () => ({ ram: { totalBytes: 2e9, freeBytes: 1e9 }, gpu: null, bytesPerSecond: null }),
      isLoaded: (modelId) => modelId === this.loadedId,
      ...over,
    });
  }

  close(): void {
    if (this.#database === null) return;
    this.library.close();
    this.#database.database.close();
    this.#database = null;
  }

  /** As after a restart of the app. */
  async reopen(): Promise<void> {
    this.open();
    await this.library.rescan();
  }

  async state(): Promise<LibraryState> {
    const { value } = await this.library.watch()[Symbol.asyncIterator]().next();
    return value as LibraryState;
  }

  /** A small model in the default folder. */
  put(name: string, options = {}): string {
    const path = join(this.models, name);
    mkdirSync(dirname(path), { recursive: true });
    writeTinyLlama(path, options);
    settle(path);
    return path;
  }

  /** The first `count` of two parts of a model in the default folder; the paths of both. */
  putSplit(count: 1 | 2 = 2, below = '.'): [string, string] {
    const { metadata, tensors } = tinyLlama({ name: 'Split' });
    const path = (part: number) => join(this.models, below, `big-0000${part}-of-00002.gguf`);
    mkdirSync(dirname(path(1)), { recursive: true });
    writeFileSync(path(1), ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, 6)));
    settle(path(1));
    if (count === 2) writeFileSync(path(2), ggufBytes({ 'split.count': 2 }, tensors.slice(6)));
    return [path(1), path(2)];
  }

  only(): LibraryModel {
    expect(this.library.models).toHaveLength(1);
    return this.library.models[0] as LibraryModel;
  }
}

/** A fresh one for each test of the file. */
export function freshLibraryBench(): LibraryBench {
  const bench = new LibraryBench();
  beforeEach(() => bench.begin());
  afterEach(() => bench.end());
  return bench;
}
