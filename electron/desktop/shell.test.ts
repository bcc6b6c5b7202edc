// The desktop shell against a recording double of Electron: its security options, its page, its port, its menu, its end.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Chat, ChatsApi } from '../contract/chats.ts';
import { KangarooError } from '../contract/errors.ts';
import type { Download } from '../contract/downloads.ts';
import { appShape, type AppApi, type AppInfo } from '../contract/index.ts';
import { contentSecurityPolicy } from '../core/page.ts';
import { createClient } from '../rpc/client.ts';
import { emitterPortPipe, type EmitterPort } from '../rpc/message-port.ts';
import { ElectronDouble, WebContentsDouble, type WindowDouble } from './electron-double.ts';
import { startDesktop } from './shell.ts';

const info: AppInfo = {
  name: 'Kangaroo Chat',
  version: '0.1.0',
  shell: 'desktop',
  engine: 'llama.cpp',
  notices: ['Built with Llama'],
};

let folder = '';
let electron: ElectronDouble;
let created = 0;
let closed = 0;
let newChats = 0;
let woken = 0;
let onDownloadEnd: (download: Download) => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-desktop-'));
  mkdirSync(join(folder, 'renderer', 'dist'), { recursive: true });
  writeFileSync(join(folder, 'renderer', 'dist', 'index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'package.json'), 'secret');
  electron = new ElectronDouble();
  [created, closed, newChats, woken] = [0, 0, 0, 0];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Services that answer what these tests ask; everything else fails the call. */
function services(): AppApi {
  const head = { id: 'c', title: '', createdAtMs: 0, folderId: null, pinned: false, context: null, draft: '', earlier: 0 };
  const chat: Chat = { ...head, settings: { systemPrompt: null, overrides: {} }, messages: [] };
  const refuse = () => Promise.reject(new Error('not part of this test'));
  // oxlint-disable-next-line require-yield
  const never = async function* () {
    throw new Error('not part of this test');
  };
  return {
    info: { get: () => Promise.resolve(info) },
    chats: {
      ...(Object.fromEntries(
        Object.entries(appShape.chats).map(([name, kind]) => [name, kind === 'stream' ? never : refuse]),
      ) as unknown as ChatsApi),
      current: () => Promise.resolve(chat),
      create: () => {
        newChats += 1;
        return Promise.resolve(chat);
      },
    },
    proofs: { run: never },
    adapters: {
      watch: never,
      estimate: refuse,
      start: refuse,
      pause: refuse,
      resume: refuse,
      cancel: refuse,
      use: refuse,
      trash: refuse,
      restore: refuse,
      purge: refuse,
      import: refuse,
      export: refuse,
    },
    models: { list: refuse, load: refuse, unload: refuse, watch: never, watchMemory: never },
    library: {
      watch: never,
      rescan: refuse,
      details: refuse,
      fit: refuse,
      hash: never,
      open: refuse,
      addFolder: refuse,
      removeFolder: refuse,
      setDefaultFolder: refuse,
      rename: refuse,
      setAdapter: refuse,
      trash: refuse,
      restore: refuse,
      purge: refuse,
      forget: refuse,
      checkAgain: refuse,
      choose: refuse,
    },
    hub: {
      curated: refuse,
      search: refuse,
      repository: refuse,
      fit: refuse,
      download: refuse,
      watch: never,
      setEndpoint: refuse,
      setToken: refuse,
      forgetToken: refuse,
    },
    downloads: {
      list: refuse,
      watch: never,
      add: refuse,
      pause: refuse,
      resume: refuse,
      cancel: refuse,
      move: refuse,
      speedLimit: refuse,
      setSpeedLimit: refuse,
    },
    settings: { get: refuse, set: refuse, watch: never },
  };
}

function start(platform: NodeJS.Platform = 'linux', failure?: Error): Promise<void> {
  return startDesktop({
    electron: electron.module,
    platform,
    pageRoot: folder,
    dataDir: join(folder, 'data'),
    preloadPath: '/app/preload.cjs',
    createApp: (ports) => {
      if (failure) throw failure;
      onDownloadEnd = ports.onDownloadEnd;
      created += 1;
      return {
        services: services(),
        wake: () => void (woken += 1),
        close: () => {
          closed += 1;
          return Promise.resolve();
        },
      };
    },
  });
}

function onlyWindow(): WindowDouble {
  const [window, ...others] = electron.windows;
  if (!window || others.length > 0) throw new Error(`${electron.windows.length} windows`);
  return window;
}

test('the window is sandboxed, isolated, without Node, and loads the page of its own scheme', async () => {
  await start();
  expect(onlyWindow().options.webPreferences).toMatchObject({
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
  expect(onlyWindow().calls).toEqual(['load app://kangaroo/']);
  onlyWindow().emit('ready-to-show');
  expect(onlyWindow().calls).toContain('show');
});

test('the sandbox and the scheme are set up before Electron is ready', async () => {
  await start();
  expect(electron.calls).toEqual(['enableSandbox', 'registerSchemesAsPrivileged', 'whenReady']);
  expect(electron.schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
});

test('a second instance quits at once, and the first one shows its window', async () => {
  electron.isFirstInstance = false;
  await start();
  expect(electron.calls).toEqual(['quit']);
  expect([electron.windows.length, created]).toEqual([0, 0]);

  electron = new ElectronDouble();
  await start();
  onlyWindow().minimized = true;
  electron.app.emit('second-instance');
  expect(onlyWindow().calls).toEqual(expect.arrayContaining(['restore', 'focus']));
});

test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])(
  '%s is denied in all web contents',
  async (name) => {
    await start();
    const contents = new WebContentsDouble();
    electron.app.emit('web-contents-created', {}, contents);
    const preventDefault = vi.fn();
    contents.emit(name, { preventDefault, url: 'https://example.org/' });
    expect(preventDefault).toHaveBeenCalledOnce();
  },
);

test('opening a window is denied in all web contents', async () => {
  await start();
  const contents = new WebContentsDouble();
  electron.app.emit('web-contents-created', {}, contents);
  expect(contents.windowOpenHandler?.({ url: 'https://example.org/' })).toEqual({ action: 'deny' });
});

test('a link opens in the browser only if the user agrees, and only if it is one for a browser', async () => {
  await start();
  const contents = new WebContentsDouble();
  electron.app.emit('web-contents-created', {}, contents);
  contents.windowOpenHandler?.({ url: 'https://example.org/' });
  await vi.waitFor(() => expect(electron.dialogs).toHaveLength(1));
  expect(electron.dialogs[0]).toMatchObject({ detail: 'https://example.org/', defaultId: 0, cancelId: 0 });
  expect(electron.opened).toEqual([]);

  electron.dialogAnswer = 1;
  for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'smb://host/share', 'app://kangaroo/', 'http://example.org/']) {
    expect(contents.windowOpenHandler?.({ url })).toEqual({ action: 'deny' });
  }
  await vi.waitFor(() => expect(electron.opened).toEqual(['http://example.org/']));
});

test('every permission is denied, asked or checked', async () => {
  await start();
  const decide = vi.fn();
  for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read']) {
    electron.permissions.request?.({}, permission, decide);
    expect(electron.permissions.check?.({}, permission)).toBe(false);
  }
  expect(decide.mock.calls).toEqual([[false], [false], [false], [false], [false]]);
  expect(electron.permissions.device?.({})).toBe(false);
});

test('the scheme serves the page with a strict policy, and nothing outside it', async () => {
  await start();
  const answer = electron.handlers.get('app');
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

interface FrameDouble {
  origin: string;
  parent: unknown;
  postMessage(channel: string, message: unknown, ports: EmitterPort[]): void;
}

/** Connects as a page would and returns the ports that it was handed. */
function connect(frame: Partial<FrameDouble> | null): EmitterPort[] {
  const received: EmitterPort[] = [];
  const senderFrame = frame && {
    origin: 'app://kangaroo',
    parent: null,
    postMessage: (_channel: string, _message: unknown, ports: EmitterPort[]) => received.push(...ports),
    ...frame,
  };
  electron.ipcMain.emit('kangaroo:connect', { senderFrame });
  return received;
}

test('the page gets a port, and the contract works through it', async () => {
  await start();
  const [port] = connect({});
  if (!port) throw new Error('no port');
  const pipe = emitterPortPipe(port);
  expect(await createClient<AppApi>(pipe, appShape).info.get()).toEqual(info);
  pipe.close();
});

test.each([
  ['another origin', { origin: 'https://example.org' }],
  ['a frame inside the page', { parent: {} }],
  ['a frame that is gone', null],
])('%s gets no port', async (_name, frame) => {
  await start();
  expect(connect(frame)).toEqual([]);
});

test('the menu starts a new chat and shows the notices', async () => {
  await start();
  electron.click('New chat');
  await vi.waitFor(() => expect(onlyWindow().webContents.reloads).toBe(1));
  expect(newChats).toBe(1);
  electron.click('About Kangaroo Chat');
  await vi.waitFor(() => expect(electron.dialogs).toHaveLength(1));
  expect(electron.dialogs[0]).toMatchObject({ message: 'Kangaroo Chat 0.1.0', detail: 'Engine: llama.cpp\nBuilt with Llama' });
});

test('quitting waits for core to close, once', async () => {
  await start();
  const preventDefault = vi.fn();
  electron.app.emit('before-quit', { preventDefault });
  electron.app.emit('before-quit', { preventDefault });
  await vi.waitFor(() => expect(electron.calls).toContain('quit'));
  electron.app.emit('before-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledTimes(2);
  expect(closed).toBe(1);
});

test('an app that cannot open its data says why and quits', async () => {
  await start('linux', new KangarooError('busy', 'Kangaroo Chat is already running.'));
  expect(electron.dialogs).toEqual([{ title: 'Kangaroo Chat cannot start', content: 'Kangaroo Chat is already running.' }]);
  expect(electron.calls).toContain('quit');
  expect(electron.windows).toHaveLength(0);
});

test('an app whose data folder cannot be made says why and quits', async () => {
  writeFileSync(join(folder, 'data'), 'a file where the folder should be');
  await start('linux');
  expect(electron.dialogs).toMatchObject([{ title: 'Kangaroo Chat cannot start', content: expect.stringContaining('data') }]);
  expect(electron.calls).toContain('quit');
  expect(electron.windows).toHaveLength(0);
});

test('closing the last window quits, except on a Mac, where the dock opens a new one', async () => {
  await start('linux');
  electron.app.emit('window-all-closed');
  expect(electron.calls).toContain('quit');

  electron = new ElectronDouble();
  await start('darwin');
  onlyWindow().emit('closed');
  electron.app.emit('window-all-closed');
  expect(electron.calls).not.toContain('quit');
  electron.app.emit('activate');
  expect(electron.windows).toHaveLength(2);
});

const ended = (over: Partial<Download>): Download => ({
  id: 'd',
  request: {
    name: 'Joey',
    endpoint: 'https://huggingface.co',
    repo: 'joey/pouch',
    revision: 'main',
    files: [],
    folder: '/models',
  },
  status: 'completed',
  receivedBytes: 1,
  totalBytes: 1,
  verifiedBytes: 1,
  bytesPerSecond: 0,
  remainingMs: null,
  resumable: true,
  wait: null,
  notices: [],
  error: null,
  addedAtMs: 0,
  endedAtMs: 1,
  ...over,
});

test('the end of a download is told to whoever looks elsewhere, and a click shows the downloads', async () => {
  await start();
  onlyWindow().focused = true;
  onDownloadEnd(ended({}));
  expect(electron.notifications).toEqual([]);

  onlyWindow().focused = false;
  onlyWindow().minimized = true;
  onDownloadEnd(ended({}));
  onDownloadEnd(ended({ status: 'failed', error: { code: 'checksum-mismatch', message: 'Another SHA-256.' } }));
  expect(electron.notifications.map(({ shown, options }) => ({ shown, ...options }))).toEqual([
    { shown: true, title: 'Joey is downloaded', body: expect.stringContaining('library') },
    { shown: true, title: 'Joey was not downloaded', body: 'Another SHA-256.' },
  ]);
  electron.notifications[0]?.emit('click');
  expect(onlyWindow().calls.slice(-3)).toEqual(['load app://kangaroo/#/models/downloads', 'restore', 'focus']);
});

test('on a Mac without a window a click opens one at the downloads', async () => {
  await start('darwin');
  onlyWindow().emit('closed');
  onDownloadEnd(ended({}));
  electron.notifications[0]?.emit('click');
  expect(electron.windows.map(({ calls }) => calls[0])).toEqual([
    'load app://kangaroo/',
    'load app://kangaroo/#/models/downloads',
  ]);
});

test('where the system shows no notifications nothing is tried', async () => {
  await start();
  electron.canNotify = false;
  onDownloadEnd(ended({}));
  expect(electron.notifications).toEqual([]);
});

test('after sleep the core is woken', async () => {
  await start();
  expect(woken).toBe(0);
  electron.powerMonitor.emit('resume');
  expect(woken).toBe(1);
});

test('a page that crashed is loaded again, but not for ever', async () => {
  await start();
  const { webContents } = onlyWindow();
  webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
  expect(webContents.reloads).toBe(0);
  for (let index = 0; index < 10; index++) webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  expect(webContents.reloads).toBe(3);
});

test('the window comes back where it was left', async () => {
  await start();
  onlyWindow().bounds = { x: 300, y: 200, width: 1000, height: 700 };
  onlyWindow().maximized = true;
  onlyWindow().emit('close');
  electron = new ElectronDouble();
  await start();
  expect(onlyWindow().options).toMatchObject({ x: 300, y: 200, width: 1000, height: 700 });
  expect(onlyWindow().calls).toContain('maximize');
});

test('a window of a display that is gone is placed anew, with its size', async () => {
  await start();
  onlyWindow().bounds = { x: 3000, y: 200, width: 1000, height: 700 };
  onlyWindow().emit('close');
  electron = new ElectronDouble();
  await start();
  expect(onlyWindow().options).toMatchObject({ width: 1000, height: 700 });
  expect(onlyWindow().options).not.toHaveProperty('x');
});

test.each(['', '{', 'null', '[]', '{"x":"a","width":-5,"height":1e99,"maximized":"yes"}'])(
  'a damaged window state is survived: %s',
  async (text) => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'window.json'), text);
    await start();
    const { width, height } = onlyWindow().options as { width: number; height: number };
    expect(width).toBeGreaterThanOrEqual(420);
    expect(height).toBeGreaterThanOrEqual(480);
    expect(height).toBeLessThan(20_000);
    onlyWindow().emit('close');
    expect(JSON.parse(readFileSync(join(folder, 'data', 'window.json'), 'utf8'))).toMatchObject({ width: 900 });
  },
);
