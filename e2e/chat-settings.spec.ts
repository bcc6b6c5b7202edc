// What goes with a message and how it is answered: drafts, attachments, the context meter up to red, a chat's own settings and
// presets; nothing of it loads the model anew.
import { expect, shortPrompt, test, type Chat } from './chat.ts';

/** Of the starter's tokens, nearly as many. */
const words = (count: number) => Array.from({ length: count }, (_, place) => `word${place % 10}`).join(' ');

async function attach(chat: Chat, name: string, text: string): Promise<void> {
  const file = { name, mimeType: 'text/plain', buffer: Buffer.from(text) };
  await chat.page.getByTestId('attach-input').setInputFiles(file);
}

/** Of the last answer's prompt. */
async function promptTokens(chat: Chat): Promise<number> {
  await chat.lastAnswer.getByTestId('answer-details').click();
  const text = await chat.lastAnswer.getByTestId('answer-details-panel').innerText();
  await chat.page.keyboard.press('Escape');
  return Number(/Prompt\s+([\d,]+) tokens/.exec(text)?.[1]?.replaceAll(',', ''));
}

// Short answers will do.
test.use({ settings: { decodingMode: 'kangaroo', maxTokens: 60 } });

test('drafts, attachments, the context meter, settings and presets of a chat', async ({ chat, page }) => {
  test.setTimeout(600_000);
  const engine = chat.shell.enginePid();
  const meter = page.getByTestId('context-meter');
  const state = meter.locator('[data-state]');

  await test.step('what is being written stays with its chat, also after a reload', async () => {
    await chat.send('Hello!');
    await chat.finished();
    await chat.composer.fill('half a thought');
    await page.getByTestId('new-chat').click();
    await expect(chat.composer).toHaveValue('');
    await page.getByTestId('chat-row').nth(1).click();
    await expect(chat.composer).toHaveValue('half a thought');
    await chat.composer.fill('a whole thought');
    // Saved a moment after the last key.
    await page.waitForTimeout(1500);
    await page.reload();
    await expect(chat.composer).toHaveValue('a whole thought');
    await chat.composer.fill('');
  });

  await test.step('a text file is part of the prompt and can be read; what is none is refused by name', async () => {
    const before = await promptTokens(chat);
    await attach(chat, 'picture.png', '\u0000\u0001\u0002\u0003 no text');
    await expect(page.getByTestId('attach-problem')).toContainText('picture.png is not a text file');
    await attach(chat, 'notes.txt', words(60));
    await expect(page.getByTestId('attachment')).toContainText('notes.txt');
    await chat.send('What is in my notes?');
    await chat.finished();
    expect((await promptTokens(chat)) - before).toBeGreaterThan(60);
    await page.getByTestId('message-attachment').click();
    await expect(page.getByTestId('attachment-dialog')).toContainText('word1 word2');
    await page.keyboard.press('Escape');
  });

  await test.step('the context meter turns amber and red while one writes, and says what comes next', async () => {
    await page.getByTestId('new-chat').click();
    await expect(state).toHaveAttribute('data-state', 'plenty');
    const size = Number((await usedText())[1]);
    await chat.composer.fill(words(Math.round(size * 0.3)));
    const perWord = Number((await usedText())[0]) / Math.round(size * 0.3);
    const fill = (share: number) => chat.composer.fill(words(Math.round((size * share) / perWord)));
    await fill(0.72);
    await expect(state).toHaveAttribute('data-state', 'amber');
    await meter.click();
    await expect(page.getByTestId('context-next')).toContainText('It is filling up');
    await page.keyboard.press('Escape');
    await fill(0.92);
    await expect(state).toHaveAttribute('data-state', 'red');
    await meter.click();
    await expect(page.getByTestId('context-next')).toContainText('start a new chat or load the model with a longer context');
    await page.keyboard.press('Escape');
    await chat.composer.fill('');
    await expect(state).toHaveAttribute('data-state', 'plenty');
  });

  /** Tokens in use and all there are, once the meter has counted. */
  async function usedText(): Promise<string[]> {
    await page.waitForTimeout(1200);
    await meter.click();
    const text = await page.getByTestId('context-next').innerText();
    await page.keyboard.press('Escape');
    const [, used = '', size = ''] = /([\d,]+) of ([\d,]+) tokens/.exec(text) ?? [];
    return [used, size].map((number) => number.replaceAll(',', ''));
  }

  await test.step('a chat has its own system prompt and sampling, which a preset gives to another', async () => {
    await page.keyboard.press('Alt+s');
    const sheet = page.getByTestId('chat-settings');
    await expect(sheet.getByTestId('system-prompt')).toBeFocused();
    await page.keyboard.type('You are a kangaroo.');
    // It shows once the core has taken it.
    await sheet.getByTestId('mode-plain').click();
    await expect(sheet.getByTestId('mode-plain')).toBeChecked();
    await sheet.getByRole('slider', { name: 'Temperature' }).fill('0.5');
    await expect(sheet.getByText('set for this chat').first()).toBeVisible();
    await sheet.getByTestId('save-preset').click();
    await page.getByTestId('name-field').fill('Kangaroo');
    await page.keyboard.press('Enter');
    await expect(sheet.getByTestId('presets')).toContainText('Kangaroo');
    await page.keyboard.press('Escape');
    await chat.send(shortPrompt);
    await chat.finished();
    const details = async () => {
      await chat.lastAnswer.getByTestId('answer-details').click();
      const text = (await chat.lastAnswer.getByTestId('answer-details-panel').innerText()).replaceAll('\n', ' ');
      await page.keyboard.press('Escape');
      return text;
    };
    expect(await details()).toContain('temperature 0.5');
    expect(await details()).toContain('System prompt You are a kangaroo.');

    await page.getByTestId('new-chat').click();
    await page.keyboard.press('Alt+s');
    await expect(sheet.getByTestId('system-prompt')).toHaveValue('');
    await sheet.getByTestId('presets').selectOption('Kangaroo');
    await expect(sheet.getByTestId('system-prompt')).toHaveValue('You are a kangaroo.');
    await page.keyboard.press('Escape');
    await chat.send('Hello!');
    await chat.finished();
    expect(await details()).toContain('temperature 0.5');

    await page.keyboard.press('Alt+s');
    await sheet.getByRole('button', { name: 'Delete the preset “Kangaroo”' }).click();
    await expect(sheet.getByTestId('presets')).not.toContainText('Kangaroo');
    await sheet.getByTestId('chat-settings-reset').click();
    await expect(sheet.getByTestId('system-prompt')).toHaveValue('');
    await page.keyboard.press('Escape');
  });

  // No setting has loaded the model anew, or brought the engine down.
  await chat.ready();
  expect(chat.shell.enginePid()).toBe(engine);
});
