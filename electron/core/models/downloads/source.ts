// One file of a repository as ranges of bytes: finds it through the hub, keeps the signed link that the hub redirects to
// until that runs out, and makes sure that every answer is about the version of the file that is being fetched.
import type { IncomingMessage } from 'node:http';
import { KangarooError } from '../../../contract/errors.ts';
import type { HubAnswer, HubClient } from '../../net/hub-client.ts';
import { hubError } from '../../net/hub-errors.ts';
import { Interruption, parseRetryAfter, RangesRefused, RemoteChanged } from './interruption.ts';
import type { DownloadTimings } from './options.ts';
import type { StoredDownload, StoredFile } from './store.ts';

export interface OpenRange {
  body: IncomingMessage;
  /** False: the body is the whole file, whatever was asked for. */
  ranged: boolean;
}

/** A server that once answered ranges may fail to for a moment; after this many times in a row it is believed. */
const mostRangeRefusals = 3;
/** Longer than one attempt. */
const rangeRefusals = new WeakMap<StoredFile, number>();

export class FileSource {
  readonly #hub: HubClient;
  readonly #download: StoredDownload;
  readonly #file: StoredFile;
  readonly #timings: DownloadTimings;
  readonly #save: () => void;
  #link: URL | null = null;

  /** `save` is called when something about the file was learned from the server. */
  constructor(hub: HubClient, download: StoredDownload, file: StoredFile, timings: DownloadTimings, save: () => void) {
    this.#hub = hub;
    this.#download = download;
    this.#file = file;
    this.#timings = timings;
    this.#save = save;
  }

  /**
   * Asks for `[start, end)`. Rejects with an `Interruption` where waiting may help, `RemoteChanged`, `RangesRefused`, the
   * hub's refusal as a `KangarooError` (`hub-…`, `unverifiable`), `NetworkError`, and the signal's reason.
   */
  async open(start: number, end: number, signal: AbortSignal): Promise<OpenRange> {
    const kept = this.#link;
    if (kept) {
      const answer = await this.#ask(kept, start, end, signal);
      const status = answer.response.statusCode ?? 0;
      // The link has run out, or leads to another version: the hub knows the new one.
      const stale = (status >= 400 && status < 500 && status !== 429 && status !== 408) || this.#differs(answer);
      if (!stale) return this.#accept(answer, start, end);
      discard(answer.response);
      if (this.#link === kept) this.#link = null;
    }
    return this.#accept(await this.#ask(this.#hubUrl(), start, end, signal), start, end);
  }

  /** Resolves when the server still has this version. Rejects as `open`. */
  async confirm(signal: AbortSignal): Promise<void> {
    try {
      const { body } = await this.open(0, Math.min(1, this.#file.sizeBytes), signal);
      discard(body);
    } catch (error) {
      // Which version it is was looked at before that.
      if (!(error instanceof RangesRefused)) throw error;
    }
  }

  #hubUrl(): URL {
    const { endpoint, repo, revision } = this.#download;
    const path = this.#file.path.split('/').map(encodeURIComponent).join('/');
    return new URL(`${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`);
  }

  #ask(url: URL, start: number, end: number, signal: AbortSignal): Promise<HubAnswer> {
    return this.#hub.get(url, {
      headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' },
      signal,
      onRedirect: (response) => this.#learn(linkedHash(response), linkedSize(response)),
    });
  }

  /** What the hub itself says of the file, before anything is fetched. */
  #learn(sha256: string | null, sizeBytes: number | null): void {
    const file = this.#file;
    if (sha256 !== null && file.sha256 !== null && sha256 !== file.sha256) throw new RemoteChanged(sizeBytes, sha256);
    if (sizeBytes !== null && sizeBytes !== file.sizeBytes) throw new RemoteChanged(sizeBytes, sha256);
    if (sha256 === null || file.sha256 !== null) return;
    file.sha256 = sha256;
    this.#save();
  }

  #accept(answer: HubAnswer, start: number, end: number): OpenRange {
    try {
      return this.#check(answer, start, end);
    } catch (error) {
      discard(answer.response);
      throw error;
    }
  }

  #check(answer: HubAnswer, start: number, end: number): OpenRange {
    const { response } = answer;
    const file = this.#file;
    const status = response.statusCode ?? 0;
    if (status !== 200 && status !== 206) throw this.#refusal(answer, status);
    this.#learn(linkedHash(response), linkedSize(response));
    const hubVouches = answer.header('x-linked-etag') !== null;
    if (this.#differs(answer) && !hubVouches) throw new RemoteChanged(totalOf(response), null);
    const total = totalOf(response);
    if (total !== null && total !== file.sizeBytes) {
      throw new Interruption('server-error', `The server says that the file has ${total} bytes, the hub ${file.sizeBytes}.`);
    }
    if (file.sha256 === null) {
      const message = `${this.#download.endpoint} names no SHA-256 for ${file.path}, so that what arrives could not be checked. It was not downloaded. Get the model from another place.`;
      throw new KangarooError('unverifiable', message);
    }
    const etag = response.headers.etag ?? null;
    const ranged = status === 206;
    if (!ranged && (start > 0 || file.ranges === true)) this.#onRangeRefused();
    if (ranged) this.#checkRange(response, start, end);
    if (etag !== file.etag || file.ranges !== ranged) {
      file.etag = etag;
      file.ranges = ranged;
      this.#save();
    }
    if (answer.redirected) this.#link = answer.url;
    return { body: response, ranged };
  }

  #checkRange(response: IncomingMessage, start: number, end: number): void {
    rangeRefusals.delete(this.#file);
    const match = /^bytes (\d+)-(\d+)\//.exec(response.headers['content-range'] ?? '');
    if (match && Number(match[1]) === start && Number(match[2]) < end) return;
    throw new Interruption('server-error', 'The server sent another part of the file than the one that was asked for.');
  }

  #onRangeRefused(): void {
    const refusals = (rangeRefusals.get(this.#file) ?? 0) + 1;
    rangeRefusals.set(this.#file, refusals);
    if (this.#file.ranges === false || refusals >= mostRangeRefusals) throw new RangesRefused();
    throw new Interruption('server-error', 'The server did not answer a part of the file, as it did before.');
  }

  /** Whether the answer is about another version, as far as ETags tell. Two hosts may name one version differently. */
  #differs(answer: HubAnswer): boolean {
    const { etag } = answer.response.headers;
    const { statusCode } = answer.response;
    if (statusCode !== 200 && statusCode !== 206) return false;
    return etag !== undefined && this.#file.etag !== null && etag !== this.#file.etag;
  }

  #refusal(answer: HubAnswer, status: number): Error {
    const { response, url, hadToken } = answer;
    const { endpoint, repo } = this.#download;
    const retryAfter = parseRetryAfter(response.headers, Date.now(), this.#timings.retryAfterMostMs);
    if (status === 429) {
      return new Interruption(
        'rate-limited',
        'The server asks to wait: there were too many requests. It goes on by itself.',
        retryAfter,
      );
    }
    // A link that the hub has just signed and its CDN refuses: their fault, and often a short one.
    if (status >= 500 || status === 408 || status === 416 || (answer.redirected && status !== 400)) {
      const message = `${url.host} answered with an error (${status}). It is tried again.`;
      return new Interruption('server-error', message, retryAfter);
    }
    const text = (name: string) => {
      const value = response.headers[name];
      return typeof value === 'string' ? value : null;
    };
    const code = text('x-error-code');
    return hubError({
      status,
      code,
      message: text('x-error-message'),
      repo,
      subject: this.#file.path,
      endpoint,
      hubOrigin: this.#hub.hubOrigin,
      hadToken,
    });
  }
}

/** Reads what little there is, so that the connection can be used again; breaks it where there is more. */
function discard(response: IncomingMessage): void {
  const length = Number(response.headers['content-length'] ?? Infinity);
  response.on('error', () => {});
  if (length <= 1 << 16) response.resume();
  else response.destroy();
}

function linkedHash(response: IncomingMessage): string | null {
  const value = response.headers['x-linked-etag'];
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(typeof value === 'string' ? value : '')?.[1] ?? null;
}

function linkedSize(response: IncomingMessage): number | null {
  const value = response.headers['x-linked-size'];
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}

/** The size of the whole file that an answer names; null where it names none. */
function totalOf(response: IncomingMessage): number | null {
  const { 'content-range': range, 'content-length': length } = response.headers;
  if (response.statusCode === 206) return Number(/\/(\d+)$/.exec(range ?? '')?.[1] ?? Number.NaN) || null;
  return length === undefined ? null : Number(length);
}
