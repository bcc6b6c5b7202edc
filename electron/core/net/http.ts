// One HTTP request without redirects, over kept connections. Proxies of the environment are used.
import http from 'node:http';
import https from 'node:https';
import { WideAgent } from './wide-agent.ts';

/** The connection could not be made or broke, or the server was silent for too long. */
export class NetworkError extends Error {
  /** Node's or OpenSSL's code, such as `ECONNRESET`, `CERT_HAS_EXPIRED`; `ETIMEDOUT` for silence. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'NetworkError';
    this.code = code;
  }

  /** Trying again does not help: the server does not prove who it is. */
  get untrusted(): boolean {
    return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(this.code);
  }
}

export function networkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  // Of several addresses that were tried, the first tells most.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? String(first.code) : 'ECONNRESET';
  return new NetworkError(code, first instanceof Error ? first.message || code : String(first));
}

const proxyNames = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

export interface HttpRequest {
  method?: 'GET' | 'HEAD';
  headers?: http.OutgoingHttpHeaders;
  signal: AbortSignal;
  /** How long the server may take until its headers are there. */
  timeoutMs: number;
}

/** Kept connections to any number of servers. */
export class HttpClient {
  readonly #http: http.Agent;
  readonly #https: https.Agent;

  constructor(env: Readonly<Record<string, string | undefined>> = process.env) {
    const proxied = proxyNames.some((name) => env[name]);
    const proxy = proxied ? { proxyEnv: { ...env } as NodeJS.ProcessEnv } : {};
    const options = { keepAlive: true, maxFreeSockets: 16, timeout: 0 };
    this.#http = proxied ? new http.Agent({ ...options, ...proxy }) : new WideAgent(options);
    this.#https = new https.Agent({ ...options, ...proxy });
  }

  /**
   * Answers with the headers; the body is the caller's to read or to destroy. Rejects with `NetworkError`, and with the
   * signal's reason when it is aborted (which also breaks a body).
   */
  request(url: URL, options: HttpRequest): Promise<http.IncomingMessage> {
    const { method = 'GET', headers = {}, signal, timeoutMs } = options;
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const request = (secure ? https : http).request(url, { method, headers, agent: secure ? this.#https : this.#http });
      const silence = setTimeout(() => {
        request.destroy(new NetworkError('ETIMEDOUT', `${url.host} did not answer for ${timeoutMs} ms.`));
      }, timeoutMs);
      const abort = () => request.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      request.once('close', () => signal.removeEventListener('abort', abort));
      request.once('response', (response) => {
        clearTimeout(silence);
        resolve(response);
      });
      request.on('error', (error) => {
        clearTimeout(silence);
        reject(signal.aborted ? signal.reason : networkError(error));
      });
      request.end();
    });
  }

  /** Breaks every connection; the next request makes new ones. */
  reset(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
