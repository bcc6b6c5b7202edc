// The desktop app itself, in Electron, wherever its runtime is installed and a window can be opened.
import { _electron, expect, test } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { electronPackageFolder, installedRuntime, whyNoWindow } from '../electron/desktop/runtime.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const executable = installedRuntime(electronPackageFolder());
const noWindow = whyNoWindow({ platform: process.platform, userId: process.getuid?.() ?? null, environment: process.env });
const reason = noWindow ?? (executable === null ? "Electron's runtime is not installed" : null);

test('the window opens, sandboxed, and a message is answered', async () => {
  test.skip(reason !== null, `no window here: ${reason}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'kangaroo-desktop-'));
  const app = await _electron.launch({
    executablePath: executable ?? '',
    args: [root, `--user-data-dir=${join(dataDir, 'electron')}`],
    env: { ...(process.env as Record<string, string>), KANGAROO_DATA_DIR: dataDir },
  });
  const page = await app.firstWindow();
  expect(page.url()).toBe('app://kangaroo/');
  await expect(page.getByTestId('model-state')).toHaveAttribute('data-status', 'ready', { timeout: 60_000 });

  expect(await page.evaluate(() => ({ require: 'require' in window, process: 'process' in window }))).toEqual({
    require: false,
    process: false,
  });
  expect(await page.evaluate(() => window.open('about:blank') === null)).toBe(true);
  expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied');

  await page.getByTestId('composer').fill("Explain rainbows like I'm five years old.");
  await page.getByTestId('send').click();
  await expect(page.getByTestId('message-assistant')).toHaveAttribute('data-status', 'complete', { timeout: 60_000 });
  await expect(page.getByTestId('stats')).toContainText('tokens/s');
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
});
