// Requests to a hub and where it redirects to. The access token goes to the hub itself and to nothing else:
// not to a mirror, not to the host that a redirect names.
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { KangarooError } from '../../contract/errors.ts';
import type { HttpClient } from './http.ts';

export const huggingFaceOrigin = 'https://huggingface.co';

export interface HubClientOptions {
  http: HttpClient;
  /** The hub that the token belongs to. */
  hubOrigin?: string;
  /** Asked at every request, so that a new one is used at once; null where none is set. */
  token(): Promise<string | null> | string | null;
  /** How long a server may take to answer. */
  timeoutMs?: number;
}

/** An answer together with how it came about. */
export interface HubAnswer {
  response: IncomingMessage;
  /** The last address, after redirects. */
  url: URL;
  /** Headers of the redirects and of the answer itself: the first that has one counts. */
  header(name: string): string | null;
  /** Whether the last host is another than the first. */
  redirected: boolean;
  hadToken: boolean;
}

export interface HubGet {
  method?: 'GET' | 'HEAD';
  headers?: OutgoingHttpHeaders;
  signal: AbortSignal;
  /** Looks at each redirect's headers before it is followed; what it throws ends the request. */
  onRedirect?(response: IncomingMessage): void;
}

const mostRedirects = 5;

export class HubClient {
  readonly #options: HubClientOptions;
  readonly #hubOrigin: string;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.#hubOrigin = new URL(options.hubOrigin ?? huggingFaceOrigin).origin;
  }

  /** Origin of the hub that the token belongs to. */
  get hubOrigin(): string {
    return this.#hubOrigin;
  }

  get http(): HttpClient {
    return this.#options.http;
  }

  /** Follows redirects. Rejects with `NetworkError`, `KangarooError`, and the signal's reason; any status is an answer. */
  async get(address: URL, options: HubGet): Promise<HubAnswer> {
    const { method = 'GET', headers = {}, signal, onRedirect } = options;
    const passed: IncomingMessage[] = [];
    let url = address;
    let hadToken = false;
    for (;;) {
      const token = await this.#tokenFor(url);
      hadToken ||= token !== null;
      const response = await this.#options.http.request(url, {
        method,
        headers: { 'user-agent': 'kangaroo-chat', ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
        signal,
        timeoutMs: this.#options.timeoutMs ?? 20_000,
      });
      const location = response.headers.location;
      if (!isRedirect(response.statusCode) || location === undefined) {
        return { response, url, redirected: url.origin !== address.origin, hadToken, header: headerOf([...passed, response]) };
      }
      response.resume();
      passed.push(response);
      onRedirect?.(response);
      url = nextAddress(url, location, passed.length);
    }
  }

  async #tokenFor(url: URL): Promise<string | null> {
    if (url.origin !== this.#hubOrigin) return null;
    const token = await this.#options.token();
    return token === null || token === '' ? null : token;
  }
}

function isRedirect(status: number | undefined): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function nextAddress(from: URL, location: string, redirects: number): URL {
  if (redirects > mostRedirects) {
    throw new KangarooError('hub-failed', `${from.origin} redirects without end. Try again later.`, location);
  }
  const to = URL.parse(location, from.href);
  const downgrade = from.protocol === 'https:' && to?.protocol !== 'https:';
  if (!to || downgrade || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw new KangarooError('hub-failed', `${from.origin} redirects to an address that is not safe to follow.`, location);
  }
  return to;
}

function headerOf(responses: readonly IncomingMessage[]): (name: string) => string | null {
  return (name) => {
    for (const response of responses) {
      const value = response.headers[name];
      if (value !== undefined) return Array.isArray(value) ? (value[0] ?? null) : value;
    }
    return null;
  };
}
