// Train an adapter for a model that has none, chat meanwhile, pause and resume over a restart; it drafts as soon as it is there.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Chat, expect, shortPrompt, test as base } from './chat.ts';
import { launchBrowserShell, type Shell } from './launch.ts';

const q8 = fileURLToPath(new URL('../assets/starter/starter-q8_0.gguf', import.meta.url));

const test = base.extend<{ dataDir: string; start: () => Promise<Shell> }>({
  dataDir: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'kangaroo-adapters-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  start: async ({ dataDir }, use) => {
    const shells: Shell[] = [];
    const model = join(dataDir, 'bare.gguf');
    await copyFile(q8, model);
    await use(async () => {
      // Quick, and still every phase of it.
      const environment = { KANGAROO_MODEL: model, KANGAROO_TRAINING_TOKENS: '300' };
      const shell = await launchBrowserShell({ decodingMode: 'kangaroo' }, { dataDir, environment });
      shells.push(shell);
      return shell;
    });
    for (const shell of shells) await shell.close();
  },
});

test('a model without an adapter gets one, which is used at once', async ({ page, start, dataDir }) => {
  test.setTimeout(1_200_000);
  const first = await start();
  const chat = new Chat(page, first);
  await chat.open();
  await expect(page.getByTestId('drafting')).toContainText(/Off|Copies/);

  await page.goto(new URL('/#/adapters', first.url).href);
  const row = page.getByTestId('adapter-model').filter({ hasText: 'bare' });
  await expect(row).toContainText('None: train one, about');
  await row.getByTestId('train').click();
  await expect(page.getByTestId('estimate')).toContainText('300 tokens');
  await page.getByTestId('exit-layer').selectOption('2');
  await page.getByTestId('start-training').click();
  const training = page.getByTestId('training');
  await expect(training).toHaveAttribute('data-status', 'running');

  // An answer comes first, and training goes on behind it.
  await page.goto(new URL('/#/', first.url).href);
  await chat.send('Hello!');
  await chat.finished();
  await page.goto(new URL('/#/adapters', first.url).href);
  await expect(training).toHaveAttribute('data-phase', /explore|capture|train/, { timeout: 300_000 });
  await page.getByTestId('pause-training').click();
  await expect(training).toHaveAttribute('data-status', 'paused', { timeout: 60_000 });
  expect(await first.close()).toBe(0);

  const second = await start();
  await page.goto(second.url);
  await page.goto(new URL('/#/adapters', second.url).href);
  await expect(training).toHaveAttribute('data-status', 'paused');
  await page.getByTestId('resume-training').click();
  await expect(training).toHaveAttribute('data-status', 'completed', { timeout: 900_000 });
  await expect(training.getByTestId('result')).toContainText('Tokens per round');
  await expect(page.getByTestId('adapter').filter({ hasText: 'trained with the app' })).toHaveCount(1);
  await expect(row).toContainText('exit after layer 2');
  expect(readdirSync(join(dataDir, 'adapters')).filter((name) => name.endsWith('.gguf'))).toHaveLength(1);

  // Used at once: the model was not loaded again, and it drafts.
  const after = new Chat(page, second);
  await page.goto(new URL('/#/', second.url).href);
  await after.ready();
  await after.send(shortPrompt);
  await after.finished();
  await expect(after.lastAnswer.getByTestId('stats')).toContainText('accepted of drafted');

  await page.goto(new URL('/#/adapters', second.url).href);
  await page.getByTestId('trash-adapter').click();
  await expect(row).toContainText('None');
  await page.getByTestId('undo').click();
  await expect(row).toContainText('exit after layer 2');
});
