// What is asked of a hub's HTTP API, and its answers, checked. Works with every mirror that answers as huggingface.co does.
// Source: the Hub's OpenAPI description; `expand` names the fields of a search that are worth their bytes.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import type { HubQuery, HubResult } from '../../../contract/hub.ts';
import type { HubAnswer, HubClient } from '../../net/hub-client.ts';
import { hubError } from '../../net/hub-errors.ts';
import { NetworkError } from '../../net/http.ts';
import { supportOf } from '../architectures.ts';
import type { ByteSource } from '../gguf/header.ts';
import type { ListedFile } from './listing.ts';

const pageSize = 30;
const mostAnswerBytes = 32 << 20;
const sortKeys = { downloads: 'downloads', likes: 'likes', updated: 'lastModified', trending: 'trendingScore' } as const;

const summarySchema = z.object({
  id: z.string(),
  author: z.string().nullish(),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  downloads: z.number().nullish(),
  likes: z.number().nullish(),
  tags: z.array(z.string()).nullish(),
  lastModified: z.string().nullish(),
  cardData: z.object({ license: z.unknown().optional(), base_model: z.unknown().optional() }).nullish(),
  gguf: z.object({ architecture: z.string().nullish(), total: z.number().nullish() }).nullish(),
});
const repositorySchema = summarySchema.extend({
  sha: z.string(),
  private: z.boolean().nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().nullish(),
      lfs: z.object({ sha256: z.string(), size: z.number() }).nullish(),
    }),
  ),
});
const accountSchema = z.object({ name: z.string() });

export interface Listed {
  result: HubResult;
  revision: string;
  /** Gated or private: whether files may be fetched has to be asked. */
  restricted: boolean;
  files: ListedFile[];
  tags: string[];
  baseModel: string | null;
}

export interface HubRequestOptions {
  endpoint: string;
  signal: AbortSignal;
}

/** One page, and the cursor of the next. */
export async function searchHub(client: HubClient, query: HubQuery, options: HubRequestOptions) {
  const url = new URL('/api/models', options.endpoint);
  url.searchParams.set('filter', 'gguf');
  if (query.text !== '') url.searchParams.set('search', query.text);
  url.searchParams.set('sort', sortKeys[query.sort]);
  url.searchParams.set('direction', '-1');
  url.searchParams.set('limit', String(pageSize));
  for (const field of ['author', 'gated', 'downloads', 'likes', 'tags', 'lastModified', 'gguf'])
    url.searchParams.append('expand[]', field);
  if (query.cursor !== undefined) url.searchParams.set('cursor', query.cursor);
  const { value, answer } = await getJson(
    client,
    url,
    z.array(summarySchema),
    { repo: 'the search', subject: 'an answer' },
    options,
  );
  const next = /<([^>]+)>;\s*rel="next"/.exec(answer.header('link') ?? '')?.[1];
  const cursor = next === undefined ? null : (URL.parse(next, options.endpoint)?.searchParams.get('cursor') ?? null);
  return { results: value.map(resultOf), next: cursor };
}

/** Everything about a repository at its main branch. */
export async function listRepository(client: HubClient, repository: string, options: HubRequestOptions): Promise<Listed> {
  const url = new URL(`/api/models/${repository}`, options.endpoint);
  url.searchParams.set('blobs', 'true');
  const { value } = await getJson(client, url, repositorySchema, { repo: repository, subject: 'the page' }, options);
  const files = value.siblings.map(({ rfilename, size, lfs }) => ({
    path: rfilename,
    sizeBytes: lfs?.size ?? size ?? 0,
    sha256: lfs?.sha256 ?? null,
  }));
  const base = value.cardData?.base_model;
  return {
    result: resultOf(value),
    revision: value.sha,
    restricted: isGated(value.gated) || value.private === true,
    files,
    tags: value.tags ?? [],
    baseModel: typeof base === 'string' ? base : Array.isArray(base) && typeof base[0] === 'string' ? base[0] : null,
  };
}

/** The account of the client's token. Rejects with `hub-token-invalid`. */
export async function whoAmI(client: HubClient, options: HubRequestOptions): Promise<string> {
  const url = new URL('/api/whoami-v2', options.endpoint);
  try {
    return (await getJson(client, url, accountSchema, { repo: 'your account', subject: 'the name' }, options)).value.name;
  } catch (error) {
    if (!(error instanceof KangarooError) || error.code === 'hub-unreachable' || error.code === 'hub-failed') throw error;
    const message = `${options.endpoint} does not know this access token. Make a new one at ${options.endpoint}/settings/tokens.`;
    throw new KangarooError('hub-token-invalid', message, error.detail);
  }
}

function resolveUrl(endpoint: string, repository: string, revision: string, path: string): URL {
  return new URL(`/${repository}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`, endpoint);
}

export interface RemoteFile {
  repository: string;
  revision: string;
  file: ListedFile;
}

/** A file of a repository, read by ranges. A server that knows none is read from the beginning, as far as is needed. */
export function remoteSource(
  client: HubClient,
  { repository, revision, file }: RemoteFile,
  options: HubRequestOptions,
): ByteSource {
  const url = resolveUrl(options.endpoint, repository, revision, file.path);
  return {
    name: `${repository}/${file.path}`,
    sizeBytes: file.sizeBytes,
    async read(offset, length) {
      if (length <= 0) return Buffer.alloc(0);
      const range = `bytes=${offset}-${offset + length - 1}`;
      const answer = await ask(client, url, { repo: repository, subject: file.path }, options, { range });
      const isRange = answer.response.statusCode === 206;
      const bytes = await readUpTo(answer.response, isRange ? length : offset + length);
      return isRange ? bytes : bytes.subarray(offset);
    },
  };
}

/** Resolves where the file may be fetched; rejects with what is missing. */
export async function checkAccess(
  client: HubClient,
  { repository, revision, file }: RemoteFile,
  options: HubRequestOptions,
): Promise<void> {
  const url = resolveUrl(options.endpoint, repository, revision, file.path);
  const answer = await ask(client, url, { repo: repository, subject: file.path }, options, { range: 'bytes=0-0' });
  answer.response.destroy();
}

interface Subject {
  repo: string;
  subject: string;
}

/** Rejects with the hub's refusal, and with `hub-unreachable`. */
async function ask(
  client: HubClient,
  url: URL,
  subject: Subject,
  { endpoint, signal }: HubRequestOptions,
  headers = {},
): Promise<HubAnswer> {
  let answer: HubAnswer;
  try {
    answer = await client.get(url, { headers, signal });
  } catch (error) {
    throw unreachable(error, endpoint);
  }
  const { response, hadToken } = answer;
  const status = response.statusCode ?? 0;
  if (status < 400) return answer;
  response.resume();
  if (status === 429 || status >= 500) {
    const why = status === 429 ? 'wants fewer requests at the moment' : `has trouble (${status})`;
    throw new KangarooError('hub-failed', `${endpoint} ${why}. Try again in a minute.`);
  }
  const message = answer.header('x-error-message');
  throw hubError({
    ...subject,
    status,
    code: answer.header('x-error-code'),
    message,
    endpoint,
    hubOrigin: client.hubOrigin,
    hadToken,
  });
}

function unreachable(error: unknown, endpoint: string): unknown {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new KangarooError('hub-unreachable', `${endpoint} does not answer. Try again later.`);
  }
  if (!(error instanceof NetworkError)) return error;
  const advice = error.untrusted
    ? 'It does not prove who it is, so nothing was sent.'
    : 'Check the connection, or the address of the mirror.';
  return new KangarooError('hub-unreachable', `${endpoint} cannot be reached. ${advice}`, `${error.code}: ${error.message}`);
}

async function getJson<T>(client: HubClient, url: URL, schema: z.ZodType<T>, subject: Subject, options: HubRequestOptions) {
  const answer = await ask(client, url, subject, options, { accept: 'application/json' });
  const text = (
    await readUpTo(answer.response, mostAnswerBytes).catch((error: unknown) => {
      throw unreachable(error instanceof Error ? new NetworkError('ECONNRESET', error.message) : error, options.endpoint);
    })
  ).toString('utf8');
  try {
    return { value: schema.parse(JSON.parse(text)), answer };
  } catch (error) {
    const message = `${options.endpoint} answered with something else than the Hugging Face Hub does. Check the address of the mirror.`;
    throw new KangarooError('hub-failed', message, String(error));
  }
}

/** The first bytes of a body; the rest is not waited for. */
async function readUpTo(response: IncomingMessage, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let received = 0;
  for await (const piece of response) {
    pieces.push(piece as Buffer);
    received += (piece as Buffer).length;
    if (received >= length) break;
  }
  response.destroy();
  return Buffer.concat(pieces).subarray(0, length);
}

const isGated = (gated: boolean | string | null | undefined) => gated !== undefined && gated !== null && gated !== false;

function resultOf(summary: z.infer<typeof summarySchema>): HubResult {
  const tags = summary.tags ?? [];
  const architecture = summary.gguf?.architecture ?? null;
  const ofCard = summary.cardData?.license;
  const updatedAt = Date.parse(summary.lastModified ?? '');
  return {
    repository: summary.id,
    author: summary.author ?? summary.id.split('/')[0] ?? '',
    downloads: summary.downloads ?? 0,
    likes: summary.likes ?? 0,
    updatedAt: Number.isNaN(updatedAt) ? null : updatedAt,
    gated: isGated(summary.gated),
    licence:
      typeof ofCard === 'string' ? ofCard : (tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null),
    architecture,
    support: architecture === null ? null : supportOf(architecture),
    parameters: summary.gguf?.total ?? null,
  };
}
