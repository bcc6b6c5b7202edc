// The library's rows in the models' database: typed, whole rows in and out.
import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { errorCodes, type ErrorShape } from '../../../contract/errors.ts';
import type { ModelDetails, ModelFacts } from '../../../contract/library.ts';
import { z } from 'zod';
import { supportOf } from '../architectures.ts';
import type { FolderSource } from './layouts.ts';

export interface FolderRow {
  id: string;
  path: string;
  source: FolderSource;
  isDefault: boolean;
}

export interface ModelRow {
  id: string;
  path: string;
  folderId: string | null;
  foundName: string;
  givenName: string | null;
  sizeBytes: number;
  modifiedAtMs: number;
  paths: string[];
  facts: ModelFacts | null;
  problem: ErrorShape | null;
  quarantine: string[] | null;
  kind: 'model' | 'adapter' | 'other';
  adapterPath: string | null;
  adapterChosen: boolean;
  sha256: string | null;
  origin: ModelDetails['origin'];
  speedupSum: number;
  speedupAnswers: number;
}

export interface Move {
  from: string;
  to: string;
}

export interface TrashRow {
  id: string;
  name: string;
  sizeBytes: number;
  trashedAtMs: number;
  moved: Move[];
  model: ModelRow;
}

const problemSchema = z.object({ code: z.enum(errorCodes), message: z.string(), detail: z.string().exactOptional() });
const factsSchema = z.object({
  architecture: z.string(),
  parameters: z.number(),
  quantisation: z.string(),
  layers: z.number(),
  embeddingLength: z.number(),
  vocabularySize: z.number(),
  trainedContext: z.number(),
  hasChatTemplate: z.boolean(),
  licence: z.string().nullable(),
});
const originSchema = z.object({ repository: z.string(), revision: z.string(), file: z.string() });
const pathsSchema = z.array(z.string());
const movesSchema = z.array(z.object({ from: z.string(), to: z.string() }));

/** Null for null, and for what another version wrote in a way that this one does not understand. */
function read<T>(schema: z.ZodType<T>, json: string | null): T | null {
  return json === null ? null : (schema.safeParse(JSON.parse(json)).data ?? null);
}

const write = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

interface RawModel {
  id: string;
  path: string;
  folder_id: string | null;
  found_name: string;
  given_name: string | null;
  size_bytes: number;
  modified_at_ms: number;
  paths_json: string;
  facts_json: string | null;
  problem_json: string | null;
  quarantine_json: string | null;
  kind: ModelRow['kind'];
  adapter_path: string | null;
  adapter_chosen: number;
  sha256: string | null;
  origin_json: string | null;
  speedup_sum: number;
  speedup_answers: number;
}

function fromRaw(raw: RawModel): ModelRow {
  const facts = read(factsSchema, raw.facts_json);
  return {
    id: raw.id,
    path: raw.path,
    folderId: raw.folder_id,
    foundName: raw.found_name,
    givenName: raw.given_name,
    sizeBytes: raw.size_bytes,
    modifiedAtMs: raw.modified_at_ms,
    paths: read(pathsSchema, raw.paths_json) ?? [raw.path],
    // What is supported is this version's to say, not that of the one that read the file.
    facts: facts && { ...facts, support: supportOf(facts.architecture) },
    problem: read(problemSchema, raw.problem_json),
    quarantine: read(pathsSchema, raw.quarantine_json),
    kind: raw.kind,
    adapterPath: raw.adapter_path,
    adapterChosen: raw.adapter_chosen === 1,
    sha256: raw.sha256,
    origin: read(originSchema, raw.origin_json),
    speedupSum: raw.speedup_sum,
    speedupAnswers: raw.speedup_answers,
  };
}

function toRaw(row: ModelRow): RawModel {
  return {
    id: row.id,
    path: row.path,
    folder_id: row.folderId,
    found_name: row.foundName,
    given_name: row.givenName,
    size_bytes: row.sizeBytes,
    modified_at_ms: row.modifiedAtMs,
    paths_json: JSON.stringify(row.paths),
    facts_json: write(row.facts),
    problem_json: write(row.problem),
    quarantine_json: write(row.quarantine),
    kind: row.kind,
    adapter_path: row.adapterPath,
    adapter_chosen: row.adapterChosen ? 1 : 0,
    sha256: row.sha256,
    origin_json: write(row.origin),
    speedup_sum: row.speedupSum,
    speedup_answers: row.speedupAnswers,
  };
}

const columns = Object.keys(toRaw(newModel('', null, '')));
const upsertModel = `INSERT INTO library_models (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${columns
    .filter((name) => name !== 'id')
    .map((name) => `${name} = @${name}`)
    .join(', ')}`;

/** A row for a file that was found and not looked at yet. */
export function newModel(path: string, folderId: string | null, foundName: string): ModelRow {
  const unknown = {
    givenName: null,
    facts: null,
    problem: null,
    quarantine: null,
    adapterPath: null,
    sha256: null,
    origin: null,
  };
  const zero = { sizeBytes: 0, modifiedAtMs: 0, speedupSum: 0, speedupAnswers: 0 };
  return { id: randomUUID(), path, folderId, foundName, paths: [path], kind: 'model', adapterChosen: false, ...unknown, ...zero };
}

export class LibraryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  folders(): FolderRow[] {
    const rows = this.#database
      .prepare('SELECT id, path, source, is_default FROM library_folders ORDER BY added_at_ms, rowid')
      .all();
    return (rows as { id: string; path: string; source: FolderSource; is_default: number }[]).map((row) => ({
      id: row.id,
      path: row.path,
      source: row.source,
      isDefault: row.is_default === 1,
    }));
  }

  addFolder(folder: FolderRow, nowMs: number): void {
    this.#database
      .prepare('INSERT INTO library_folders (id, path, source, is_default, added_at_ms) VALUES (?, ?, ?, ?, ?)')
      .run(folder.id, folder.path, folder.source, folder.isDefault ? 1 : 0, nowMs);
  }

  setDefaultFolder(id: string): void {
    this.#database.prepare('UPDATE library_folders SET is_default = (id = ?)').run(id);
  }

  /** With everything that is known of its models. */
  removeFolder(id: string): void {
    this.#database.prepare('DELETE FROM library_folders WHERE id = ?').run(id);
  }

  models(): ModelRow[] {
    const rows = this.#database.prepare('SELECT * FROM library_models ORDER BY found_name COLLATE NOCASE, path').all();
    return (rows as RawModel[]).map(fromRaw);
  }

  save(row: ModelRow): void {
    this.#database.prepare(upsertModel).run(toRaw(row));
  }

  removeModel(id: string): void {
    this.#database.prepare('DELETE FROM library_models WHERE id = ?').run(id);
  }

  trash(): TrashRow[] {
    const rows = this.#database.prepare('SELECT * FROM library_trash ORDER BY trashed_at_ms DESC').all();
    return (
      rows as { id: string; name: string; size_bytes: number; trashed_at_ms: number; moved_json: string; model_json: string }[]
    ).map((row) => ({
      id: row.id,
      name: row.name,
      sizeBytes: row.size_bytes,
      trashedAtMs: row.trashed_at_ms,
      moved: read(movesSchema, row.moved_json) ?? [],
      model: fromRaw(JSON.parse(row.model_json) as RawModel),
    }));
  }

  /** The model's row leaves the library with it, or neither happens. */
  addTrash(row: TrashRow): void {
    this.#database.transaction(() => {
      this.#database
        .prepare(
          'INSERT INTO library_trash (id, name, size_bytes, trashed_at_ms, moved_json, model_json) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(row.id, row.name, row.sizeBytes, row.trashedAtMs, JSON.stringify(row.moved), JSON.stringify(toRaw(row.model)));
      this.removeModel(row.model.id);
    })();
  }

  removeTrash(id: string): void {
    this.#database.prepare('DELETE FROM library_trash WHERE id = ?').run(id);
  }

  value(name: string): unknown {
    const row = this.#database.prepare('SELECT value_json FROM library_values WHERE name = ?').get(name);
    return row === undefined ? null : JSON.parse((row as { value_json: string }).value_json);
  }

  setValue(name: string, value: unknown): void {
    this.#database
      .prepare(
        'INSERT INTO library_values (name, value_json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value_json = excluded.value_json',
      )
      .run(name, JSON.stringify(value));
  }
}
