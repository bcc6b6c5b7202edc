// The chat's page in states that take the real model too long to reach: code, formulas, branches, folders, a full context.
// Pictures in test-results/screens; no violation of the content security policy, none of accessibility that is serious.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Chat, Message } from '../electron/contract/chats.ts';
import type { ChatEntry } from '../electron/contract/chat-list.ts';
import { makeAnswer, makeChat, makePromptRound, makeRound } from '../renderer/testing/make-round.ts';
import { look } from './look.ts';
import { expect, test } from './scripted.ts';

const code = [
  'Here is a **function** that counts words:',
  '',
  '```ts',
  '/** Words of a text, by how often they are in it. */',
  'export function countWords(text: string): Map<string, number> {',
  '  const counts = new Map<string, number>();',
  "  for (const word of text.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);",
  '  return counts; // a line that is long enough to need either a scroll bar or to be wrapped, whichever the reader likes',
  '}',
  '```',
  '',
  String.raw`Its time grows as $O(n)$, and a price of $5 stays a price. The energy is \(E = mc^2\), and`,
  '',
  String.raw`\[ \int_0^1 x^2 \,dx = \frac{1}{3} \]`,
  '',
  '| Word | Count |',
  '|---|---|',
  '| the | 12 |',
].join('\n');

const question: Message = {
  ...makeAnswer([], { id: 'question', status: 'complete' }),
  role: 'user',
  text: 'Can you count words, and explain how fast that is?',
  siblingIds: ['other', 'question', 'third'],
};
const answer: Message = {
  ...makeAnswer([makePromptRound('Here'), makeRound([' is'], ' a')], {
    id: 'answer',
    status: 'complete',
    stopReason: 'end-of-turn',
  }),
  text: code,
  siblingIds: ['answer', 'answer-2'],
};
const chat: Chat = {
  ...makeChat([question, answer]),
  title: 'Counting words',
  context: { tokens: 1480, size: 2048, leftOutTurns: 0, shifted: false },
};

function entry(id: string, title: string, ageHours: number, rest: Partial<ChatEntry> = {}): ChatEntry {
  const usedAtMs = Date.now() - ageHours * 3_600_000;
  return { id, title, folderId: null, pinned: false, createdAtMs: 0, usedAtMs, answering: false, firstWords: '', ...rest };
}

test.beforeEach(async ({ core }) => {
  core.answer('chats.current', () => chat);
  core.tell('chats.watch', { type: 'snapshot', chat });
  core.tell('chats.watchPresets', []);
  core.tell('chats.watchList', {
    type: 'snapshot',
    chats: [
      entry(chat.id, chat.title, 0),
      entry('b', 'A fox who is afraid of the dark', 1, { answering: true }),
      entry('c', 'Recipes for a rainy week with nothing in the fridge', 30, { pinned: true }),
      entry('d', 'Tax questions', 80, { folderId: 'work' }),
      entry('e', 'Holiday in the mountains', 400),
    ],
    folders: [
      { id: 'work', name: 'Work' },
      { id: 'empty', name: 'Ideas' },
    ],
  });
  core.answer('chats.search', () => [
    {
      chatId: 'e',
      title: 'Holiday in the mountains',
      titleMatches: [{ start: 0, length: 7 }],
      message: {
        id: 'm',
        role: 'assistant',
        createdAtMs: 0,
        snippet: '…the best time for a holiday is June…',
        matches: [{ start: 21, length: 7 }],
      },
    },
  ]);
  core.answer('chats.tree', () => [
    { id: 'other', parentId: null, role: 'user', status: 'complete', createdAtMs: 0, firstWords: 'Count words', active: false },
    { id: 'question', parentId: null, role: 'user', status: 'complete', createdAtMs: 0, firstWords: question.text, active: true },
    {
      id: 'answer',
      parentId: 'question',
      role: 'assistant',
      status: 'complete',
      createdAtMs: 0,
      firstWords: 'Here is a function',
      active: true,
    },
    {
      id: 'answer-2',
      parentId: 'question',
      role: 'assistant',
      status: 'complete',
      createdAtMs: 0,
      firstWords: 'Another way',
      active: false,
    },
  ]);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the chat with its list, its dialogs and its menus, ${scheme}`, async ({ page, link }) => {
    // Twenty scans of the whole page.
    test.setTimeout(400_000);
    const violations: string[] = [];
    page.on('pageerror', (error) => violations.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
    });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(link);
    await expect(page.locator('.katex').first()).toBeVisible();
    await expect.poll(() => page.evaluate(() => CSS.highlights.get('code-keyword')?.size ?? 0)).toBeGreaterThan(0);
    await look(page, scheme, '1-chat');

    await page.getByTestId('chat-row').first().click({ button: 'right' });
    await expect(page.getByRole('menuitem').first()).toBeFocused();
    await look(page, scheme, '2-menu');
    await page.keyboard.press('Escape');

    await page.getByTestId('chat-search').fill('holiday');
    await expect(page.getByTestId('search-hit')).toBeVisible();
    await look(page, scheme, '3-search');
    await page.getByTestId('chat-search').press('Escape');

    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-input').fill('chat');
    await look(page, scheme, '4-palette');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Control+/');
    await expect(page.getByTestId('help-sheet')).toBeVisible();
    await look(page, scheme, '5-help');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Alt+t');
    await expect(page.getByTestId('tree-node')).toHaveCount(4);
    await look(page, scheme, '6-tree');
    await page.keyboard.press('Escape');

    await page.getByTestId('chat-settings-open').click();
    await look(page, scheme, '7-settings');
    await page.keyboard.press('Escape');

    await page.getByTestId('list-menu').click();
    await page.getByTestId('import').click();
    await look(page, scheme, '8-import');
    await page.keyboard.press('Escape');

    await page.setViewportSize({ width: 480, height: 800 });
    await look(page, scheme, '9-narrow');
    await page.getByTestId('toggle-sidebar').click();
    await look(page, scheme, '10-drawer');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
    expect(violations).toEqual([]);
  });
}

test('formulas have their fonts, and the page carries each in one format only', async ({ page, link }) => {
  await page.goto(link);
  await expect(page.locator('.katex').first()).toBeVisible();
  const loaded = () =>
    page.evaluate(() => [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family));
  await expect.poll(loaded).toContain('KaTeX_Math');
  const files = readdirSync(fileURLToPath(new URL('../renderer/dist/assets', import.meta.url)));
  expect(files.filter((name) => /\.(ttf|woff)$/.test(name))).toEqual([]);
});
