// The browser shell's door, seen from a browser: headers, the token, other sites.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './chat.ts';

test('the page comes with strict headers, and its address shows no token', async ({ chat, page }) => {
  expect(new URL(page.url()).search).toBe('');
  const response = await page.reload();
  const headers = response?.headers() ?? {};
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).toContain("script-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toBe('no-referrer');
  await chat.ready();
});

test('the policy holds: the page can neither run inline code nor reach another server', async ({ shell, page }) => {
  await page.goto(shell.url);
  const outcome = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.intruder = true';
    document.head.append(script);
    const reached = await fetch('http://127.0.0.1:9/').then(
      () => 'reached',
      () => 'refused',
    );
    return { intruder: 'intruder' in window, reached, cookie: document.cookie };
  });
  expect(outcome).toEqual({ intruder: false, reached: 'refused', cookie: '' });
});

test('without the link there is a page that says what to do', async ({ shell, page }) => {
  const response = await page.goto(new URL('/', shell.url).href);
  expect(response?.status()).toBe(401);
  await expect(page.getByRole('heading')).toHaveText('Please use the printed link');
});

test('a page of another site cannot reach the app, not even from a signed-in browser', async ({ chat, context }) => {
  const site = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<title>other</title>'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  const app = new URL('/', chat.shell.url).href;
  const outcome = await other.evaluate(async (address) => {
    const read = await fetch(address, { credentials: 'include' }).then(
      (response) => `read ${response.status}`,
      () => 'refused',
    );
    const socket = new WebSocket(`${address.replace('http', 'ws')}rpc`);
    const opened = await new Promise<string>((resolve) => {
      socket.addEventListener('open', () => resolve('opened'));
      socket.addEventListener('error', () => resolve('refused'));
    });
    return { read, opened };
  }, app);
  expect(outcome).toEqual({ read: 'refused', opened: 'refused' });
  site.close();
});

test('a frame of another site stays empty', async ({ chat, context }) => {
  const address = new URL('/', chat.shell.url).href;
  const site = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(`<iframe src="${address}"></iframe>`),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  await expect.poll(() => other.frames()[1]?.url()).toBe('chrome-error://chromewebdata/');
  site.close();
});
