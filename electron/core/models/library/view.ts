// What a page sees of the library, made from its rows.
import type { ErrorShape } from '../../../contract/errors.ts';
import type { LibraryModel, LibraryState } from '../../../contract/library.ts';
import type { FileKeys } from './scanner.ts';
import type { FolderRow, ModelRow, TrashRow } from './store.ts';

export interface FolderView {
  row: FolderRow;
  away: boolean;
  freeBytes: number | null;
  /** Whether the system lets this user write into it. */
  writable: boolean;
}

/** As it is before it was looked at. */
export function newFolderView(row: FolderRow): FolderView {
  return { row, away: false, freeBytes: null, writable: true };
}

/** Another app's, or one that this user may not write into: nothing in it is moved. */
function isReadOnly({ row, writable }: FolderView): boolean {
  return row.source !== 'kangaroo' || !writable;
}

export interface Known {
  builtIn: readonly LibraryModel[];
  rows: Iterable<ModelRow>;
  folders: ReadonlyMap<string, FolderView>;
  /** Ids of models whose file is not there, though their folder is. */
  missing: ReadonlySet<string>;
  trash: readonly TrashRow[];
  suggestions: LibraryState['suggestions'];
  scanning: boolean;
  problem: ErrorShape | null;
  filesOf(row: ModelRow): FileKeys;
}

export function stateOf(known: Known): LibraryState {
  const rows = [...known.rows];
  const models = rows
    .filter((row) => row.kind === 'model')
    .map((row) => modelOf(row, known))
    .toSorted((first, second) => first.name.localeCompare(second.name));
  // Adapters and projectors take room too. A file that two entries share by a link takes its room once.
  const files = new Map(rows.flatMap((row) => known.filesOf(row).map(({ key, sizeBytes }) => [key, sizeBytes] as const)));
  const trashed = known.trash.reduce((sum, { moved, sizeBytes }) => sum + (moved.length > 0 ? sizeBytes : 0), 0);
  return {
    models: [...known.builtIn, ...models],
    folders: [...known.folders.values()].map((folder) => {
      const { row, away, freeBytes } = folder;
      const own = models.filter(({ folderId }) => folderId === row.id);
      return {
        id: row.id,
        path: row.path,
        source: row.source,
        readOnly: isReadOnly(folder),
        isDefault: row.isDefault,
        status: away ? ('away' as const) : ('ready' as const),
        sizeBytes: own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        models: own.length,
        freeBytes: away ? null : freeBytes,
      };
    }),
    trash: known.trash.map(({ id, name, sizeBytes, trashedAtMs, model }) => ({
      id,
      name,
      sizeBytes,
      trashedAt: trashedAtMs,
      path: model.path,
    })),
    suggestions: known.suggestions,
    sizeBytes: trashed + [...files.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0),
    scanning: known.scanning,
    problem: known.problem,
  };
}

function modelOf(row: ModelRow, { folders, missing }: Known): LibraryModel {
  const folder = row.folderId === null ? null : (folders.get(row.folderId) ?? null);
  const away = awayProblem(row, folder, missing.has(row.id));
  return {
    id: row.id,
    name: row.givenName ?? row.foundName,
    path: row.quarantine?.[0] ?? row.path,
    sizeBytes: row.sizeBytes,
    adapterPath: row.adapterPath,
    builtIn: false,
    source: folder?.row.source ?? 'file',
    folderId: row.folderId,
    readOnly: folder !== null && isReadOnly(folder),
    status: away ? 'away' : row.problem ? 'damaged' : row.facts ? 'ready' : 'unread',
    problem: away ?? row.problem,
    files: row.paths.length,
    facts: row.facts,
  };
}

function awayProblem(row: ModelRow, folder: FolderView | null, isMissing: boolean): ErrorShape | null {
  if (folder?.away) {
    return {
      code: 'away',
      message: `${folder.row.path} is not there at present, or is empty. Connect its disk; nothing about its models is forgotten.`,
    };
  }
  if (!isMissing) return null;
  return {
    code: 'away',
    message: `${row.path} is not there any more. Put it back, or take it off the list.`,
  };
}
