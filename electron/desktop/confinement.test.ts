// What the window's page may do: its sandbox, its policy, nowhere to go, no permission; links only with the user's word.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { contentSecurityPolicy } from '../core/page.ts';
import { DesktopDouble } from './desktop-double.ts';
import { WebContentsDouble } from './electron-double.ts';

let desktop: DesktopDouble;

beforeEach(() => {
  desktop = new DesktopDouble();
});

afterEach(() => desktop.end());

test('the window is sandboxed, isolated, without Node, and loads the page of its own scheme', async () => {
  await desktop.start();
  expect(desktop.onlyWindow().options.webPreferences).toMatchObject({
    preload: '/app/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
  });
  expect(desktop.onlyWindow().calls).toEqual(['load app://kangaroo/']);
  desktop.onlyWindow().emit('ready-to-show');
  expect(desktop.onlyWindow().calls).toContain('show');
});

test('the sandbox and the scheme are set up before Electron is ready', async () => {
  await desktop.start();
  expect(desktop.electron.calls).toEqual(['enableSandbox', 'registerSchemesAsPrivileged', 'whenReady']);
  expect(desktop.electron.schemes).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
});

test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])(
  '%s is denied in all web contents',
  async (name) => {
    await desktop.start();
    const contents = new WebContentsDouble();
    desktop.electron.app.emit('web-contents-created', {}, contents);
    const preventDefault = vi.fn();
    contents.emit(name, { preventDefault, url: 'https://example.org/' });
    expect(preventDefault).toHaveBeenCalledOnce();
  },
);

test('opening a window is denied in all web contents', async () => {
  await desktop.start();
  const contents = new WebContentsDouble();
  desktop.electron.app.emit('web-contents-created', {}, contents);
  expect(contents.windowOpenHandler?.({ url: 'https://example.org/' })).toEqual({ action: 'deny' });
});

test('a link opens in the browser only if the user agrees, and only if it is one for a browser', async () => {
  await desktop.start();
  const contents = new WebContentsDouble();
  desktop.electron.app.emit('web-contents-created', {}, contents);
  contents.windowOpenHandler?.({ url: 'https://example.org/' });
  await vi.waitFor(() => expect(desktop.electron.dialogs).toHaveLength(1));
  expect(desktop.electron.dialogs[0]).toMatchObject({ detail: 'https://example.org/', defaultId: 0, cancelId: 0 });
  expect(desktop.electron.opened).toEqual([]);

  desktop.electron.dialogAnswer = 1;
  for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'smb://host/share', 'app://kangaroo/', 'http://example.org/']) {
    expect(contents.windowOpenHandler?.({ url })).toEqual({ action: 'deny' });
  }
  await vi.waitFor(() => expect(desktop.electron.opened).toEqual(['http://example.org/']));
});

test('every permission is denied, asked or checked', async () => {
  await desktop.start();
  const decide = vi.fn();
  for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read']) {
    desktop.electron.permissions.request?.({}, permission, decide);
    expect(desktop.electron.permissions.check?.({}, permission)).toBe(false);
  }
  expect(decide.mock.calls).toEqual([[false], [false], [false], [false], [false]]);
  expect(desktop.electron.permissions.device?.({})).toBe(false);
});

test('the scheme serves the page with a strict policy, and nothing outside it', async () => {
  await desktop.start();
  const answer = desktop.electron.handlers.get('app');
  const page = await answer?.(new Request('app://kangaroo/'));
  expect(page?.status).toBe(200);
  expect(await page?.text()).toBe('<title>page</title>');
  expect(page?.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
  expect(page?.headers.get('x-content-type-options')).toBe('nosniff');
  for (const path of ['/none.js', '/../../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2f..%2fpackage.json']) {
    expect((await answer?.(new Request(`app://kangaroo${path}`)))?.status).toBe(404);
  }
  expect((await answer?.(new Request('app://elsewhere/')))?.status).toBe(403);
  expect((await answer?.(new Request('app://kangaroo/', { method: 'POST' })))?.status).toBe(405);
});
