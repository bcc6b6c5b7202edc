// Search, pages, access, headers by range and the token, against a real server that speaks the hub's API.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DownloadRequest } from '../../../contract/downloads.ts';
import type { HubStatus } from '../../../contract/hub.ts';
import { HttpClient } from '../../net/http.ts';
import type { Memory } from '../models.ts';
import { ggufBytes, tinyLlama } from '../testing/gguf-writer.ts';
import { startHubServer, type HubServer } from '../testing/hub-server.ts';
import { Credentials, type SecretBox } from './credentials.ts';
import { Hub, parseEndpoint, type HubOptions } from './hub.ts';
import { qualityOf, quantisationOf, variantsOf } from './listing.ts';

const { metadata, tensors } = tinyLlama({ vocabularySize: 20_000, embeddingLength: 128 });
const tiny = ggufBytes(metadata, tensors);
const half = tensors.length >> 1;
const padding = Buffer.alloc(1 << 20);
const repos = [
  {
    id: 'someone/Tiny-GGUF',
    downloads: 50,
    tags: ['gguf', 'license:apache-2.0'],
    cardData: { base_model: 'someone/Tiny' },
    gguf: { architecture: 'llama', total: 1234 },
    files: {
      'tiny-Q8_0.gguf': Buffer.concat([tiny, padding]),
      'tiny-Q4_K_M.gguf': tiny,
      'mmproj-tiny-F16.gguf': tiny,
      'big/tiny-F16-00001-of-00002.gguf': ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, half)),
      'big/tiny-F16-00002-of-00002.gguf': ggufBytes({ 'split.count': 2 }, tensors.slice(half)),
      'README.md': Buffer.from('# Tiny'),
      'broken-Q2_K.gguf': tiny.subarray(0, 30_000),
    },
  },
  { id: 'someone/Gated-GGUF', gated: 'manual' as const, downloads: 40, files: { 'gated-Q8_0.gguf': tiny } },
  ...Array.from({ length: 40 }, (_, index) => ({
    id: `many/Model-${index}-GGUF`,
    downloads: 30 - index / 2,
    files: { 'm-Q8_0.gguf': Buffer.from('GGUF') },
  })),
  { id: 'someone/no-gguf', tags: ['pytorch'], files: { 'model.safetensors': tiny } },
];

let server: HubServer;
let folder: string;
let hub: Hub;
const enqueued: DownloadRequest[] = [];
const values = new Map<string, unknown>();
const memory: Memory = { value: (name) => values.get(name) ?? null, setValue: (name, value) => void values.set(name, value) };

const rot: SecretBox = {
  whyNot: () => null,
  encrypt: (text) => Buffer.from(text).map((byte) => byte ^ 0x5a) as Buffer,
  decrypt: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x5a)).toString(),
};

function openHub(over: Partial<HubOptions> = {}, credentials: Partial<ConstructorParameters<typeof Credentials>[0]> = {}): Hub {
  return new Hub({
    http: new HttpClient({}),
    credentials: new Credentials({ dataDir: folder, env: {}, ...credentials }),
    memory,
    library: { defaultFolder: '/models', modelOf: (_sha256, { file }) => (file === 'tiny-Q4_K_M.gguf' ? 'here' : null) },
    machine: () => ({ ram: { totalBytes: 2e9, freeBytes: 1e9 }, gpu: null, bytesPerSecond: null }),
    enqueue: async (request) => {
      enqueued.push(request);
      return 'd1';
    },
    hubOrigin: server.origin,
    ...over,
  });
}

async function status(): Promise<HubStatus> {
  return (await hub.watch()[Symbol.asyncIterator]().next()).value;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-hub-'));
  values.clear();
  enqueued.length = 0;
  const tokens = {
    hf_good: 'accepted',
    hf_new: 'not-accepted',
    hf_pending: 'pending',
    hf_no: 'rejected',
    hf_narrow: 'unscoped',
  } as const;
  server = await startHubServer({ repos, tokens });
  hub = openHub();
});

afterEach(async () => {
  hub.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('finding', () => {
  test('search finds GGUF repositories by words, page by page', async () => {
    const first = await hub.search({ text: '', sort: 'downloads' });
    expect(first.results).toHaveLength(30);
    expect(first.results[0]).toMatchObject({
      repository: 'someone/Tiny-GGUF',
      author: 'someone',
      licence: 'apache-2.0',
      gated: false,
    });
    expect(first.results.map(({ repository }) => repository)).not.toContain('someone/no-gguf');
    const second = await hub.search({ text: '', sort: 'downloads', cursor: first.next ?? '' });
    expect(second.results).toHaveLength(12);
    expect(second.next).toBeNull();
    const gated = await hub.search({ text: 'gated', sort: 'likes' });
    expect(gated.results).toMatchObject([{ repository: 'someone/Gated-GGUF', gated: true }]);
    await expect(hub.search({ text: 'x'.repeat(300), sort: 'likes' })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('a page: variants by size, a split one as one, no projectors, what is here already', async () => {
    const page = await hub.repository('someone/Tiny-GGUF');
    expect(page).toMatchObject({
      access: { granted: true },
      architecture: 'llama',
      support: { support: 'drafts' },
      parameters: 1234,
      baseModel: 'someone/Tiny',
      url: `${server.origin}/someone/Tiny-GGUF`,
    });
    expect(page.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(
      page.variants.map(({ file, quantisation, quality, files, modelId }) => [
        file,
        quantisation,
        quality,
        files.length,
        modelId,
      ]),
    ).toEqual([
      ['broken-Q2_K.gguf', 'Q2_K', 'extreme', 1, null],
      ['tiny-Q4_K_M.gguf', 'Q4_K_M', 'good', 1, 'here'],
      ['big/tiny-F16-00001-of-00002.gguf', 'F16', 'lossless', 2, null],
      ['tiny-Q8_0.gguf', 'Q8_0', 'excellent', 1, null],
    ]);
    expect(page.variants[3]).toMatchObject({
      sizeBytes: tiny.length + padding.length,
      files: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
  });

  test.each(['owner', 'a/b/c', '../..', '../x', 'x/..', './x', '../x/y', 'a/..%2f', ''])('%j is no repository', async (name) => {
    await expect(hub.repository(name)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(server.requests).toEqual([]);
  });

  test('what is not there, and a hub that is not there', async () => {
    await expect(hub.repository('no/where')).rejects.toMatchObject({ code: 'hub-not-found' });
    server.faults.push(
      { on: 'hub', fault: { kind: 'status', status: 503 } },
      { on: 'hub', fault: { kind: 'status', status: 200, body: '<html>' } },
    );
    await expect(hub.repository('someone/Tiny-GGUF')).rejects.toMatchObject({
      code: 'hub-failed',
      message: expect.stringContaining('503'),
    });
    await expect(hub.repository('someone/Tiny-GGUF')).rejects.toMatchObject({
      code: 'hub-failed',
      message: expect.stringContaining('mirror'),
    });
    server.faults.push({ on: 'hub', fault: { kind: 'refuse' } });
    await expect(hub.search({ text: '', sort: 'likes' })).rejects.toMatchObject({ code: 'hub-unreachable' });
  });

  test('the curated list needs no network, and says what is here already', async () => {
    const list = await hub.curated();
    expect(list.length).toBeGreaterThan(5);
    for (const model of list) {
      expect(model.repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(model.support.support).toBe('drafts');
      expect(quantisationOf(model.files[0] ?? '')).toBe(model.quantisation);
      if (model.sha256 !== null) expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(server.requests).toEqual([]);
  });
});

describe('will it fit', () => {
  test('told from the header, read by range: far less than the file', async () => {
    const found = await hub.fit('someone/Tiny-GGUF', 'tiny-Q8_0.gguf', { contextSize: 512 });
    expect(found).toMatchObject({
      architecture: 'llama',
      layers: 2,
      support: { support: 'drafts' },
      fit: { verdict: 'fits', contextSize: 512 },
    });
    const ranges = server.requests.filter(({ range }) => range !== null);
    expect(ranges.length).toBeGreaterThan(0);
    const last = Math.max(...ranges.map(({ range }) => Number(/-(\d+)$/.exec(range ?? '')?.[1])));
    expect(last).toBeLessThan(tiny.length / 2);
  });

  test('of all files of a split model together', async () => {
    const whole = await hub.fit('someone/Tiny-GGUF', 'tiny-Q4_K_M.gguf', {});
    const split = await hub.fit('someone/Tiny-GGUF', 'big/tiny-F16-00001-of-00002.gguf', {});
    expect(split.fit.parts).toEqual(whole.fit.parts);
  });

  test('from a server that knows no ranges as well', async () => {
    server.options.ranges = false;
    server.options.redirects = false;
    expect(await hub.fit('someone/Tiny-GGUF', 'tiny-Q8_0.gguf', {})).toMatchObject({ layers: 2 });
  });

  test('a damaged file and one that is no model are refused before anything is downloaded', async () => {
    await expect(hub.fit('someone/Tiny-GGUF', 'broken-Q2_K.gguf', {})).rejects.toMatchObject({ code: 'file-damaged' });
    await expect(hub.fit('someone/Tiny-GGUF', 'README.md', {})).rejects.toMatchObject({ code: 'hub-not-found' });
    await expect(hub.fit('someone/Tiny-GGUF', 'tiny-Q8_0.gguf', { contextSize: 1.5 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

test('a download is asked for at the commit of the page, with every file and its hash, into a folder of its own', async () => {
  expect(await hub.download('someone/Tiny-GGUF', 'big/tiny-F16-00002-of-00002.gguf')).toBe('d1');
  const { revision } = await hub.repository('someone/Tiny-GGUF');
  expect(enqueued).toEqual([
    {
      name: 'tiny-F16',
      endpoint: server.origin,
      repo: 'someone/Tiny-GGUF',
      revision,
      folder: join('/models', 'someone', 'Tiny-GGUF'),
      files: [1, 2].map((part) => ({
        path: `big/tiny-F16-0000${part}-of-00002.gguf`,
        sizeBytes: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
    },
  ]);
  await expect(hub.download('someone/Tiny-GGUF', 'tiny-Q4_K_M.gguf')).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(hub.download('someone/Tiny-GGUF', 'README.md')).rejects.toMatchObject({ code: 'hub-not-found' });
});

describe('access', () => {
  test.each([
    [null, 'hub-token-missing', /settings\/tokens$/],
    ['hf_unknown', 'hub-token-invalid', /settings\/tokens$/],
    ['hf_new', 'hub-licence-not-accepted', /someone\/Gated-GGUF$/],
    ['hf_pending', 'hub-access-pending', /someone\/Gated-GGUF$/],
    ['hf_no', 'hub-access-denied', /someone\/Gated-GGUF$/],
    ['hf_narrow', 'hub-access-denied', /someone\/Gated-GGUF$/],
  ])('with the token %j: %s, and where to go', async (token, code, url) => {
    hub = openHub({}, { env: token === null ? {} : { HF_TOKEN: token } });
    const page = await hub.repository('someone/Gated-GGUF');
    expect(page).toMatchObject({ gated: true, access: { granted: false, error: { code }, url: expect.stringMatching(url) } });
    await expect(hub.fit('someone/Gated-GGUF', 'gated-Q8_0.gguf', {})).rejects.toMatchObject({ code });
  });

  test('an account that may, may', async () => {
    hub = openHub({}, { env: { HF_TOKEN: 'hf_good' } });
    expect(await hub.repository('someone/Gated-GGUF')).toMatchObject({ gated: true, access: { granted: true } });
    expect(await hub.fit('someone/Gated-GGUF', 'gated-Q8_0.gguf', {})).toMatchObject({ layers: 2 });
  });
});

describe('the token', () => {
  test('is asked for its account, kept encrypted, and there after a restart', async () => {
    hub = openHub({}, { secretBox: rot });
    expect(await hub.setToken(' hf_good\n')).toMatchObject({
      token: { kept: 'keychain', canKeep: true, reason: null, account: 'joey' },
    });
    expect(readFileSync(join(folder, 'hub-token'), 'latin1')).not.toContain('hf_good');
    expect(statSync(join(folder, 'hub-token')).mode & 0o777).toBe(0o600);
    hub = openHub({}, { secretBox: rot });
    expect((await hub.repository('someone/Gated-GGUF')).access).toEqual({ granted: true });
    expect(await hub.forgetToken()).toMatchObject({ token: { kept: 'none' } });
    hub = openHub({}, { secretBox: rot });
    expect((await hub.repository('someone/Gated-GGUF')).access).toMatchObject({ granted: false });
  });

  test.each<[string, SecretBox | undefined, RegExp]>([
    ['a browser', undefined, /browser has no keychain/],
    ['a desktop without a keychain', { ...rot, whyNot: () => 'There is no keyring.' }, /no keyring/],
  ])('%s keeps it only in memory, and says so', async (_name, secretBox, reason) => {
    hub = openHub({}, secretBox ? { secretBox } : {});
    expect(await hub.setToken('hf_good')).toMatchObject({
      token: { kept: 'memory', canKeep: false, reason: expect.stringMatching(reason) },
    });
    expect((await hub.repository('someone/Gated-GGUF')).access).toEqual({ granted: true });
    hub = openHub({}, secretBox ? { secretBox } : {});
    expect((await status()).token.kept).toBe('none');
  });

  test('one that the hub does not know is not kept; what is no token is not sent', async () => {
    await expect(hub.setToken('hf_unknown')).rejects.toMatchObject({ code: 'hub-token-invalid' });
    const asked = server.requests.length;
    for (const wrong of ['', 'two words', 'ümlaut', 7]) {
      await expect(hub.setToken(wrong as string)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    expect(server.requests).toHaveLength(asked);
    expect((await status()).token.kept).toBe('none');
  });

  test('goes to the hub itself and nowhere else: not to its CDN, not to a mirror; no page is told it', async () => {
    const mirror = await startHubServer({ repos, redirects: false });
    try {
      hub = openHub({}, { env: { HF_TOKEN: 'hf_good' } });
      await hub.fit('someone/Gated-GGUF', 'gated-Q8_0.gguf', {});
      expect(server.requests.some(({ host, authorization }) => host === 'hub' && authorization === 'Bearer hf_good')).toBe(true);
      expect(server.requests.some(({ host, authorization }) => host === 'cdn' && authorization !== null)).toBe(false);
      const told = await hub.setEndpoint(mirror.origin);
      expect(told).toMatchObject({ endpoint: mirror.origin, isMirror: true, token: { kept: 'environment' } });
      expect(JSON.stringify(told)).not.toContain('hf_good');
      await hub.search({ text: 'tiny', sort: 'likes' });
      expect((await hub.repository('someone/Gated-GGUF')).access).toMatchObject({
        granted: false,
        error: { code: 'hub-token-missing' },
      });
      expect(mirror.requests.length).toBeGreaterThan(2);
      expect(mirror.requests.every(({ authorization }) => authorization === null)).toBe(true);
    } finally {
      await mirror.close();
    }
  });
});

test('a mirror is remembered; one for this run goes before; what is no address is refused', async () => {
  await hub.setEndpoint('https://mirror.example/');
  hub = openHub();
  expect(await status()).toMatchObject({ endpoint: 'https://mirror.example', isMirror: true });
  hub = openHub({ endpoint: 'https://other.example' });
  expect((await status()).endpoint).toBe('https://other.example');
  expect(await hub.setEndpoint('')).toMatchObject({ endpoint: server.origin, isMirror: false });
  for (const wrong of ['mirror', 'ftp://x.example', 'https://x.example/path', 'https://user:pass@x.example', 'file:///etc']) {
    expect(parseEndpoint(wrong)).toBeNull();
    await expect(hub.setEndpoint(wrong)).rejects.toMatchObject({ code: 'invalid-argument' });
  }
});

test('quantisations and their quality, from names', () => {
  const names = {
    'Qwen3-4B-Q4_K_M.gguf': ['Q4_K_M', 'good'],
    'model.i1-IQ2_XXS.gguf': ['IQ2_XXS', 'extreme'],
    'UD/gemma-UD-Q6_K_XL.gguf': ['Q6_K_XL', 'excellent'],
    'gpt-oss-20b-mxfp4.gguf': ['MXFP4', 'good'],
    'm-fp16.gguf': ['F16', 'lossless'],
    'smollm2-1.7b-instruct-q5_k_s.gguf': ['Q5_K_S', 'very-good'],
    'x-Q3_K_L-00002-of-00009.gguf': ['Q3_K_L', 'fair'],
  };
  for (const [name, [quantisation, quality]] of Object.entries(names)) {
    expect([quantisationOf(name), qualityOf(quantisationOf(name) ?? '')]).toEqual([quantisation, quality]);
  }
  expect(quantisationOf('Quick-Q.gguf')).toBeNull();
  const part = { path: 'x-00001-of-00002.gguf', sizeBytes: 1, sha256: null };
  expect(variantsOf([part], () => null)).toEqual([]);
});
