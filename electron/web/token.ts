// Who may talk to the browser shell: the holder of the printed link, from a page of this very server, on this very machine.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is turned away; null: it may pass. `host` and `origin` are attacks or misconfiguration, `token` is a wrong link. */
export type Refusal = 'host' | 'origin' | 'token';

const loopbackNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** 256 random bits, safe in a URL. */
function createSecret(): string {
  return randomBytes(32).toString('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares in constant time, whatever the lengths. */
function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * True where the Host header names this machine. A page of another site whose name was made to resolve to 127.0.0.1 (DNS
 * rebinding) still sends its own name. The port may differ: people reach a machine without a display through a tunnel.
 */
function isLoopbackHost(host: string | undefined): boolean {
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1] !== undefined && loopbackNames.has(match[1].toLowerCase());
}

/** The printed link's token, and the cookie that it is exchanged for. */
export class Gate {
  /** The token of the printed link. */
  readonly linkToken = createSecret();
  #onceToken: string | null = null;
  readonly #session = createSecret();
  readonly #cookieName: string;

  /** Cookies are shared by all ports of a host: the port in the name keeps two running apps apart. */
  constructor(port: number) {
    this.#cookieName = `kangaroo-${port}`;
  }

  /** Value of the Set-Cookie header that a good link earns. Scripts cannot read it, other sites cannot send it. */
  cookie(): string {
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** A token that works once: for a link that others can see, as programs' arguments can be seen on a shared machine. */
  createOnceToken(): string {
    this.#onceToken = createSecret();
    return this.#onceToken;
  }

  isLinkToken(given: string): boolean {
    if (this.#onceToken !== null && sameSecret(given, this.#onceToken)) {
      this.#onceToken = null;
      return true;
    }
    return sameSecret(given, this.linkToken);
  }

  /** Checks Host, Origin (`needsOrigin`: it must be there, as for a WebSocket) and the cookie, in this order. */
  refuses(request: IncomingMessage, needsOrigin: boolean): Refusal | null {
    return this.refusesSource(request, needsOrigin) ?? (this.#hasCookie(request) ? null : 'token');
  }

  /** Checks Host and Origin only, for the first visit, which has no cookie yet. */
  refusesSource(request: IncomingMessage, needsOrigin: boolean): Exclude<Refusal, 'token'> | null {
    const { host, origin } = request.headers;
    if (!isLoopbackHost(host)) return 'host';
    if (origin === undefined) return needsOrigin ? 'origin' : null;
    return origin === `http://${host}` ? null : 'origin';
  }

  #hasCookie(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
    const prefix = `${this.#cookieName}=`;
    return cookies.some((cookie) => cookie.startsWith(prefix) && sameSecret(cookie.slice(prefix.length), this.#session));
  }
}
