// The end of a download, told to whoever looks elsewhere.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Download } from '../contract/downloads.ts';
import { DesktopDouble } from './desktop-double.ts';

let desktop: DesktopDouble;

beforeEach(() => {
  desktop = new DesktopDouble();
});

afterEach(() => desktop.end());

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
  await desktop.start();
  desktop.onlyWindow().focused = true;
  desktop.onDownloadEnd(ended({}));
  expect(desktop.electron.notifications).toEqual([]);

  desktop.onlyWindow().focused = false;
  desktop.onlyWindow().minimized = true;
  desktop.onDownloadEnd(ended({}));
  desktop.onDownloadEnd(ended({ status: 'failed', error: { code: 'checksum-mismatch', message: 'Another SHA-256.' } }));
  expect(desktop.electron.notifications.map(({ shown, options }) => ({ shown, ...options }))).toEqual([
    { shown: true, title: 'Joey is downloaded', body: expect.stringContaining('library') },
    { shown: true, title: 'Joey was not downloaded', body: 'Another SHA-256.' },
  ]);
  desktop.electron.notifications[0]?.emit('click');
  expect(desktop.onlyWindow().calls.slice(-3)).toEqual(['load app://kangaroo/#/models/downloads', 'restore', 'focus']);
});

test('on a Mac without a window a click opens one at the downloads', async () => {
  await desktop.start('darwin');
  desktop.onlyWindow().emit('closed');
  desktop.onDownloadEnd(ended({}));
  desktop.electron.notifications[0]?.emit('click');
  expect(desktop.electron.windows.map(({ calls }) => calls[0])).toEqual([
    'load app://kangaroo/',
    'load app://kangaroo/#/models/downloads',
  ]);
});

test('where the system shows no notifications nothing is tried', async () => {
  await desktop.start();
  desktop.electron.canNotify = false;
  desktop.onDownloadEnd(ended({}));
  expect(desktop.electron.notifications).toEqual([]);
});
