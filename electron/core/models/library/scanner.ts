// Looks through a folder and into the files that are new or have changed. What it cannot see it does not forget; what is
// damaged in a folder of the user's it moves to quarantine, once nobody writes it any more.
import { access, constants, stat, statfs } from 'node:fs/promises';
import { KangarooError, type ErrorShape } from '../../../contract/errors.ts';
import { factsOf, kindOf } from '../facts.ts';
import { readModelFile, statModel } from '../gguf/files.ts';
import { findModels, type FoundModel } from './layouts.ts';
import { asidePaths, moveAll } from './set-aside.ts';
import { newModel, type FolderRow, type ModelRow } from './store.ts';

export interface ScannedFolder {
  away: boolean;
  /** Known before, and not there now. */
  missing: ModelRow[];
  freeBytes: number | null;
  /** Whether this user may move files out of it. */
  writable: boolean;
  /** A file that looks damaged was changed a moment ago: look again. */
  unsettled: boolean;
}

export interface ScannerOptions {
  /** A damaged file that was changed less than so long ago may still be being written. */
  settleMs: number;
  now: () => number;
  /** Whether another app keeps the file: it is never moved. */
  isOfOtherApp: (path: string) => Promise<boolean>;
  /** A row has changed, or is new. */
  onRow: (row: ModelRow) => void;
  /** Another file lies where one was that is in quarantine now. */
  onReplaced: (row: ModelRow) => void;
}

/** Files of a model and what tells them apart. */
export type FileKeys = { key: string; sizeBytes: number }[];

export class Scanner {
  readonly #options: ScannerOptions;
  readonly #keys = new Map<string, FileKeys>();

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** As they were when the model was last looked at. */
  filesOf(row: ModelRow): FileKeys {
    return this.#keys.get(row.id) ?? [{ key: row.path, sizeBytes: row.sizeBytes }];
  }

  /**
   * `known`: its models, and those of no folder, which become its own where they lie in it. What is in `taken` belongs to another
   * folder of the library, which lies in this one or above it.
   */
  async folder(folder: FolderRow, known: readonly ModelRow[], taken: ReadonlySet<string>): Promise<ScannedFolder> {
    const away = { away: true, missing: [], freeBytes: null, writable: true, unsettled: false };
    let found: FoundModel[];
    try {
      found = await findModels(folder.path, folder.source);
    } catch {
      return away;
    }
    const foundPaths = new Set(found.map(({ path }) => path));
    const missing: ModelRow[] = [];
    for (const row of known) {
      if (row.folderId !== folder.id || row.quarantine !== null || foundPaths.has(row.path)) continue;
      // A file that was opened by itself may lie where no folder is looked through, as in a hidden one.
      if (await isFile(row.path)) found.push({ path: row.path, name: row.foundName, sha256: null, origin: null });
      else missing.push(row);
    }
    // A volume that is not mounted leaves an empty folder in its place: that is no reason to forget what was on it.
    if (found.length === 0 && missing.length > 0) return away;
    const byPath = new Map(known.map((row) => [row.path, row]));
    let unsettled = false;
    for (const each of found) {
      if (taken.has(each.path)) continue;
      const row = byPath.get(each.path) ?? newModel(each.path, folder.id, each.name);
      const before = JSON.stringify(row);
      row.foundName = each.name;
      row.folderId = folder.id;
      row.origin = row.origin ?? each.origin;
      unsettled = (await this.look(row, folder)) || unsettled;
      row.sha256 = each.sha256 ?? row.sha256;
      if (JSON.stringify(row) !== before || row.modifiedAtMs === 0) this.#options.onRow(row);
    }
    const { path } = folder;
    return { away: false, missing, freeBytes: await freeBytesOf(path), writable: await isWritable(path), unsettled };
  }

  /** Reads the header where the file is new or has changed. True: look again in a while. `folder`: null for single files. */
  async look(row: ModelRow, folder: FolderRow | null): Promise<boolean> {
    try {
      const { sizeBytes, modifiedAtMs, paths, files } = await statModel(row.path);
      this.#keys.set(row.id, files);
      const isKnown = row.sizeBytes === sizeBytes && row.modifiedAtMs === modifiedAtMs;
      if (isKnown && row.quarantine === null && (row.facts !== null || row.kind !== 'model')) return false;
      if (row.quarantine !== null) this.#options.onReplaced({ ...row });
      if (!isKnown && row.modifiedAtMs > 0) row.sha256 = null;
      Object.assign(row, { sizeBytes, modifiedAtMs, paths, facts: null, problem: null, quarantine: null });
      const { header } = await readModelFile(row.path);
      row.kind = kindOf(header);
      row.facts = row.kind === 'model' ? factsOf(header) : null;
      return false;
    } catch (error) {
      if (!(error instanceof KangarooError)) throw error;
      row.kind = 'model';
      row.facts = null;
      row.problem = shapeOf(error);
      return this.#setAside(row, folder, error);
    }
  }

  /** What is damaged for certain leaves the folders of the user; other apps' files stay where they are. */
  async #setAside(row: ModelRow, folder: FolderRow | null, error: KangarooError): Promise<boolean> {
    if (error.code !== 'file-damaged' && error.code !== 'not-a-gguf') return false;
    if (this.#options.now() - row.modifiedAtMs < this.#options.settleMs) {
      row.problem = { ...shapeOf(error), message: `${error.message} If it is still being copied, just wait.` };
      // Not known: it is read again next time.
      row.modifiedAtMs = 0;
      return true;
    }
    if (folder?.source !== 'kangaroo') return false;
    for (const path of row.paths) if (await this.#options.isOfOtherApp(path)) return false;
    const quarantine = asidePaths(folder.path, 'quarantine', row.id, row.paths);
    try {
      await moveAll(row.paths.map((from, index) => ({ from, to: quarantine[index] ?? from })));
      row.quarantine = quarantine;
    } catch {
      // It stays where it is, and is not loaded there either.
    }
    return false;
  }
}

function shapeOf({ code, message }: KangarooError): ErrorShape {
  return { code, message };
}

async function freeBytesOf(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Whether the system lets this user write there; true as well for what is away. */
export async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
