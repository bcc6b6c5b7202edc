// Playwright: end-to-end tests drive the real app, one after the other, in the system's Chromium.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const root = fileURLToPath(new URL('..', import.meta.url));
const systemChromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

export default defineConfig({
  testDir: `${root}e2e`,
  testMatch: '*.spec.ts',
  outputDir: `${root}test-results/e2e`,
  // One engine at a time: two would measure each other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: `${root}test-results/reports/e2e.json` }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1100, height: 800 },
    screenshot: 'only-on-failure',
    // A film of every frame would keep more than one core busy where there is no GPU, and the engine waiting.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      ...(systemChromium === undefined ? {} : { executablePath: systemChromium }),
      args: [
        // Chromium's own sandbox does not run as root, which is what containers run tests as.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
