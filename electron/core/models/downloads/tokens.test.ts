// Gated models: each refusal is told apart, and the token goes to the hub itself and to nothing else.
import { afterEach, expect, test } from 'vitest';
import type { HubAccess } from '../testing/hub-content.ts';
import { startHubServer, type HubServer } from '../testing/hub-server.ts';
import { openWorkbench, randomFile, repo, type Workbench } from './testing/workbench.ts';

const bytes = randomFile(100_000);
const name = 'joey.gguf';
const tokens: Record<string, HubAccess> = {
  good: 'accepted',
  new: 'not-accepted',
  waits: 'pending',
  refused: 'rejected',
  narrow: 'unscoped',
};

let hub: HubServer;
let bench: Workbench;

afterEach(async () => {
  await bench.close();
  await hub.close();
});

async function download(token: string | null, isHub: boolean, gated: boolean) {
  hub = await startHubServer({ repos: [{ id: repo, files: { [name]: bytes }, gated: gated ? 'manual' : false }], tokens });
  bench = openWorkbench({ token, ...(isHub ? { hubOrigin: hub.origin } : {}) });
  return bench.ended(await bench.downloads.add(bench.request(hub.origin, { [name]: bytes })));
}

const authorizations = (host: 'hub' | 'cdn') =>
  new Set(hub.requests.filter((each) => each.host === host).map((each) => each.authorization));

test('a token that may opens the model, and is not sent to the CDN', async () => {
  expect(await download('good', true, true)).toMatchObject({ status: 'completed' });
  expect(authorizations('hub')).toEqual(new Set(['Bearer good']));
  expect(authorizations('cdn')).toEqual(new Set([null]));
});

test('a mirror never sees the token', async () => {
  expect(await download('good', false, false)).toMatchObject({ status: 'completed' });
  expect(authorizations('hub')).toEqual(new Set([null]));
  expect(authorizations('cdn')).toEqual(new Set([null]));
});

test.each([
  [null, 'hub-token-missing'],
  ['nobody', 'hub-token-invalid'],
  ['new', 'hub-licence-not-accepted'],
  ['waits', 'hub-access-pending'],
  ['refused', 'hub-access-denied'],
  ['narrow', 'hub-access-denied'],
])('with token %j a gated model fails with %s', async (token, code) => {
  expect(await download(token, true, true)).toMatchObject({ status: 'failed', error: { code } });
  expect(bench.names()).toEqual([]);
  // A refusal that waiting does not mend is not asked for twice.
  expect(hub.requests).toHaveLength(1);
});
