// Runs before `npm test`: engine, page and a browser for the end-to-end tests, each built or installed only if it is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { ensureEngine, ensurePage, ensureShell } from '../electron/desktop/build.ts';
import { installedRuntime, electronPackageFolder, whyNoWindow } from '../electron/desktop/runtime.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function hasBrowser(): boolean {
  const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return [...system, chromium.executablePath()].some((path) => existsSync(path));
}

/** Installs Debian's Chromium where that is possible. */
function ensureBrowser(): boolean {
  if (hasBrowser()) return true;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!canInstall) {
    console.error('The end-to-end tests need Chromium. Install the package `chromium` (Debian: sudo apt-get install chromium).');
    return false;
  }
  console.log("Installing Chromium from the system's packages, for the end-to-end tests…");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
  run('update', '-qq');
  run('install', '-y', '-qq', '--no-install-recommends', 'chromium');
  if (hasBrowser()) return true;
  console.error('Chromium could not be installed. Install the package `chromium` yourself and try again.');
  return false;
}

async function main(): Promise<boolean> {
  if (!ensureBrowser()) return false;
  if (!(await ensureEngine(root)) || !(await ensurePage(root))) return false;
  const desktop =
    whyNoWindow({ platform: process.platform, userId: process.getuid?.() ?? null, environment: process.env }) === null;
  return !desktop || installedRuntime(electronPackageFolder()) === null || ensureShell(root);
}

process.exitCode = (await main()) ? 0 : 1;
