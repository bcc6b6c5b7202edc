// A real HTTP server that speaks the Hugging Face Hub's API, with a second one as its CDN, and injects faults.
// Statuses, headers and messages are those that huggingface.co sends (and huggingface_hub reads).
import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  commitOf,
  repoInfo,
  repoSummary,
  repoTree,
  storeFile,
  storeRepo,
  type HubAccess,
  type HubContent,
  type HubRepo,
  type StoredFile,
  type StoredRepo,
} from './hub-content.ts';
import { sendBody, type HubFault, type HubHost, type PlannedFault } from './hub-faults.ts';

export interface HubServerOptions {
  repos: HubRepo[];
  /** What each token's account may do with gated repositories. */
  tokens?: Record<string, HubAccess>;
  /** False: ranges are ignored, as some mirrors do. */
  ranges?: boolean;
  /** Files come from the hub itself, without a redirect, as from some mirrors. */
  redirects?: boolean;
  /** False: no `X-Linked-Etag`, so that only the listing tells a hash. */
  linkedEtag?: boolean;
  /** Of each connection. */
  bytesPerSecond?: number | null;
  port?: number;
}

/** A request as it was seen, for assertions. */
export interface SeenRequest {
  host: HubHost;
  method: string;
  /** Path with query. */
  url: string;
  authorization: string | null;
  range: string | null;
  status: number;
}

export interface HubServer {
  /** `http://127.0.0.1:PORT`, an endpoint for requests. */
  origin: string;
  cdnOrigin: string;
  requests: SeenRequest[];
  /** Those of a host are used up in their order, one a request. */
  faults: PlannedFault[];
  /** Can be changed at any time. */
  options: HubServerOptions;
  /** Replaces or adds a file: another commit, another ETag. */
  setFile(repoId: string, path: string, content: Buffer | HubContent): void;
  setRepo(repo: HubRepo): void;
  /** Links that were signed until now are refused with 403. */
  expireUrls(): void;
  /** Breaks every connection, as a change of network does. */
  breakConnections(): void;
  close(): Promise<void>;
}

interface Refusal {
  status: number;
  code?: string;
  message: string;
}

/** Starts both servers on 127.0.0.1. */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const repos = new Map(options.repos.map((repo) => [repo.id, storeRepo(repo)]));
  const requests: SeenRequest[] = [];
  const faults: PlannedFault[] = [];
  let secret = randomBytes(16);

  const signature = (sha256: string) => createHmac('sha256', secret).update(sha256).digest('hex');

  function takeFault(on: HubHost): HubFault | null {
    const planned = faults.find((each) => each.on === on && (each.times ?? 1) > 0);
    if (!planned) return null;
    planned.times = (planned.times ?? 1) - 1;
    if (planned.times === 0) faults.splice(faults.indexOf(planned), 1);
    return planned.fault;
  }

  /** Why the account may not have the files, or null. */
  function refusalFor(repo: StoredRepo, authorization: string | null): Refusal | null {
    const token = authorization?.replace(/^Bearer /, '') ?? null;
    const access = token === null ? undefined : options.tokens?.[token];
    const { id } = repo;
    if (repo.private && access === undefined) {
      return token === null
        ? { status: 401, code: 'RepoNotFound', message: 'Invalid username or password.' }
        : { status: 401, message: 'Invalid credentials in Authorization header' };
    }
    if (!repo.gated || access === 'accepted') return null;
    if (access === undefined) {
      const message = `Access to model ${id} is restricted. You must have access to it and be authenticated to access it. Please log in.`;
      return { status: 401, code: 'GatedRepo', message };
    }
    const messages = {
      'not-accepted': `Access to model ${id} is restricted and you are not in the authorized list. Visit ${origin}/${id} to ask for access.`,
      pending: `Your request to access model ${id} is awaiting a review from the repo authors.`,
      rejected: `Your request to access model ${id} has been rejected by the repo's authors.`,
    };
    if (access === 'unscoped') {
      const message =
        'Please enable access to public gated repositories in your fine-grained token settings to view this repository.';
      return { status: 403, message };
    }
    return { status: 403, code: 'GatedRepo', message: messages[access] };
  }

  function refuse(response: ServerResponse, refusal: Refusal): void {
    const headers = { 'x-error-message': refusal.message, ...(refusal.code ? { 'x-error-code': refusal.code } : {}) };
    json(response, refusal.status, { error: refusal.message }, headers);
  }

  /** True where the fault was the whole answer. */
  function answeredByFault(response: ServerResponse, fault: HubFault | null): boolean {
    if (fault?.kind === 'refuse') response.socket?.destroy();
    else if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
    } else if (fault?.kind === 'expired') {
      secret = randomBytes(16);
      response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>');
    } else return false;
    return true;
  }

  async function serveFile(request: IncomingMessage, response: ServerResponse, file: StoredFile, fault: HubFault | null) {
    const { sizeBytes, sha256 } = file.content;
    const asked = options.ranges === false || fault?.kind === 'no-range' ? null : parseRange(request.headers.range, sizeBytes);
    const etag = `"${file.lfs ? sha256.slice(0, 32) : file.blobId}"`;
    if (asked === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${sizeBytes}` }).end();
      return;
    }
    let { start, end } = asked ?? { start: 0, end: sizeBytes };
    if (asked && fault?.kind === 'wrong-range') start = Math.max(0, Math.min(end - 1, start + fault.byBytes));
    if (fault?.kind === 'short') end = Math.max(start, end - fault.byBytes);
    const total = fault?.kind === 'wrong-total' ? sizeBytes + fault.byBytes : sizeBytes;
    response.writeHead(asked ? 206 : 200, {
      'content-length': end - start,
      'content-type': 'application/octet-stream',
      etag,
      ...(options.ranges === false ? {} : { 'accept-ranges': 'bytes' }),
      ...(asked ? { 'content-range': `bytes ${start}-${end - 1}/${total}` } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else await sendBody(response, file.content, start, end, { fault, bytesPerSecond: options.bytesPerSecond ?? null });
  }

  async function resolveFile(
    request: IncomingMessage,
    response: ServerResponse,
    repo: StoredRepo,
    rest: string[],
    fault: HubFault | null,
  ) {
    const [revision = '', ...names] = rest;
    const path = names.join('/');
    const refusal = refusalFor(repo, request.headers.authorization ?? null);
    if (refusal) return refuse(response, refusal);
    if (revision !== 'main' && revision !== repo.commit) {
      return refuse(response, { status: 404, code: 'RevisionNotFound', message: `Invalid rev id: ${revision}` });
    }
    const file = repo.stored.get(path);
    if (!file) return refuse(response, { status: 404, code: 'EntryNotFound', message: 'Entry not found' });
    response.setHeader('x-repo-commit', repo.commit);
    if (file.lfs && options.linkedEtag !== false) {
      response.setHeader('x-linked-size', file.content.sizeBytes);
      response.setHeader('x-linked-etag', `"${file.content.sha256}"`);
    }
    if (!file.lfs || options.redirects === false) return serveFile(request, response, file, fault);
    const { sha256 } = file.content;
    const location = `${cdnOrigin}/repos/${repo.id}/${sha256}?Expires=1999999999&Signature=${signature(sha256)}`;
    response.writeHead(302, { location, 'accept-ranges': 'bytes', etag: `"${sha256.slice(0, 32)}"` });
    response.end(request.method === 'HEAD' ? undefined : `Found. Redirecting to ${location}`);
  }

  function answerApi(response: ServerResponse, authorization: string | null, url: URL, parts: string[]): void {
    if (parts[1] === 'whoami-v2') {
      const token = authorization?.replace(/^Bearer /, '');
      if (token !== undefined && options.tokens?.[token] !== undefined)
        return json(response, 200, { type: 'user', name: 'joey' });
      return refuse(response, { status: 401, message: 'Invalid username or password.' });
    }
    if (parts[1] !== 'models') return json(response, 404, { error: "Sorry, we can't find the page you are looking for." });
    if (parts.length === 2) return searchModels(response, url);
    const repo = repos.get(`${parts[2]}/${parts[3]}`);
    if (!repo || (repo.private && refusalFor(repo, authorization))) {
      const status = authorization === null ? 401 : 404;
      return refuse(response, {
        status,
        code: 'RepoNotFound',
        message: status === 401 ? 'Invalid username or password.' : 'Repository not found',
      });
    }
    const revision = parts[4] === undefined ? 'main' : (parts[5] ?? '');
    if (revision !== 'main' && revision !== repo.commit) {
      return refuse(response, { status: 404, code: 'RevisionNotFound', message: `Invalid rev id: ${revision}` });
    }
    if (parts[4] === 'tree') return json(response, 200, repoTree(repo));
    json(response, 200, repoInfo(repo, url.searchParams.get('blobs') === 'true'));
  }

  function searchModels(response: ServerResponse, url: URL): void {
    const words = (url.searchParams.get('search') ?? '').toLowerCase();
    const author = url.searchParams.get('author');
    const tags = url.searchParams.getAll('filter').flatMap((each) => each.split(','));
    const key = url.searchParams.get('sort') === 'likes' ? 'likes' : 'downloads';
    const found = [...repos.values()]
      .filter((repo) => !repo.private && repo.id.toLowerCase().includes(words))
      .filter((repo) => author === null || repo.id.startsWith(`${author}/`))
      .filter((repo) => tags.every((tag) => (repo.tags ?? ['gguf']).includes(tag)))
      .sort((a, b) => (b[key] ?? 0) - (a[key] ?? 0));
    const limit = Number(url.searchParams.get('limit') ?? 1000);
    const offset = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(offset + limit));
    const more = offset + limit < found.length;
    json(response, 200, found.slice(offset, offset + limit).map(repoSummary), more ? { link: `<${next.href}>; rel="next"` } : {});
  }

  async function answer(host: HubHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', host === 'hub' ? origin : cdnOrigin);
    const authorization = request.headers.authorization ?? null;
    const { method = 'GET' } = request;
    const seen: SeenRequest = {
      host,
      method,
      url: url.pathname + url.search,
      authorization,
      range: request.headers.range ?? null,
      status: 0,
    };
    requests.push(seen);
    response.once('close', () => (seen.status = response.headersSent ? response.statusCode : 0));
    const fault = takeFault(host);
    if (answeredByFault(response, fault)) return;
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (host === 'cdn') {
      const sha256 = parts[3] ?? '';
      const file = [...(repos.get(`${parts[1]}/${parts[2]}`)?.stored.values() ?? [])].find(
        (each) => each.content.sha256 === sha256,
      );
      // As Amazon S3: a signed link with an Authorization header is a bad request.
      if (authorization !== null) return void response.writeHead(400).end('<Error><Code>InvalidArgument</Code></Error>');
      if (url.searchParams.get('Signature') !== signature(sha256))
        return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      if (!file) return void response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      return serveFile(request, response, file, fault);
    }
    if (parts[0] === 'api') return answerApi(response, authorization, url, parts);
    const repo = repos.get(`${parts[0]}/${parts[1]}`);
    if (!repo || parts[2] !== 'resolve') {
      const status = authorization === null ? 401 : 404;
      return refuse(response, {
        status,
        code: 'RepoNotFound',
        message: status === 401 ? 'Invalid username or password.' : 'Repository not found',
      });
    }
    await resolveFile(request, response, repo, parts.slice(3), fault);
  }

  const listen = async (host: HubHost, port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      answer(host, request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return server;
  };
  const hub = await listen('hub', options.port ?? 0);
  const cdn = await listen('cdn', 0);
  const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const origin = originOf(hub);
  const cdnOrigin = originOf(cdn);
  const breakConnections = () => {
    hub.closeAllConnections();
    cdn.closeAllConnections();
  };

  return {
    origin,
    cdnOrigin,
    requests,
    faults,
    options,
    setFile(repoId, path, content) {
      const repo = repos.get(repoId);
      if (!repo) throw new Error(`The test hub has no ${repoId}.`);
      repo.stored.set(path, storeFile(path, content));
      repo.commit = commitOf(repoId, repo.stored);
    },
    setRepo: (repo) => void repos.set(repo.id, storeRepo(repo)),
    expireUrls: () => void (secret = randomBytes(16)),
    breakConnections,
    async close() {
      const closed = [hub, cdn].map((server) => new Promise((resolve) => server.close(resolve)));
      breakConnections();
      await Promise.all(closed);
    },
  };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body));
}

/** `[start, end)` of the one range asked for; null where none is. */
function parseRange(header: string | undefined, sizeBytes: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  if (match[1] === '') return { start: Math.max(0, sizeBytes - Number(match[2])), end: sizeBytes };
  const start = Number(match[1]);
  const end = match[2] === '' ? sizeBytes : Math.min(sizeBytes, Number(match[2]) + 1);
  return start >= sizeBytes || end <= start ? 'unsatisfiable' : { start, end };
}
