// What is being downloaded: the queue as a page shows it, and what it can do with it.
import type { ErrorShape } from './errors.ts';

/** One file of a repository, as the hub lists it. */
export interface DownloadFile {
  /** In the repository, with slashes. */
  path: string;
  sizeBytes: number;
  /** Hexadecimal, as the hub's listing names it (`lfs.sha256`); null where the hub is to be asked at the download. */
  sha256: string | null;
}

/** One item of the queue: a model's file, or all parts of a split one. */
export interface DownloadRequest {
  /** As it is shown. */
  name: string;
  /** Origin of the hub or of a mirror, such as `https://huggingface.co`. */
  endpoint: string;
  /** `owner/name`. */
  repo: string;
  /** A commit, a branch or a tag. Only under a commit is a file that changed on the server an error. */
  revision: string;
  /** In order; at least one. */
  files: DownloadFile[];
  /** Absolute path of the folder that the files are published into, each under its `path`. */
  folder: string;
}

/**
 * `waiting` goes on by itself (see `DownloadWait`), `paused` and `failed` when somebody asks; `failed` keeps what it has.
 * `publishing` is the moment in which verified files get their names.
 */
export type DownloadStatus =
  | 'queued'
  | 'starting'
  | 'downloading'
  | 'verifying'
  | 'publishing'
  | 'waiting'
  | 'paused'
  | 'completed'
  | 'failed';

export type DownloadWaitReason =
  | 'network' // no connection, or it broke
  | 'stalled' // connected, and nothing arrived
  | 'rate-limited' // 429
  | 'server-error' // 5xx
  | 'disk-full' // goes on when there is room
  | 'folder-missing' // the folder is away, as an external disk may be
  | 'busy'; // another instance downloads the same file

export interface DownloadWait {
  reason: DownloadWaitReason;
  /** Says what happened and what to do. */
  message: string;
  /** Wall-clock time of the next try. */
  nextTryAtMs: number;
}

/** Things a user should know that stopped nothing. */
export type DownloadNotice =
  | 'changed-on-server' // the file has another version now: it began anew
  | 'cannot-be-resumed' // the server answers no ranges: after an interruption it begins anew
  | 'repaired'; // the hash was wrong: the file is fetched a second time, until the wrong parts are found and replaced

export interface Download {
  id: string;
  request: DownloadRequest;
  status: DownloadStatus;
  /** Counted over all files; goes back where something has to be fetched again. */
  receivedBytes: number;
  totalBytes: number;
  /** Of what was received, how much has been hashed. */
  verifiedBytes: number;
  /** Over the last seconds; 0 while nothing is being transferred. */
  bytesPerSecond: number;
  /** Null while there is no speed to tell it from. */
  remainingMs: number | null;
  /** Whether a pause keeps what has arrived; null until the server was asked. */
  resumable: boolean | null;
  wait: DownloadWait | null;
  notices: DownloadNotice[];
  /** Only where `failed`. */
  error: ErrorShape | null;
  addedAtMs: number;
  /** When it was completed or failed. */
  endedAtMs: number | null;
}

export interface DownloadsApi {
  /** In the order of the queue; completed and failed ones stay until they are removed. */
  list(): Promise<Download[]>;
  /** All of them, now and at every change (a few times a second while something is being transferred). */
  watch(): AsyncIterable<Download[]>;
  /** Puts an item at the end and returns its id. Throws `invalid-argument`; the same item twice is one. */
  add(request: DownloadRequest): Promise<string>;
  /** Keeps what has arrived where `resumable`. */
  pause(id: string): Promise<void>;
  /** Also tries a failed one again, and a waiting one at once. */
  resume(id: string): Promise<void>;
  /** Deletes what has arrived and forgets the item; a completed one is only forgotten, its files stay. */
  cancel(id: string): Promise<void>;
  /** `index` counts the items of `list()`. */
  move(id: string, index: number): Promise<void>;
  /** Bytes per second, for all downloads together; null: none. */
  speedLimit(): Promise<number | null>;
  /** Kept for the next start. */
  setSpeedLimit(bytesPerSecond: number | null): Promise<void>;
}
