// Every state of the chat that is not the usual one: nothing yet, waiting, streaming, ended in each way, no model, no database,
// nothing found, a dialog about it. Each is looked at in light and dark, wide and narrow, and scanned.
import type { Page } from '@playwright/test';
import type { ChatEntry } from '../electron/contract/chat-list.ts';
import type { Chat, Message } from '../electron/contract/chats.ts';
import type { ErrorShape } from '../electron/contract/errors.ts';
import { KangarooError } from '../electron/contract/errors.ts';
import type { ScriptedCore } from '../renderer/testing/scripted-core.ts';
import { makeFit, makeModel } from '../renderer/testing/make-models.ts';
import { makeAnswer, makeChat, makePromptRound, makeRound } from '../renderer/testing/make-round.ts';
import { look } from './look.ts';
import { expect, test } from './scripted.ts';

const question = (text = 'Why do kangaroos hop?', rest: Partial<Message> = {}): Message => {
  return { ...makeAnswer([], { id: 'question', status: 'complete', ...rest }), role: 'user', text };
};
const rounds = [
  makePromptRound('Because'),
  makeRound([' hop', 'ping'], ' stores', [' is']),
  makeRound([' energy'], ' in the tendons.'),
];
const answer = (rest: Partial<Message>) => makeAnswer(rounds, { parentId: 'question', ...rest });
const failed = (error: ErrorShape) => answer({ status: 'failed', error });

/** Replaces what the page shows. */
function tell(core: ScriptedCore, messages: Message[], rest: Partial<Chat> = {}): void {
  core.tell('chats.watch', { type: 'snapshot', chat: makeChat(messages, { title: 'Hopping', ...rest }) });
}

function entry(id: string, title: string, ageHours: number): ChatEntry {
  const usedAtMs = Date.now() - ageHours * 3_600_000;
  return { id, title, folderId: null, pinned: false, createdAtMs: 0, usedAtMs, answering: false, firstWords: '' };
}

async function both(page: Page, scheme: string, name: string): Promise<void> {
  await look(page, scheme, name);
  await page.setViewportSize({ width: 480, height: 860 });
  await page.screenshot({ path: `test-results/screens/${scheme}-chat-${name}-narrow.png`, animations: 'disabled' });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), name).toBe(
    true,
  );
  await page.setViewportSize({ width: 1280, height: 860 });
}

for (const scheme of ['light', 'dark'] as const) {
  test(`states of the chat, ${scheme}`, async ({ core, link, page }) => {
    test.setTimeout(400_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    core.tell('chats.watchPresets', []);
    core.tell('chats.watchList', {
      type: 'snapshot',
      chats: [entry('chat', 'Hopping', 0), entry('b', 'Tails', 30)],
      folders: [],
    });
    core.answer('chats.rounds', () => rounds);
    core.answer('chats.search', () => []);
    core.answer('chats.listTrash', () => [
      { id: 't', title: 'An old idea', firstWords: '', trashedAtMs: Date.now(), purgedAtMs: Date.now() + 12 * 86_400_000 },
    ]);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(link);

    await test.step('nothing yet', async () => {
      await expect(page.getByTestId('example').first()).toBeVisible();
      await both(page, scheme, 'state-empty');
    });

    await test.step('waiting, and streaming', async () => {
      tell(core, [question(), makeAnswer([], { parentId: 'question' })]);
      await expect(page.getByTestId('message-assistant')).toHaveAttribute('data-status', 'streaming');
      await look(page, scheme, 'state-waiting');
      tell(core, [question(), answer({})]);
      await expect(page.getByTestId('answer-text')).toContainText('tendons');
      await both(page, scheme, 'state-streaming');
    });

    await test.step('each way an answer ends', async () => {
      const endings: [name: string, message: Message, shown: string][] = [
        [
          'crashed',
          failed({ code: 'engine-crashed', message: 'The engine ended with SIGSEGV. It was started again.' }),
          'SIGSEGV',
        ],
        ['no-memory', failed({ code: 'out-of-memory', message: 'There was no memory left for the context.' }), 'no memory left'],
        [
          'too-long',
          failed({ code: 'prompt-too-long', message: 'The message alone is longer than the context.' }),
          'longer than',
        ],
        ['context-full', answer({ status: 'complete', stopReason: 'context-full' }), 'context'],
        ['stopped', answer({ status: 'stopped', stopReason: 'cancelled' }), 'stopped'],
        ['says-nothing', answer({ status: 'complete', stopReason: 'end-of-turn', text: '' }), ''],
      ];
      for (const [name, message, shown] of endings) {
        tell(core, [question(), message], { context: { tokens: 1900, size: 2048, leftOutTurns: 2, shifted: true } });
        await expect(page.getByTestId('message-assistant')).toContainText(new RegExp(shown, 'i'));
        await both(page, scheme, `state-${name}`);
      }
    });

    await test.step('no model, and why', async () => {
      const model = makeModel();
      core.tell('models.watch', { status: 'loading', model, fraction: 0.4 });
      await expect(page.getByTestId('model-state')).toHaveAttribute('data-status', 'loading');
      await look(page, scheme, 'state-loading');
      const advice = {
        fit: makeFit(),
        contextThatFits: 4096,
        modelsThatFit: [{ id: 'small', name: 'Qwen3 0.6B', sizeBytes: 4e8 }],
      };
      const error = { code: 'out-of-memory', message: 'Qwen3 4B Instruct does not fit into the free memory.' } as const;
      core.tell('models.watch', { status: 'failed', model, error, restarting: false, advice });
      await expect(page.getByTestId('memory-advice')).toBeVisible();
      await both(page, scheme, 'state-model-too-large');
      const crash = { code: 'engine-crashed', message: 'The engine ended with SIGSEGV three times.' } as const;
      core.tell('models.watch', { status: 'failed', model, error: crash, restarting: false });
      await expect(page.getByTestId('model-error')).toContainText('three times');
      await look(page, scheme, 'state-engine-given-up');
      core.tell('models.watch', { status: 'unloaded' });
      await expect(page.getByTestId('find-model')).toBeVisible();
    });

    await test.step('nothing found; what was deleted; deleting it for good', async () => {
      await page.keyboard.press('Alt+f');
      await page.keyboard.type('wombat');
      await expect(page.getByTestId('search-count')).toHaveText('Nothing found');
      await look(page, scheme, 'state-no-hits');
      await page.getByTestId('chat-search').press('Escape');
      await page.getByTestId('list-menu').click();
      await page.getByTestId('open-trash').click();
      await expect(page.getByTestId('trashed-chat')).toBeVisible();
      await both(page, scheme, 'state-trash');
      await page.getByTestId('purge').click();
      await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
      await look(page, scheme, 'state-purge');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    });

    await test.step('files: what was left out, what is none, what can be saved', async () => {
      core.answer('chats.beginImport', () => 'upload');
      core.answer('chats.appendImport', () => undefined);
      core.answer('chats.cancelImport', () => undefined);
      core.answer('chats.finishImport', () => {
        throw new KangarooError(
          'file-damaged',
          'The file is not JSON, or not all of it: nothing was imported. Export it once more.',
        );
      });
      const file = { name: 'chats.json', mimeType: 'application/json', buffer: Buffer.from('{') };
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByTestId('palette-input').fill('import');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('button', { name: 'Choose a file' })).toBeFocused();
      await page.getByTestId('import-input').setInputFiles(file);
      await expect(page.getByTestId('import-error')).toBeVisible();
      await both(page, scheme, 'state-import-error');
      core.answer('chats.finishImport', () => ({
        format: 'chatgpt',
        imported: [{ chatId: 'x', title: 'A trip', messages: 12 }],
        failed: [{ place: 3, title: 'A broken one', reason: 'mapping.a.message.author.role: must be text' }],
      }));
      await page.getByTestId('import-input').setInputFiles(file);
      await expect(page.getByTestId('import-report')).toBeVisible();
      await both(page, scheme, 'state-import-report');
      await page.keyboard.press('Escape');
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByTestId('palette-input').fill('export');
      await page.keyboard.press('Enter');
      await look(page, scheme, 'state-export');
      await page.keyboard.press('Escape');
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByTestId('palette-input').fill('wombat');
      await look(page, scheme, 'state-palette-empty');
      await page.keyboard.press('Escape');
    });

    await test.step('a link asks before it leads out, and Enter does not follow it', async () => {
      const text = 'See [the measurements](https://example.org/kangaroos?of=everything#energy).';
      tell(core, [question(), { ...answer({ status: 'complete', stopReason: 'end-of-turn' }), text }]);
      await page.getByRole('link', { name: 'the measurements' }).click();
      await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
      await both(page, scheme, 'state-link');
      await page.keyboard.press('Enter');
      await expect(page.getByText('https://example.org/kangaroos?of=everything#energy')).toBeHidden();
      expect(page.context().pages()).toHaveLength(1);
    });

    await test.step('the settings begin with their first field', async () => {
      await page.getByTestId('settings').click();
      await expect(page.getByTestId('settings-sheet').getByRole('textbox').first()).toBeFocused();
      await both(page, scheme, 'state-settings');
      await page.keyboard.press('Escape');
    });

    await test.step('twice as large, as a browser zooms: all of it is there, in one direction', async () => {
      await page.setViewportSize({ width: 640, height: 430 });
      await look(page, scheme, 'state-zoomed');
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
      await page.setViewportSize({ width: 1280, height: 860 });
    });

    await test.step('chats that cannot be read', async () => {
      core.answer('chats.current', () => {
        throw new KangarooError(
          'store-damaged',
          'The chats in chats.db cannot be read: the file is damaged. Nothing was changed.',
        );
      });
      core.answer('chats.open', () => {
        throw new KangarooError('store-damaged', 'The chats in chats.db cannot be read: the file is damaged.');
      });
      await page.reload();
      await expect(page.getByTestId('store-problem')).toBeVisible();
      await both(page, scheme, 'state-store-damaged');
    });
    expect(problems).toEqual([]);
  });
}
