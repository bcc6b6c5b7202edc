// Everything without a mouse, and with names that a screen reader can speak.
import { expect, longStory, shortPrompt, tabTo, test } from './chat.ts';

test('write, break the line, send, stop, look at the rounds and start anew, by keyboard alone', async ({ chat, page }) => {
  await tabTo(page, 'composer');
  await page.keyboard.type('Tell me a story');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('about a fox.');
  await expect(chat.composer).toHaveValue('Tell me a story\nabout a fox.');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message-user')).toContainText('about a fox.');
  await chat.finished();

  await tabTo(page, 'toggle-rounds');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listbox')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listbox')).toHaveCount(0);

  await tabTo(page, 'new-chat');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message-user')).toHaveCount(0);
});

test('Escape stops an answer', async ({ chat, page }) => {
  const engine = await chat.holdInMidAnswer(longStory);
  await page.keyboard.press('Escape');
  chat.release(engine);
  await chat.finished('stopped');
});

test('an empty message is not sent', async ({ chat, page }) => {
  await chat.composer.fill('   \n ');
  await chat.composer.press('Enter');
  await expect(page.getByTestId('message-user')).toHaveCount(0);
});

test('every button and field has a name', async ({ chat, page }) => {
  await chat.send(shortPrompt);
  await chat.finished();
  await page.getByTestId('settings').click();
  for (const role of ['button', 'textbox', 'spinbutton', 'slider', 'combobox', 'checkbox', 'switch', 'radio'] as const) {
    for (const control of await page.getByRole(role).all()) await expect(control).toHaveAccessibleName(/\S/);
  }
});

test('the palette and the sheet of shortcuts, by keyboard alone', async ({ chat, page }) => {
  await chat.send('Hello!');
  await chat.finished();
  const palette = page.getByTestId('palette');
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.id);

  // It opens over whatever has the focus, and gives it back.
  await chat.composer.focus();
  await page.keyboard.press('ControlOrMeta+k');
  await expect(palette).toBeVisible();
  expect(await focused()).toBe('palette-input');
  await page.keyboard.press('Escape');
  await expect(palette).toHaveCount(0);
  expect(await focused()).toBe('composer');

  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('theme dark');
  await expect(palette.getByRole('option', { selected: true })).toHaveText(/dark/);
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-dark', '');

  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('qqqq');
  await expect(palette.getByRole('option')).toHaveCount(0);
  await expect(palette.getByText('Nothing is called that.')).toBeVisible();
  await page.keyboard.press('Escape');

  // Up from the first entry is the last one: a chat, which Enter opens.
  await page.getByTestId('new-chat').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message-user')).toHaveCount(0);
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('user-text')).toHaveText('Hello!');

  // A letter is a letter to whoever writes; elsewhere it is a command.
  await chat.composer.focus();
  await page.keyboard.type('?');
  await expect(chat.composer).toHaveValue('?');
  await page.keyboard.press('Backspace');
  await page.getByTestId('chat-row').first().focus();
  await page.keyboard.press('?');
  const sheet = page.getByTestId('help-sheet');
  await expect(sheet).toBeVisible();
  for (const title of ['Search and commands', 'New chat', 'Edit the last message', 'Show all branches', 'Zoom: larger']) {
    await expect(sheet.getByText(title, { exact: true })).toBeVisible();
  }
  await page.keyboard.press('?');
  await expect(sheet).toHaveCount(0);

  // Every command that the sheet names with Alt or Mod is there.
  await page.keyboard.press('ControlOrMeta+b');
  await expect(page.getByTestId('sidebar')).toHaveCount(0);
  await page.keyboard.press('ControlOrMeta+b');
  await expect(page.getByTestId('sidebar')).toBeVisible();
  await page.keyboard.press('Alt+v');
  await expect(page.getByTestId('panel')).toBeVisible();
  await page.keyboard.press('Alt+v');
  await page.keyboard.press('ControlOrMeta+,');
  await expect(page.getByTestId('settings-sheet')).toBeVisible();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('systemPrompt');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+n');
  await expect(page.getByTestId('message-user')).toHaveCount(0);
});
