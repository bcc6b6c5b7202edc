// The desktop shell against a recording double of Electron: one instance, its port, its menu, sleep, its end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KangarooError } from '../contract/errors.ts';
import { appShape, type AppApi } from '../contract/index.ts';
import { createClient } from '../rpc/client.ts';
import { emitterPortPipe, type EmitterPort } from '../rpc/message-port.ts';
import { DesktopDouble, info } from './desktop-double.ts';
import { ElectronDouble } from './electron-double.ts';

let desktop: DesktopDouble;

beforeEach(() => {
  desktop = new DesktopDouble();
});

afterEach(() => desktop.end());

test('a second instance quits at once, and the first one shows its window', async () => {
  desktop.electron.isFirstInstance = false;
  await desktop.start();
  expect(desktop.electron.calls).toEqual(['quit']);
  expect([desktop.electron.windows.length, desktop.created]).toEqual([0, 0]);

  desktop.electron = new ElectronDouble();
  await desktop.start();
  desktop.onlyWindow().minimized = true;
  desktop.electron.app.emit('second-instance');
  expect(desktop.onlyWindow().calls).toEqual(expect.arrayContaining(['restore', 'focus']));
});

test('the menu starts a new chat and shows the notices', async () => {
  await desktop.start();
  desktop.electron.click('New chat');
  await vi.waitFor(() => expect(desktop.onlyWindow().webContents.reloads).toBe(1));
  expect(desktop.newChats).toBe(1);
  desktop.electron.click('About Kangaroo Chat');
  await vi.waitFor(() => expect(desktop.electron.dialogs).toHaveLength(1));
  expect(desktop.electron.dialogs[0]).toMatchObject({
    message: 'Kangaroo Chat 0.1.0',
    detail: 'Engine: llama.cpp\nBuilt with Llama',
  });
});

test('quitting waits for core to close, once', async () => {
  await desktop.start();
  const preventDefault = vi.fn();
  desktop.electron.app.emit('before-quit', { preventDefault });
  desktop.electron.app.emit('before-quit', { preventDefault });
  await vi.waitFor(() => expect(desktop.electron.calls).toContain('quit'));
  desktop.electron.app.emit('before-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledTimes(2);
  expect(desktop.closed).toBe(1);
});

test('an app that cannot open its data says why and quits', async () => {
  await desktop.start('linux', new KangarooError('busy', 'Kangaroo Chat is already running.'));
  expect(desktop.electron.dialogs).toEqual([
    { title: 'Kangaroo Chat cannot start', content: 'Kangaroo Chat is already running.' },
  ]);
  expect(desktop.electron.calls).toContain('quit');
  expect(desktop.electron.windows).toHaveLength(0);
});

test('an app whose data desktop.folder cannot be made says why and quits', async () => {
  writeFileSync(join(desktop.folder, 'data'), 'a file where the desktop.folder should be');
  await desktop.start('linux');
  expect(desktop.electron.dialogs).toMatchObject([
    { title: 'Kangaroo Chat cannot start', content: expect.stringContaining('data') },
  ]);
  expect(desktop.electron.calls).toContain('quit');
  expect(desktop.electron.windows).toHaveLength(0);
});

test('closing the last window quits, except on a Mac, where the dock opens a new one', async () => {
  await desktop.start('linux');
  desktop.electron.app.emit('window-all-closed');
  expect(desktop.electron.calls).toContain('quit');

  desktop.electron = new ElectronDouble();
  await desktop.start('darwin');
  desktop.onlyWindow().emit('closed');
  desktop.electron.app.emit('window-all-closed');
  expect(desktop.electron.calls).not.toContain('quit');
  desktop.electron.app.emit('activate');
  expect(desktop.electron.windows).toHaveLength(2);
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
  desktop.electron.ipcMain.emit('kangaroo:connect', { senderFrame });
  return received;
}

test('the page gets a port, and the contract works through it', async () => {
  await desktop.start();
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
  await desktop.start();
  expect(connect(frame)).toEqual([]);
});

test('after sleep the core is woken', async () => {
  await desktop.start();
  expect(desktop.woken).toBe(0);
  desktop.electron.powerMonitor.emit('resume');
  expect(desktop.woken).toBe(1);
});
