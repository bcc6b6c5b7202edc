// Why a transfer stopped, and whether it goes on by itself. Anything else that stops one is a `KangarooError`: it failed.
import type { IncomingHttpHeaders } from 'node:http';
import type { DownloadWaitReason } from '../../../contract/downloads.ts';
import { KangarooError } from '../../../contract/errors.ts';
import { NetworkError } from '../../net/http.ts';
import type { DownloadTimings } from './options.ts';

/** It goes on by itself later. */
export class Interruption extends Error {
  readonly reason: DownloadWaitReason;
  /** When the server, or the matter, says to look again; null: by the usual back-off. */
  readonly retryAfterMs: number | null;

  constructor(reason: DownloadWaitReason, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'Interruption';
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server has another version of the file than the one whose parts are there. */
export class RemoteChanged extends Error {
  readonly sizeBytes: number | null;
  readonly sha256: string | null;

  constructor(sizeBytes: number | null, sha256: string | null) {
    super('The file on the server has changed.');
    this.name = 'RemoteChanged';
    this.sizeBytes = sizeBytes;
    this.sha256 = sha256;
  }
}

/** The server answers no ranges (any more): what is there cannot be continued. */
export class RangesRefused extends Error {
  constructor() {
    super('The server does not answer ranges.');
    this.name = 'RangesRefused';
  }
}

/** Errors of the connection and of the disk as interruptions where waiting can help, anything else as it is. */
export function classify(error: unknown, timings: DownloadTimings): unknown {
  if (error instanceof NetworkError) {
    if (error.untrusted) {
      const message =
        'The server does not prove who it is: its certificate is not trusted. Check the clock and the network of this computer.';
      return new KangarooError('hub-unreachable', message, `${error.code}: ${error.message}`);
    }
    if (error.code.startsWith('HPE_')) {
      return new Interruption('server-error', 'The server sent something that is no HTTP. It is tried again.');
    }
    const message = 'There is no connection to the server. The download goes on by itself when there is.';
    return new Interruption('network', message);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Interruption(
      'disk-full',
      'The disk is full. Free some space: the download goes on by itself.',
      timings.lookAgainMs,
    );
  }
  if (code === 'disk-full') {
    return new Interruption('disk-full', (error as Error).message, timings.lookAgainMs);
  }
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO' || code === 'EIO') {
    const message = 'The folder of the download is not there, or its disk fails. Connect it: the download goes on by itself.';
    return new Interruption('folder-missing', message, timings.lookAgainMs);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message = 'The folder of the download cannot be written to. Check its rights, or choose another folder.';
    return new KangarooError('file-not-readable', message, String(error));
  }
  if (code === 'EFBIG') {
    const message =
      'The disk of this folder cannot hold a file that large (FAT32 ends at 4 GiB). Choose a folder on another disk.';
    return new KangarooError('file-not-readable', message, String(error));
  }
  if (code === 'ENAMETOOLONG') {
    const message = 'The disk of this folder does not take a name as long as that of the file. Choose a folder on another disk.';
    return new KangarooError('file-not-readable', message, String(error));
  }
  return error;
}

/**
 * A pause from now: `Retry-After` in seconds or as a date, else the end of the window that the hub's `RateLimit` names
 * (`"resolvers";r=0;t=42`, where nothing is left); null where neither says anything.
 */
export function parseRetryAfter(headers: IncomingHttpHeaders, nowMs: number, mostMs: number): number | null {
  const header = headers['retry-after'];
  const limit = headers['ratelimit'];
  const windowEnd = /;\s*r=0\s*;\s*t=(\d+)/.exec(typeof limit === 'string' ? limit : '')?.[1];
  if (header === undefined && windowEnd === undefined) return null;
  const said = header ?? windowEnd ?? '';
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(said) ? Number(said) : (Date.parse(said) - nowMs) / 1000;
  return Number.isNaN(seconds) ? null : Math.min(mostMs, Math.max(0, seconds * 1000));
}

/** The pause before try number `tries` (from 1) without progress; up to a quarter less, so that many clients spread. */
export function backoffMs(tries: number, timings: DownloadTimings, random: () => number = Math.random): number {
  const pause = Math.min(timings.backoffMostMs, timings.backoffFirstMs * 2 ** Math.min(30, tries - 1));
  return pause * (1 - random() / 4);
}
