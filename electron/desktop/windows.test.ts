// The window comes back where it was left, and its page after a crash.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DesktopDouble } from './desktop-double.ts';
import { ElectronDouble } from './electron-double.ts';

let desktop: DesktopDouble;

beforeEach(() => {
  desktop = new DesktopDouble();
});

afterEach(() => desktop.end());

test('a page that crashed is loaded again, but not for ever', async () => {
  await desktop.start();
  const { webContents } = desktop.onlyWindow();
  webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
  expect(webContents.reloads).toBe(0);
  for (let index = 0; index < 10; index++) webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  expect(webContents.reloads).toBe(3);
});

test('the window comes back where it was left', async () => {
  await desktop.start();
  desktop.onlyWindow().bounds = { x: 300, y: 200, width: 1000, height: 700 };
  desktop.onlyWindow().maximized = true;
  desktop.onlyWindow().emit('close');
  desktop.electron = new ElectronDouble();
  await desktop.start();
  expect(desktop.onlyWindow().options).toMatchObject({ x: 300, y: 200, width: 1000, height: 700 });
  expect(desktop.onlyWindow().calls).toContain('maximize');
});

test('a window of a display that is gone is placed anew, with its size', async () => {
  await desktop.start();
  desktop.onlyWindow().bounds = { x: 3000, y: 200, width: 1000, height: 700 };
  desktop.onlyWindow().emit('close');
  desktop.electron = new ElectronDouble();
  await desktop.start();
  expect(desktop.onlyWindow().options).toMatchObject({ width: 1000, height: 700 });
  expect(desktop.onlyWindow().options).not.toHaveProperty('x');
});

test.each(['', '{', 'null', '[]', '{"x":"a","width":-5,"height":1e99,"maximized":"yes"}'])(
  'a damaged window state is survived: %s',
  async (text) => {
    mkdirSync(join(desktop.folder, 'data'));
    writeFileSync(join(desktop.folder, 'data', 'window.json'), text);
    await desktop.start();
    const { width, height } = desktop.onlyWindow().options as { width: number; height: number };
    expect(width).toBeGreaterThanOrEqual(420);
    expect(height).toBeGreaterThanOrEqual(480);
    expect(height).toBeLessThan(20_000);
    desktop.onlyWindow().emit('close');
    expect(JSON.parse(readFileSync(join(desktop.folder, 'data', 'window.json'), 'utf8'))).toMatchObject({ width: 900 });
  },
);
