// The library: every model that this machine has, in the user's folders and, read-only, in those of other apps.
import type { ErrorShape } from './errors.ts';
import type { ArchitectureSupport, Fit, FitChoices } from './fit.ts';

/** `kangaroo`: a folder of the user's. `file`: opened one by one. The others belong to other apps and are only read. */
export type LibrarySource = 'starter' | 'given' | 'kangaroo' | 'file' | 'lm-studio' | 'ollama' | 'hugging-face';

/**
 * `ready`: its header was read and its size is right. `unread`: found, not looked at yet. `away`: its folder or file is not there
 * at present; nothing about it is forgotten. `damaged`: see `problem`; in a folder of the user's it was moved to quarantine.
 */
export type LibraryModelStatus = 'ready' | 'unread' | 'away' | 'damaged';

export interface LibraryModel {
  /** The same as long as the file stays where it is; renaming keeps it. */
  id: string;
  /** The user's name for it, else the file's. */
  name: string;
  /** The first file of a split model; where a quarantined one lies now. */
  path: string;
  /** All files of a split model together. */
  sizeBytes: number;
  /** Null: none. A split model is one item. */
  adapterPath: string | null;
  /** True for the starter that ships with the app. */
  builtIn: boolean;
  source: LibrarySource;
  /** The folder in `LibraryState.folders`; null for single files. */
  folderId: string | null;
  /**
   * Belongs to another app, ships with this one, or lies in a folder that this user may not write to: it cannot be deleted here,
   * only hidden by removing its folder.
   */
  readOnly: boolean;
  status: LibraryModelStatus;
  /** What is wrong with an `away` or `damaged` one, and what to do. */
  problem: ErrorShape | null;
  /** Files of a split model; 1 for the others. */
  files: number;
  facts: ModelFacts | null;
}

/** From the file's header. */
export interface ModelFacts {
  architecture: string;
  parameters: number;
  /** For example `Q4_K_M`. */
  quantisation: string;
  layers: number;
  embeddingLength: number;
  vocabularySize: number;
  /** Tokens; 0 where the file does not say. */
  trainedContext: number;
  hasChatTemplate: boolean;
  licence: string | null;
  support: ArchitectureSupport;
}

/** What costs more to find out than a header; `kangaroo models info` and the details of the page show it. */
export interface ModelDetails {
  model: LibraryModel;
  /** Every file of it, in order. */
  paths: string[];
  /** The model's own Jinja template; null: none. */
  chatTemplate: string | null;
  /** SHA-256 of the whole file, hex, where it is known: from its download, or from `LibraryApi.hash`. Null for a split one. */
  sha256: string | null;
  /** Where it was downloaded from. */
  origin: { repository: string; revision: string; file: string } | null;
  adapter: AdapterFacts | null;
  /** Of drafting over plain decoding on this machine, over all answers so far; null: none yet. */
  measuredSpeedup: { speedup: number; answers: number } | null;
  /** Scalar metadata as text, long arrays as `[n items]`. */
  metadata: Record<string, string>;
}

export interface AdapterFacts {
  path: string;
  sizeBytes: number;
  baseName: string;
  exitLayer: number;
}

export interface LibraryFolder {
  id: string;
  path: string;
  source: LibrarySource;
  /** Belongs to another app, or this user may not write to it. */
  readOnly: boolean;
  /** Downloads are published into this one. */
  isDefault: boolean;
  status: 'ready' | 'away';
  /** All models in it. */
  sizeBytes: number;
  models: number;
  /** On its volume; null while it is away. */
  freeBytes: number | null;
}

export interface TrashedModel {
  /** For `restore` and `purge`. */
  id: string;
  name: string;
  sizeBytes: number;
  /** Milliseconds since 1970. */
  trashedAt: number;
  /** Where it was, and where `restore` puts it. */
  path: string;
}

export interface LibraryState {
  models: LibraryModel[];
  folders: LibraryFolder[];
  trash: TrashedModel[];
  /** Folders of other apps that were found and are not in the library yet. */
  suggestions: { path: string; source: LibrarySource; models: number; sizeBytes: number }[];
  /** Of all models, adapters, the trash and the quarantine together. A file that two apps share by a link counts once. */
  sizeBytes: number;
  scanning: boolean;
  /** The library's database could not be read: what happened to it. What is changed now may last only for this run. */
  problem: ErrorShape | null;
}

export interface LibraryApi {
  /** The current state first, then every change. */
  watch(): AsyncIterable<LibraryState>;
  /** Looks through all folders again. Resolves when it is done. */
  rescan(): Promise<void>;
  /** Rejects with `invalid-argument` for an unknown id. */
  details(modelId: string): Promise<ModelDetails>;
  /** Whether it would fit with these choices, whatever is loaded now. */
  fit(modelId: string, choices: FitChoices): Promise<Fit>;
  /** Computes SHA-256: fractions 0…1 of all bytes, and the end. Of a split model: of its parts in order, as if joined; not kept. */
  hash(modelId: string): AsyncIterable<{ fraction: number; sha256: string | null }>;
  /**
   * Takes a GGUF into the library where it lies; nothing is copied. In the desktop's window `window.kangaroo.pathOf(file)` tells
   * the path of a file that was dropped. Resolves with its entry, an existing one where it is known.
   * Rejects with `file-not-found`, `not-a-gguf`, `file-damaged`, `invalid-argument` (a part of a split model whose others are
   * missing; an adapter).
   */
  open(path: string): Promise<LibraryModel>;
  /**
   * Adds a folder, of the user's or of another app: which of them is recognised by its layout. Files in it that were opened by
   * themselves become its models. Rejects with `file-not-found`, `file-not-readable`.
   */
  addFolder(path: string): Promise<LibraryFolder>;
  /** Its models leave the list, but for those that another folder shows too; no file is touched. The default folder cannot be removed: `invalid-argument`. */
  removeFolder(folderId: string): Promise<void>;
  /** Downloads go there from now on. Rejects with `read-only` and `away`. */
  setDefaultFolder(folderId: string): Promise<void>;
  /** Gives it another name in the library; '' gives it the file's again. The file keeps its own. */
  rename(modelId: string, name: string): Promise<LibraryModel>;
  /**
   * The adapter that drafts for it, at once where it is loaded; null: none, or of the starter its own. Rejects with
   * `adapter-invalid`, `adapter-mismatch`.
   */
  setAdapter(modelId: string, path: string | null): Promise<LibraryModel>;
  /**
   * Moves the file(s) to the trash of their folder, at once and without copying. Rejects with `read-only`, and with `busy` for
   * the loaded model. An opened single file only leaves the list; it, too, can be restored.
   */
  trash(modelId: string): Promise<TrashedModel>;
  /** Puts it back where it was. Rejects with `invalid-argument` where another file has taken its place. */
  restore(trashedId: string): Promise<LibraryModel>;
  /** Deletes it for good. */
  purge(trashedId: string): Promise<void>;
  /** Takes an `away` entry off the list. */
  forget(modelId: string): Promise<void>;
  /** Looks at a damaged file again, for example after it was copied anew: back to its place where it is whole now. */
  checkAgain(modelId: string): Promise<LibraryModel>;
  /** Asks the user for files or a folder in the system's dialog. Rejects with `no-dialog` in the browser: let the user type a path. */
  choose(what: 'model' | 'adapter' | 'folder'): Promise<string | null>;
}
