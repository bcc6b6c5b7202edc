// Finding models on the Hugging Face Hub or a mirror of it: search, a model's page, whether a file would fit. Nothing is asked
// before the user does, and the token goes to the hub itself alone.
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { DownloadRequest } from '../../../contract/downloads.ts';
import type {
  CuratedModel,
  HubAccess,
  HubApi,
  HubFit,
  HubPage,
  HubQuery,
  HubRepository,
  HubStatus,
  HubVariant,
} from '../../../contract/hub.ts';
import { KangarooError, toErrorShape } from '../../../contract/errors.ts';
import type { FitChoices } from '../../../contract/fit.ts';
import { oneOf, parseArgument, text } from '../../arguments.ts';
import { HubClient, huggingFaceOrigin } from '../../net/hub-client.ts';
import type { HttpClient } from '../../net/http.ts';
import { Watchable } from '../../watchable.ts';
import { supportOf } from '../architectures.ts';
import { factsOf, shapeOf } from '../facts.ts';
import { estimateFit, type Machine } from '../fit.ts';
import { readGgufHeader, type GgufHeader } from '../gguf/header.ts';
import { modelNameOf } from '../library/layouts.ts';
import type { Memory } from '../models.ts';
import { fitChoices } from '../requests.ts';
import { checkAccess, listRepository, remoteSource, searchHub, whoAmI, type HubRequestOptions, type Listed } from './api.ts';
import type { Credentials } from './credentials.ts';
import curatedList from './curated.json' with { type: 'json' };
import { variantsOf } from './listing.ts';

/** What is here already is not fetched twice. */
export interface Holdings {
  /** Where downloads go. */
  readonly defaultFolder: string;
  modelOf(sha256: string | null, origin: { repository: string; file: string; sizeBytes: number }): string | null;
}

export interface HubOptions {
  http: HttpClient;
  credentials: Credentials;
  memory: Memory;
  library: Holdings;
  machine: () => Machine;
  /** Puts it into the queue of downloads; resolves with its id. */
  enqueue: (request: DownloadRequest) => Promise<string>;
  /** The hub that the token belongs to; another one only in tests. */
  hubOrigin?: string;
  /** A mirror for this run, from the environment or the command line. */
  endpoint?: string | undefined;
}

const endpointKey = 'hub-endpoint';
/** A page that is looked at for a while is not asked for again and again. */
const listingMs = 60_000;
const mostListings = 32;
const timeoutMs = 60_000;

const repositorySchema = z.custom<string>(
  (value) => typeof value === 'string' && /^(?!\.{1,2}\/)[\w.-]{1,96}\/(?!\.{1,2}$)[\w.-]{1,96}$/.test(value),
  {
    error: 'must be the name of a repository, such as owner/name',
  },
);
const querySchema = z.strictObject({
  text: text(0, 200),
  sort: oneOf('downloads', 'likes', 'updated', 'trending'),
  cursor: text(1, 2000).exactOptional(),
}) satisfies z.ZodType<HubQuery>;

export class Hub implements HubApi {
  readonly #options: HubOptions;
  readonly #hubOrigin: string;
  readonly #status: Watchable<HubStatus>;
  readonly #listings = new Map<string, { listed: Listed; atMs: number }>();
  /** With the token, for the hub itself; HubClient keeps it from every other server. */
  readonly client: HubClient;
  #endpoint: string;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#hubOrigin = options.hubOrigin ?? huggingFaceOrigin;
    this.client = this.#clientFor(() => options.credentials.token());
    const remembered = options.memory.value(endpointKey);
    this.#endpoint = parseEndpoint(options.endpoint ?? '') ?? parseEndpoint(String(remembered ?? '')) ?? this.#hubOrigin;
    this.#status = new Watchable(this.#statusNow());
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async curated(): Promise<CuratedModel[]> {
    return curatedList.map((entry) => {
      const origin = { repository: entry.repository, file: entry.files[0] ?? '', sizeBytes: entry.sizeBytes ?? -1 };
      return { ...entry, support: supportOf(entry.architecture), modelId: this.#options.library.modelOf(entry.sha256, origin) };
    });
  }

  async search(query: HubQuery): Promise<HubPage> {
    return searchHub(this.client, parseArgument(querySchema, query, 'query'), this.#request());
  }

  async repository(repository: string): Promise<HubRepository> {
    const name = parseArgument(repositorySchema, repository, 'repository');
    const listed = await this.#list(name);
    const variants = this.#variantsOf(name, listed);
    return {
      ...listed.result,
      revision: listed.revision,
      url: `${this.#endpoint}/${name}`,
      access: await this.#accessTo(name, listed, variants),
      variants,
      baseModel: listed.baseModel,
      tags: listed.tags,
    };
  }

  async fit(repository: string, file: string, choices: FitChoices): Promise<HubFit> {
    const name = parseArgument(repositorySchema, repository, 'repository');
    const path = parseArgument(text(1, 1000), file, 'file');
    const { contextSize = 0, cacheType = 'f16' } = parseArgument(fitChoices, choices, 'choices');
    const listed = await this.#list(name);
    const variant = this.#variant(name, listed, path);
    const headers: GgufHeader[] = [];
    for (const part of variant.files) {
      const source = remoteSource(this.client, { repository: name, revision: listed.revision, file: part }, this.#request());
      headers.push(await readGgufHeader(source));
    }
    const [first] = headers;
    if (!first) throw new KangarooError('hub-not-found', `${path} has no files.`);
    const header = { ...first, tensors: headers.flatMap(({ tensors }) => tensors) };
    const { architecture, support, parameters, layers, trainedContext, hasChatTemplate } = factsOf(header);
    // There is no adapter before somebody made one for it: what it would take is not known.
    const fit = estimateFit(shapeOf(header), { contextSize, cacheType, adapter: null }, this.#options.machine());
    return { fit, architecture, support, parameters, layers, trainedContext, hasChatTemplate };
  }

  async download(repository: string, file: string): Promise<string> {
    const name = parseArgument(repositorySchema, repository, 'repository');
    const path = parseArgument(text(1, 1000), file, 'file');
    const listed = await this.#list(name);
    const variant = this.#variant(name, listed, path);
    if (variant.modelId !== null) {
      throw new KangarooError('invalid-argument', `${path} of ${name} is in the library already.`);
    }
    return this.#options.enqueue({
      name: modelNameOf(posix.basename(variant.file)),
      endpoint: this.#endpoint,
      repo: name,
      revision: listed.revision,
      files: variant.files,
      folder: join(this.#options.library.defaultFolder, ...name.split('/')),
    });
  }

  watch(): AsyncIterable<HubStatus> {
    return this.#status.watch();
  }

  async setEndpoint(endpoint: string): Promise<HubStatus> {
    const address = parseArgument(text(0, 1000), endpoint, 'endpoint').trim();
    const parsed = address === '' ? this.#hubOrigin : parseEndpoint(address);
    if (parsed === null) {
      throw new KangarooError(
        'invalid-argument',
        '`endpoint` must be an address such as https://hf-mirror.example, without a path.',
      );
    }
    this.#endpoint = parsed;
    this.#options.memory.setValue(endpointKey, parsed === this.#hubOrigin ? null : parsed);
    this.#listings.clear();
    return this.#tell();
  }

  async setToken(token: string): Promise<HubStatus> {
    // Whoever pasted it with a line break meant it without.
    const candidate = parseArgument(text(1, 500), token, 'token').trim();
    if (!/^[\x21-\x7e]+$/.test(candidate))
      throw new KangarooError('invalid-argument', 'An access token is one word, such as hf_….');
    const account = await whoAmI(
      this.#clientFor(() => candidate),
      { ...this.#request(), endpoint: this.#hubOrigin },
    );
    this.#options.credentials.set(candidate, account);
    return this.#tell();
  }

  async forgetToken(): Promise<HubStatus> {
    this.#options.credentials.forget();
    return this.#tell();
  }

  close(): void {
    this.#status.close();
  }

  #clientFor(token: () => string | null): HubClient {
    return new HubClient({ http: this.#options.http, hubOrigin: this.#hubOrigin, token });
  }

  #request(): HubRequestOptions {
    return { endpoint: this.#endpoint, signal: AbortSignal.timeout(timeoutMs) };
  }

  #statusNow(): HubStatus {
    const isMirror = this.#endpoint !== this.#hubOrigin;
    return { endpoint: this.#endpoint, isMirror, token: this.#options.credentials.status() };
  }

  #tell(): HubStatus {
    this.#status.set(this.#statusNow());
    return this.#status.value;
  }

  async #list(repository: string): Promise<Listed> {
    const known = this.#listings.get(repository);
    if (known && Date.now() - known.atMs < listingMs) return known.listed;
    const listed = await listRepository(this.client, repository, this.#request());
    this.#listings.delete(repository);
    this.#listings.set(repository, { listed, atMs: Date.now() });
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > mostListings && oldest !== undefined) this.#listings.delete(oldest);
    return listed;
  }

  #variantsOf(repository: string, listed: Listed): HubVariant[] {
    return variantsOf(listed.files, ({ path, sha256, sizeBytes }) =>
      this.#options.library.modelOf(sha256, { repository, file: path, sizeBytes }),
    );
  }

  #variant(repository: string, listed: Listed, path: string): HubVariant {
    const variant = this.#variantsOf(repository, listed).find((each) => each.files.some((part) => part.path === path));
    if (!variant) throw new KangarooError('hub-not-found', `${path} is no model of ${repository}. Choose one of its files.`);
    return variant;
  }

  /** Only gated and private repositories are asked: the others are open. */
  async #accessTo(repository: string, { restricted, revision }: Listed, variants: readonly HubVariant[]): Promise<HubAccess> {
    const file = variants[0]?.files[0];
    if (!restricted || !file) return { granted: true };
    try {
      await checkAccess(this.client, { repository, revision, file }, this.#request());
      return { granted: true };
    } catch (error) {
      const { code, message } = toErrorShape(error);
      const page = code.startsWith('hub-token') ? `${this.#endpoint}/settings/tokens` : `${this.#endpoint}/${repository}`;
      return { granted: false, error: { code, message }, url: page };
    }
  }
}

/** An origin; null for anything else. Plain HTTP is for this machine and its network. */
export function parseEndpoint(address: string): string | null {
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username === '' && url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : null;
}
