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
