// The test hub answers as the real one does: listing, redirect to another host, ranges, gates, and the faults it was told.
import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { repeatedContent } from './hub-content.ts';
import { startHubServer, type HubServer, type HubServerOptions } from './hub-server.ts';

let hub: HubServer;

afterEach(() => hub.close());

const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const gguf = 'joey/pouch/resolve/main/joey.gguf';

async function start(options: Partial<HubServerOptions> = {}) {
  hub = await startHubServer({
    repos: [{ id: 'joey/pouch', files: { 'joey.gguf': bytes, 'README.md': Buffer.from('hop') }, downloads: 5 }],
    ...options,
  });
}

const get = (url: string, init: RequestInit = {}) => fetch(url.startsWith('http') ? url : `${hub.origin}/${url}`, init);

test('lists models, and the files of one with sizes and hashes', async () => {
  await start();
  const found = await (await get('api/models?search=pouch&filter=gguf')).json();
  expect(found).toMatchObject([{ id: 'joey/pouch', gated: false, downloads: 5 }]);
  const info = (await (await get('api/models/joey/pouch?blobs=true')).json()) as { sha: string };
  expect(info).toMatchObject({
    sha: expect.stringMatching(/^[0-9a-f]{40}$/),
    siblings: [
      { rfilename: 'joey.gguf', size: 5000, lfs: { sha256, size: 5000 } },
      { rfilename: 'README.md', size: 3 },
    ],
  });
  expect((await get(`joey/pouch/resolve/${info.sha}/README.md`)).status).toBe(200);
  expect((await get('joey/pouch/resolve/other/README.md')).headers.get('x-error-code')).toBe('RevisionNotFound');
});

test('redirects to the CDN, which answers ranges of signed links only', async () => {
  await start();
  const redirect = await get(gguf, { method: 'HEAD', redirect: 'manual' });
  expect(redirect.status).toBe(302);
  expect(redirect.headers.get('x-linked-etag')).toBe(`"${sha256}"`);
  expect(redirect.headers.get('x-linked-size')).toBe('5000');
  const link = redirect.headers.get('location') ?? '';
  expect(new URL(link).origin).toBe(hub.cdnOrigin);
  const part = await get(link, { headers: { range: 'bytes=10-19' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/5000']);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
  expect((await get(link, { headers: { range: 'bytes=5000-' } })).status).toBe(416);
  hub.expireUrls();
  expect((await get(link)).status).toBe(403);
});

test.each([
  [null, 401, 'GatedRepo', /Please log in/],
  ['nobody', 401, 'GatedRepo', /Please log in/],
  ['new', 403, 'GatedRepo', /not in the authorized list/],
  ['waits', 403, 'GatedRepo', /awaiting a review/],
  ['refused', 403, 'GatedRepo', /rejected/],
  ['narrow', 403, null, /fine-grained/],
  ['good', 302, null, null],
])('the account of token %j gets %i for a gated model', async (token, status, code, message) => {
  await start({ tokens: { new: 'not-accepted', waits: 'pending', refused: 'rejected', narrow: 'unscoped', good: 'accepted' } });
  hub.setRepo({ id: 'joey/pouch', files: { 'joey.gguf': bytes }, gated: 'manual' });
  const response = await get(gguf, { redirect: 'manual', ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}) });
  expect([response.status, response.headers.get('x-error-code')]).toEqual([status, code]);
  if (message) expect(response.headers.get('x-error-message')).toMatch(message);
});

test('injects each fault once', async () => {
  await start();
  const body = async () => Buffer.from(await (await get(gguf)).arrayBuffer());
  hub.faults.push({ on: 'cdn', fault: { kind: 'cut', afterBytes: 100 } });
  await expect(body()).rejects.toThrow();
  hub.faults.push({ on: 'hub', fault: { kind: 'refuse' } });
  await expect(body()).rejects.toThrow();
  hub.faults.push({ on: 'cdn', fault: { kind: 'corrupt', atByte: 7 } });
  const corrupt = await body();
  expect(corrupt.findIndex((byte, index) => byte !== bytes[index])).toBe(7);
  hub.faults.push({ on: 'cdn', fault: { kind: 'status', status: 429, headers: { 'retry-after': '3' } } });
  expect((await get(gguf)).headers.get('retry-after')).toBe('3');
  hub.faults.push({ on: 'cdn', fault: { kind: 'expired' } });
  expect((await get(gguf)).status).toBe(403);
  expect(await body()).toEqual(bytes);
  expect(hub.faults).toEqual([]);
});

test('serves files larger than memory should hold', async () => {
  await start();
  const content = repeatedContent(bytes, 12_345);
  hub.setFile('joey/pouch', 'large.gguf', content);
  const received = Buffer.from(await (await get('joey/pouch/resolve/main/large.gguf')).arrayBuffer());
  expect(received.length).toBe(12_345);
  expect(createHash('sha256').update(received).digest('hex')).toBe(content.sha256);
});
