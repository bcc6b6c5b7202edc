// Redirects are followed where that is safe, and the token goes nowhere but to the hub.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpClient } from './http.ts';
import { HubClient } from './hub-client.ts';

const servers: Server[] = [];
const { signal } = new AbortController();

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Site {
  origin: string;
  authorizations: (string | undefined)[];
}

/** `locations` by path; other paths answer 200. */
async function serve(locations: Record<string, () => string> = {}): Promise<Site> {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    const location = locations[request.url ?? '']?.();
    response
      .writeHead(location === undefined ? 200 : 307, location === undefined ? {} : { location, 'x-linked-size': '7' })
      .end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations };
}

const clientOf = (hubOrigin: string, token: string | null = 'secret') =>
  new HubClient({ http: new HttpClient({}), hubOrigin, token: () => token });

test('the token goes to the hub, also after a redirect within it, and not to another host', async () => {
  const cdn = await serve();
  const hub = await serve({ '/old': () => '/new', '/new': () => `${cdn.origin}/file` });
  const answer = await clientOf(hub.origin).get(new URL('/old', hub.origin), { signal });
  expect(hub.authorizations).toEqual(['Bearer secret', 'Bearer secret']);
  expect(cdn.authorizations).toEqual([undefined]);
  expect(answer).toMatchObject({ redirected: true, hadToken: true });
  expect([answer.url.href, answer.header('x-linked-size'), answer.header('x-other')]).toEqual([`${cdn.origin}/file`, '7', null]);
});

test('a mirror that redirects to the hub brings the token to the hub only', async () => {
  const hub = await serve();
  const mirror = await serve({ '/file': () => `${hub.origin}/file` });
  await clientOf(hub.origin).get(new URL('/file', mirror.origin), { signal });
  expect([mirror.authorizations, hub.authorizations]).toEqual([[undefined], ['Bearer secret']]);
});

test('no token is no header', async () => {
  const hub = await serve();
  expect(await clientOf(hub.origin, '').get(new URL('/', hub.origin), { signal })).toMatchObject({ hadToken: false });
  expect(hub.authorizations).toEqual([undefined]);
});

test.each(['/loop', 'file:///etc/passwd', 'http://['])('a redirect to %s is refused', async (location) => {
  const hub = await serve({ '/loop': () => location });
  await expect(clientOf(hub.origin).get(new URL('/loop', hub.origin), { signal })).rejects.toMatchObject({ code: 'hub-failed' });
});
