// The list of chats on the real core: titles, names, pins, folders, copies, the trash; search in all that was said; chats as files.
import { readFileSync } from 'node:fs';
import { expect, shortPrompt, test, type Chat } from './chat.ts';

const webUi = [
  {
    title: 'From Open WebUI',
    chat: {
      title: 'From Open WebUI',
      history: {
        currentId: 'b',
        messages: {
          a: { id: 'a', parentId: null, role: 'user', content: 'A question from elsewhere', timestamp: 1_700_000_000 },
          b: { id: 'b', parentId: 'a', role: 'assistant', content: 'An answer from elsewhere', timestamp: 1_700_000_001 },
        },
      },
    },
  },
  { title: 'Broken', chat: { history: { messages: { a: { role: 7 } } } } },
];
const chatGpt = [
  {
    title: 'From ChatGPT',
    create_time: 1_700_000_000,
    current_node: 'b',
    mapping: {
      root: { id: 'root', parent: null, children: ['a'], message: null },
      a: {
        id: 'a',
        parent: 'root',
        children: ['b'],
        message: { author: { role: 'user' }, content: { content_type: 'text', parts: ['昨日は東京タワーへ行きました'] } },
      },
      b: {
        id: 'b',
        parent: 'a',
        children: [],
        message: { author: { role: 'assistant' }, content: { content_type: 'text', parts: ['How was it?'] } },
      },
    },
  },
];

const rows = (chat: Chat) => chat.page.getByTestId('chat-row');
const row = (chat: Chat, title: string) => rows(chat).filter({ hasText: title });

async function choose(chat: Chat, title: string, action: string): Promise<void> {
  await row(chat, title).first().click({ button: 'right' });
  await chat.page.getByTestId(`chat-${action}`).click();
}

async function rename(chat: Chat, title: string): Promise<void> {
  await chat.page.getByTestId('name-field').fill(title);
  await chat.page.keyboard.press('Enter');
  await expect(row(chat, title)).toHaveCount(1);
}

async function importFile(chat: Chat, name: string, contents: string): Promise<void> {
  await chat.page.getByTestId('list-menu').click();
  await chat.page.getByTestId('import').click();
  await chat.page
    .getByTestId('import-input')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(contents) });
}

// Short answers will do.
test.use({ settings: { decodingMode: 'kangaroo', maxTokens: 60 } });

test('chats in their list, in their trash, in a search and as files', async ({ chat, page }) => {
  test.setTimeout(600_000);
  await chat.send(shortPrompt);
  await chat.finished();
  const words = await chat.words();

  await test.step('names, pins and folders', async () => {
    await choose(chat, '', 'rename');
    await rename(chat, 'Weather');
    await page.getByTestId('new-chat').click();
    await chat.send('Hello!');
    await chat.finished();
    await rows(chat).first().focus();
    await page.keyboard.press('F2');
    await rename(chat, 'Greetings');

    await choose(chat, 'Weather', 'pin');
    await expect(page.getByRole('region', { name: 'Pinned' }).getByTestId('chat-row')).toHaveText(['Weather']);

    await choose(chat, 'Greetings', 'move');
    await page.getByTestId('folder-name').fill('Small talk');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('region', { name: 'Folders' }).getByTestId('chat-row')).toHaveText(['Greetings']);
    await page.getByTestId('folder').hover();
    await page.getByTestId('folder-menu').click();
    await page.getByTestId('folder-delete').click();
    await expect(page.getByTestId('folder')).toHaveCount(0);
    await expect(row(chat, 'Greetings')).toHaveCount(1);
    await page.getByTestId('undo').click();
    await expect(page.getByRole('region', { name: 'Folders' }).getByTestId('chat-row')).toHaveText(['Greetings']);
  });

  await test.step('a copy is a chat of its own', async () => {
    await choose(chat, 'Weather', 'duplicate');
    await expect(row(chat, 'Weather')).toHaveCount(2);
    await expect(page.getByTestId('user-text')).toHaveText(shortPrompt);
    expect(await chat.words()).toBe(words);
    await choose(chat, 'Weather', 'rename');
    await rename(chat, 'Climate');
  });

  await test.step('deleted by key, undone; deleted again, restored from the trash, deleted for good', async () => {
    await row(chat, 'Climate').focus();
    await page.keyboard.press('Delete');
    await expect(row(chat, 'Climate')).toHaveCount(0);
    await page.getByTestId('undo').click();
    await expect(row(chat, 'Climate')).toHaveCount(1);
    for (const action of ['restore', 'purge'] as const) {
      await row(chat, 'Climate').focus();
      await page.keyboard.press('Delete');
      await expect(row(chat, 'Climate')).toHaveCount(0);
      await page.getByTestId('list-menu').click();
      await page.getByTestId('open-trash').click();
      const trashed = page.getByTestId('trashed-chat');
      await expect(trashed).toContainText('Climate');
      await expect(trashed.getByRole('button', { name: 'Restore' })).toBeFocused();
      if (action === 'restore') {
        await page.keyboard.press('Enter');
      } else {
        await trashed.getByTestId('purge').click();
        await page.getByRole('button', { name: 'Cancel' }).click();
        await expect(trashed).toHaveCount(1);
        await trashed.getByTestId('purge').click();
        await page.getByTestId('confirm').click();
      }
      await expect(trashed).toHaveCount(0);
      await page.keyboard.press('Escape');
      await expect(row(chat, 'Climate')).toHaveCount(action === 'restore' ? 1 : 0);
    }
  });

  await test.step('exported as Markdown and as JSON, which comes in again as it was', async () => {
    await row(chat, 'Weather').click();
    await expect(page.getByTestId('user-text')).toHaveText(shortPrompt);
    const save = async (format: 'markdown' | 'json') => {
      await choose(chat, 'Weather', 'export');
      await page.getByTestId(`radio-${format}`).check();
      if (format === 'json') await page.getByLabel('With the rounds of every answer').check();
      const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId('export-save').click()]);
      expect(saved.suggestedFilename()).toBe(format === 'markdown' ? 'Weather.md' : 'Weather.json');
      return readFileSync(await saved.path(), 'utf8');
    };
    const markdown = await save('markdown');
    expect(markdown).toContain('# Weather\n');
    expect(markdown).toContain(`## You\n\n${shortPrompt}\n`);
    const json = await save('json');
    const rounds = JSON.parse(json).chats[0].messages[1].rounds.length;
    expect(rounds).toBeGreaterThan(5);
    await importFile(chat, 'chats.json', json);
    await expect(page.getByTestId('import-report')).toContainText('1 chat imported');
    await page.getByTestId('import-open').click();
    await expect(row(chat, 'Weather')).toHaveCount(2);
    expect(await chat.words()).toBe(words);
    await chat.lastAnswer.getByTestId('toggle-rounds').click();
    await expect(chat.lastAnswer.getByRole('option')).toHaveCount(rounds);
  });

  await test.step('imported from Open WebUI and ChatGPT; what is damaged is named; what is none is refused', async () => {
    await importFile(chat, 'webui.json', JSON.stringify(webUi));
    const report = page.getByTestId('import-report');
    await expect(report).toContainText('1 chat imported');
    await expect(report).toContainText('Format: Open WebUI');
    await expect(report).toContainText('Broken: chat.history.messages.a.role');
    await page.getByTestId('import-open').click();
    await expect(chat.lastText).toHaveText('An answer from elsewhere');
    // The model goes on with what another has said.
    await chat.lastAnswer.getByTestId('continue').click();
    await chat.finished();
    expect((await chat.words()).startsWith('An answer from elsewhere')).toBe(true);

    await importFile(chat, 'conversations.json', JSON.stringify(chatGpt));
    await expect(report).toContainText('Format: ChatGPT');
    await page.keyboard.press('Escape');
    await importFile(chat, 'notes.json', '{"notes": []}');
    await expect(page.getByTestId('import-error')).toContainText('This is no file of chats');
    await page.keyboard.press('Escape');
  });

  await test.step('found by beginnings of words, inside of runs of characters, and by keyboard', async () => {
    await page.keyboard.press('Alt+f');
    await expect(page.getByTestId('chat-search')).toBeFocused();
    await page.keyboard.type('elsewh quest');
    const hits = page.getByTestId('search-hit');
    await expect(hits).toHaveCount(1);
    await expect(hits.locator('mark')).toHaveText(['question', 'elsewhere']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.locator('[data-wanted]')).toContainText('A question from elsewhere');

    await page.getByTestId('chat-search').fill('東京');
    await expect(hits.locator('mark')).toHaveText(['東京']);
    await hits.click();
    await expect(page.getByTestId('user-text')).toHaveText('昨日は東京タワーへ行きました');

    await page.getByTestId('chat-search').fill('nothing of the kind');
    await expect(page.getByTestId('search-count')).toHaveText('Nothing found');
    await expect(page.getByText('No chat has all of “nothing of the kind”.')).toBeVisible();
    await page.getByTestId('chat-search').press('Escape');
    await expect(row(chat, 'Greetings')).toHaveCount(1);
  });

  await test.step('the list is the same after a reload', async () => {
    const before = await rows(chat).allInnerTexts();
    await page.reload();
    await expect(rows(chat)).toHaveText(before);
  });
});
