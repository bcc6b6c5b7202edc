// The queue and its journal in SQLite: every method is one transaction that is on disk when it returns.
import type { Database } from 'better-sqlite3';
import type { DownloadNotice } from '../../../contract/downloads.ts';
import type { ErrorShape } from '../../../contract/errors.ts';
import { modelsDatabaseError } from '../database.ts';
import type { PartRecord } from './parts.ts';

/** What is kept of an item's state; what it does at the moment is not. */
export type StoredState = 'queued' | 'paused' | 'publishing' | 'completed' | 'failed';

export interface StoredFile {
  readonly position: number;
  readonly path: string;
  sizeBytes: number;
  /** Null until the hub has told. */
  sha256: string | null;
  /** Of the version that the parts belong to. */
  etag: string | null;
  /** Whether the server answers ranges; null until it was asked. */
  ranges: boolean | null;
  readonly partBytes: number;
  /** The whole file is on disk and has the right hash. */
  verified: boolean;
  /** It is being fetched a second time after a wrong hash. */
  refetched: boolean;
}

export interface StoredDownload {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly repo: string;
  readonly revision: string;
  readonly folder: string;
  state: StoredState;
  readonly addedAtMs: number;
  endedAtMs: number | null;
  notices: DownloadNotice[];
  error: ErrorShape | null;
  files: StoredFile[];
}

interface DownloadRow {
  id: string;
  name: string;
  endpoint: string;
  repo: string;
  revision: string;
  folder: string;
  state: StoredState;
  added_at_ms: number;
  ended_at_ms: number | null;
  notices_json: string;
  error_json: string | null;
}

interface FileRow {
  download_id: string;
  position: number;
  path: string;
  size_bytes: number;
  sha256: string | null;
  etag: string | null;
  ranges: number | null;
  part_bytes: number;
  verified: number;
  refetched: number;
}

function fileRow(downloadId: string, file: StoredFile): FileRow {
  return {
    download_id: downloadId,
    position: file.position,
    path: file.path,
    size_bytes: file.sizeBytes,
    sha256: file.sha256,
    etag: file.etag,
    ranges: file.ranges === null ? null : Number(file.ranges),
    part_bytes: file.partBytes,
    verified: Number(file.verified),
    refetched: Number(file.refetched),
  };
}

function storedFile(row: FileRow): StoredFile {
  return {
    position: row.position,
    path: row.path,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    etag: row.etag,
    ranges: row.ranges === null ? null : row.ranges === 1,
    partBytes: row.part_bytes,
    verified: row.verified === 1,
    refetched: row.refetched === 1,
  };
}

export class DownloadStore {
  readonly #database: Database;

  /** Of `openModelsDatabase`. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order of the queue. */
  all(): StoredDownload[] {
    return this.#run(() => {
      const files = Map.groupBy(
        this.#database.prepare<[], FileRow>('SELECT * FROM download_files ORDER BY download_id, position').all(),
        (row) => row.download_id,
      );
      const rows = this.#database.prepare<[], DownloadRow>('SELECT * FROM downloads ORDER BY position, added_at_ms, id').all();
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        endpoint: row.endpoint,
        repo: row.repo,
        revision: row.revision,
        folder: row.folder,
        state: row.state,
        addedAtMs: row.added_at_ms,
        endedAtMs: row.ended_at_ms,
        notices: JSON.parse(row.notices_json) as DownloadNotice[],
        error: row.error_json === null ? null : (JSON.parse(row.error_json) as ErrorShape),
        files: (files.get(row.id) ?? []).map(storedFile),
      }));
    });
  }

  /** At the end of the queue. */
  insert(download: StoredDownload): void {
    this.#transact(() => {
      this.#database
        .prepare(
          `INSERT INTO downloads (id, name, endpoint, repo, revision, folder, position, state, added_at_ms)
           VALUES (@id, @name, @endpoint, @repo, @revision, @folder, (SELECT coalesce(max(position), -1) + 1 FROM downloads),
             @state, @addedAtMs)`,
        )
        .run({
          id: download.id,
          name: download.name,
          endpoint: download.endpoint,
          repo: download.repo,
          revision: download.revision,
          folder: download.folder,
          state: download.state,
          addedAtMs: download.addedAtMs,
        });
      const insert = this.#database.prepare(
        `INSERT INTO download_files (download_id, position, path, size_bytes, sha256, etag, ranges, part_bytes, verified, refetched)
         VALUES (@download_id, @position, @path, @size_bytes, @sha256, @etag, @ranges, @part_bytes, @verified, @refetched)`,
      );
      for (const file of download.files) insert.run(fileRow(download.id, file));
    });
  }

  /** State, end, notices and error. */
  update(download: StoredDownload): void {
    const sql =
      'UPDATE downloads SET state = @state, ended_at_ms = @endedAtMs, notices_json = @notices, error_json = @error WHERE id = @id';
    const { id, state, endedAtMs } = download;
    const error = download.error === null ? null : JSON.stringify(download.error);
    this.#run(() => this.#database.prepare(sql).run({ id, state, endedAtMs, notices: JSON.stringify(download.notices), error }));
  }

  updateFile(downloadId: string, file: StoredFile): void {
    const sql = `UPDATE download_files SET size_bytes = @size_bytes, sha256 = @sha256, etag = @etag, ranges = @ranges, verified = @verified,
         refetched = @refetched WHERE download_id = @download_id AND position = @position`;
    const { path: _path, part_bytes: _partBytes, ...row } = fileRow(downloadId, file);
    this.#run(() => this.#database.prepare(sql).run(row));
  }

  /** The file's parts are forgotten, in one step with what else changed about it. */
  restartFile(downloadId: string, file: StoredFile): void {
    this.#transact(() => {
      const sql = 'DELETE FROM download_parts WHERE download_id = ? AND file_position = ?';
      this.#database.prepare(sql).run(downloadId, file.position);
      this.updateFile(downloadId, file);
    });
  }

  parts(downloadId: string, filePosition: number): PartRecord[] {
    const sql =
      'SELECT part, received_bytes AS receivedBytes FROM download_parts WHERE download_id = ? AND file_position = ? ORDER BY part';
    return this.#run(() => this.#database.prepare<[string, number], PartRecord>(sql).all(downloadId, filePosition));
  }

  receivedBytes(downloadId: string, filePosition: number): number {
    const sql = 'SELECT coalesce(sum(received_bytes), 0) FROM download_parts WHERE download_id = ? AND file_position = ?';
    return this.#run(() => this.#database.prepare<[string, number], number>(sql).pluck().get(downloadId, filePosition) ?? 0);
  }

  /** Only after these bytes were synced. */
  saveParts(downloadId: string, filePosition: number, records: readonly PartRecord[]): void {
    const save = this.#database.prepare(
      `INSERT INTO download_parts (download_id, file_position, part, received_bytes) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET received_bytes = excluded.received_bytes`,
    );
    this.#transact(() => {
      for (const { part, receivedBytes } of records) save.run(downloadId, filePosition, part, receivedBytes);
    });
  }

  /** All ids in their new order. */
  reorder(ids: readonly string[]): void {
    const move = this.#database.prepare('UPDATE downloads SET position = ? WHERE id = ?');
    this.#transact(() => {
      for (const [position, id] of ids.entries()) move.run(position, id);
    });
  }

  remove(id: string): void {
    this.#run(() => this.#database.prepare('DELETE FROM downloads WHERE id = ?').run(id));
  }

  #transact(work: () => void): void {
    this.#run(this.#database.transaction(work));
  }

  #run<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw modelsDatabaseError(error, this.#database.name);
    }
  }
}
