// Journeys of the model pages against the real core, with the starter's files on a hub of the test's own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHubServer, type HubServer } from '../electron/core/models/testing/hub-server.ts';
import { Chat, expect, shortPrompt, tabTo, test as base } from './chat.ts';
import { dropFiles } from './drop.ts';
import { launchBrowserShell, type Shell } from './launch.ts';

const starter = fileURLToPath(new URL('../assets/starter', import.meta.url));
const q8 = join(starter, 'starter-q8_0.gguf');

interface Fixtures {
  hub: HubServer;
  /** A folder that outlives the app: the app can be started on it again. */
  dataDir: string;
  start: () => Promise<Shell>;
}

const test = base.extend<Fixtures>({
  dataDir: async ({}, use) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kangaroo-models-'));
    await use(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  },
  hub: async ({}, use) => {
    const bytes = readFileSync(q8);
    const hub = await startHubServer({
      repos: [
        {
          id: 'joey/pouch-GGUF',
          files: { 'pouch-Q8_0.gguf': bytes, 'README.md': Buffer.from('hop') },
          downloads: 1200,
          likes: 7,
          cardData: { license: 'mit' },
        },
        { id: 'joey/other-GGUF', files: { 'other-Q8_0.gguf': bytes }, downloads: 3 },
      ],
    });
    await use(hub);
    await hub.close();
  },
  start: async ({ hub, dataDir }, use) => {
    const shells: Shell[] = [];
    // No other app's models, and nobody's token: the machine that runs the tests may have both.
    const home = join(dataDir, 'home');
    mkdirSync(home, { recursive: true });
    const environment = { HF_ENDPOINT: hub.origin, HF_TOKEN: '', HOME: home, XDG_CACHE_HOME: join(home, '.cache'), HF_HOME: '' };
    await use(async () => {
      const shell = await launchBrowserShell({ decodingMode: 'kangaroo' }, { dataDir, environment });
      shells.push(shell);
      return shell;
    });
    for (const shell of shells) await shell.close();
  },
});

test('find a model, see whether it fits, download, pause, restart the app, resume, chat with it', async ({
  page,
  hub,
  start,
}) => {
  // Slow enough to be paused in the middle.
  hub.options.bytesPerSecond = 1_500_000;
  const first = await start();
  await new Chat(page, first).open();

  await page.getByTestId('models').click();
  await expect(page.getByTestId('library-model')).toHaveCount(1);
  await page.getByTestId('tab-find').click();
  expect(hub.requests).toEqual([]);
  await page.getByTestId('hub-search').fill('pouch');
  await page.getByTestId('hub-search').press('Enter');
  await page.getByTestId('result').click();
  await expect(page.getByTestId('fit-verdict').first()).toHaveAttribute('data-verdict', 'fits');
  await expect(page.getByTestId('fit').getByRole('img')).toHaveAccessibleName(/Weights .* K\/V cache /);

  await page.getByTestId('download-variant').click();
  await page.getByTestId('see-download').click();
  const item = page.getByTestId('download');
  await expect(item).toHaveAttribute('data-status', 'downloading');
  await expect(item.getByTestId('download-bytes')).not.toContainText('0 B of');
  await page.getByTestId('download-pause').click();
  await expect(item).toHaveAttribute('data-status', 'paused');
  const before = await item.getByTestId('download-bytes').innerText();

  expect(await first.close()).toBe(0);
  hub.requests.length = 0;
  const second = await start();
  await page.goto(second.url);
  // The address of the view is a link of its own.
  await page.goto(new URL('/#/models/downloads', second.url).href);
  await expect(item).toHaveAttribute('data-status', 'paused');
  expect(await item.getByTestId('download-bytes').innerText()).toBe(before);
  hub.options.bytesPerSecond = null;
  await page.getByTestId('download-resume').click();
  await expect(page.getByTestId('finished').getByTestId('download')).toHaveAttribute('data-status', 'completed');
  // What had arrived was not fetched again.
  const ranges = hub.requests.filter(({ host, method }) => host === 'cdn' && method === 'GET').map(({ range }) => range);
  expect(ranges.length).toBeGreaterThan(0);
  expect(ranges.every((range) => range !== null && !range.startsWith('bytes=0-'))).toBe(true);

  await expect(page.getByTestId('download-ended')).toContainText('is downloaded');
  await page.getByTestId('download-ended').getByTestId('chat-with').click();
  await expect(page.getByTestId('model-picker')).toContainText('pouch-Q8_0');
  const chat = new Chat(page, second);
  await chat.ready();
  await chat.send(shortPrompt);
  await chat.finished();
  await expect(chat.lastText).not.toHaveText('');
});

test('a new user gets from the first window to a chat with a downloaded model, by keyboard alone', async ({ page, start }) => {
  const shell = await start();
  const chat = new Chat(page, shell);
  await chat.open();
  await expect(chat.composer).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('find and download');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('curated')).toBeVisible();
  await tabTo(page, 'hub-search');
  await page.keyboard.type('pouch');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('result')).toHaveCount(1);
  await tabTo(page, 'result');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('fit-verdict').first()).toHaveAttribute('data-verdict', 'fits');
  await tabTo(page, 'download-variant');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('download-ended')).toContainText('is downloaded');
  await tabTo(page, 'chat-with');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('model-picker')).toContainText('pouch-Q8_0');
  await chat.ready();
  await expect(chat.composer).toBeFocused();
  await page.keyboard.type('Hello!');
  await page.keyboard.press('Enter');
  await chat.finished();
  await expect(chat.lastText).not.toHaveText('');
});

test('a bad hash is told with its remedy, and a second try works', async ({ page, hub, start }) => {
  const shell = await start();
  await new Chat(page, shell).open();
  // Damaged on the server for good: the file that the listing names never arrives.
  const wrong = { on: 'cdn', fault: { kind: 'corrupt', atByte: 7 }, times: 40 } as const;
  hub.faults.push(wrong);
  await page.goto(new URL('/#/models/find/joey/pouch-GGUF', shell.url).href);
  await page.getByTestId('download-variant').click();
  await page.getByTestId('see-download').click();
  const item = page.getByTestId('download');
  await expect(item).toHaveAttribute('data-status', 'failed');
  await expect(item.getByTestId('download-state')).toContainText(/SHA-256|hash/i);
  hub.faults.length = 0;
  await page.getByTestId('download-resume').click();
  await expect(page.getByTestId('finished').getByTestId('download')).toHaveAttribute('data-status', 'completed');
});

test('drop a model on the chat, open it, rename it, delete it and take that back, drop others, chat with one', async ({
  page,
  start,
  dataDir,
}) => {
  const file = join(dataDir, 'joey.gguf');
  await copyFile(q8, file);
  const shell = await start();
  const chat = new Chat(page, shell);
  await chat.open();
  // A browser tells no page where a file lies: the path is asked for, and the dialog says why.
  await dropFiles(page, 'joey.gguf');
  await expect(page.getByTestId('path-dialog')).toContainText('where joey.gguf lies');
  await page.getByTestId('path').fill(join(dataDir, 'nothing.gguf'));
  await page.getByTestId('path-confirm').click();
  await expect(page.getByTestId('path-dialog').getByRole('alert')).not.toBeEmpty();
  await page.getByTestId('path').fill(`"${file}"`);
  await page.getByTestId('path-confirm').click();
  const opened = page.getByTestId('library-model').filter({ has: page.getByText('joey', { exact: true }) });
  await expect(opened).toHaveAttribute('data-status', 'ready');

  await opened.getByTestId('model-link').click();
  await expect(page.getByTestId('facts')).toContainText('llama');
  await page.getByTestId('rename').click();
  await page.getByTestId('name').fill('My Joey');
  await page.getByTestId('name').press('Enter');
  await expect(page.getByRole('heading', { name: 'My Joey' })).toBeVisible();
  await page.getByTestId('compute-hash').click();
  await expect(page.getByTestId('sha256')).toContainText(/[0-9a-f]{64}/);

  await page.getByTestId('trash-model').click();
  await expect(page.getByTestId('library-model')).toHaveCount(1);
  await page.getByTestId('undo').click();
  await expect(page.getByTestId('library-model').filter({ hasText: 'My Joey' })).toHaveCount(1);

  // The desktop's preload tells the path; a folder is dropped as a model is.
  const others = join(dataDir, 'others');
  mkdirSync(others);
  await copyFile(q8, join(others, 'wallaby.gguf'));
  writeFileSync(join(dataDir, 'letter.gguf'), 'Dear model');
  await page.evaluate((folder) => {
    Object.assign(window, { kangaroo: { connect() {}, pathOf: ({ name }: File) => `${folder}/${name}` } });
  }, dataDir);
  await dropFiles(page, 'letter.gguf');
  await expect(page.getByTestId('library-problem')).toContainText('letter.gguf');
  await dropFiles(page, 'others');
  // Whatever else the preload offers is not there.
  await page.evaluate(() => Reflect.deleteProperty(window, 'kangaroo'));
  const wallaby = page.getByTestId('library-model').filter({ hasText: 'wallaby' });
  await expect(wallaby).toHaveAttribute('data-status', 'ready');
  await expect(page.getByTestId('library-problem')).toHaveCount(0);
  await wallaby.getByTestId('chat-with').click();
  await expect(page.getByTestId('model-picker')).toContainText('wallaby');
  await chat.ready();
  await chat.send('Hello!');
  await chat.finished();
});

test('switch the model by keyboard, and free its memory', async ({ page, start, dataDir }) => {
  mkdirSync(join(dataDir, 'models'), { recursive: true });
  await copyFile(q8, join(dataDir, 'models', 'second.gguf'));
  const shell = await start();
  const chat = new Chat(page, shell);
  await chat.open();
  await page.keyboard.press('Alt+m');
  await expect(page.getByTestId('picker-filter')).toBeFocused();
  await expect(page.getByTestId('picker-option')).toHaveCount(2);
  await expect(page.getByTestId('memory').getByRole('img').first()).toHaveAccessibleName(/Weights .* Free /);
  await page.keyboard.type('second');
  await expect(page.getByTestId('picker-option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('model-picker')).toContainText('second');
  await chat.ready();
  await chat.send('Hello!');
  await chat.finished();

  await page.keyboard.press('Alt+m');
  await page.getByTestId('picker-unload').click();
  await expect(page.getByTestId('model-state')).toHaveAttribute('data-status', 'unloaded');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('picker-filter')).toBeHidden();
});
