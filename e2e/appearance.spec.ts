// Pictures for people to look at, light and dark: empty, answered, its rounds, settings, and an error. In test-results/screens.
import type { Page } from '@playwright/test';
import { expect, longStory, shortPrompt, test } from './chat.ts';

for (const scheme of ['light', 'dark'] as const) {
  test(`the ${scheme} page in its states`, async ({ chat, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    // The page follows the system when it hears of it.
    await expect.poll(async () => isDark(await background())).toBe(scheme === 'dark');
    await picture(page, scheme, '1-empty');

    await chat.send(shortPrompt);
    await chat.finished();
    await picture(page, scheme, '2-answer');
    await chat.lastAnswer.getByTestId('toggle-rounds').click();
    await chat.lastAnswer.getByRole('option').nth(3).focus();
    await picture(page, scheme, '3-rounds');
    await chat.lastAnswer.getByTestId('toggle-rounds').click();

    await page.getByTestId('settings').click();
    await expect(page.getByTestId('settings-sheet')).toBeVisible();
    await picture(page, scheme, '4-settings');
    await page.keyboard.press('Escape');

    await page.getByTestId('new-chat').click();
    await expect(page.getByTestId('message-user')).toHaveCount(0);
    const engine = await chat.holdInMidAnswer(longStory);
    await picture(page, scheme, '5-streaming');
    process.kill(engine, 'SIGKILL');
    await chat.finished('failed');
    await picture(page, scheme, '6-engine-killed');
  });
}

test('a narrow page scrolls in one direction only', async ({ chat, page }) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await chat.send(shortPrompt);
  await chat.finished();
  await picture(page, 'light', '7-narrow');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
});

async function picture(page: Page, scheme: string, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${scheme}-${name}.png`, animations: 'disabled' });
}

/** By the lightness or the channels of a computed colour. */
function isDark(color: string): boolean {
  const numbers = (color.match(/[\d.]+/g) ?? []).map(Number);
  const [first = 0, second = 0, third = 0] = numbers;
  return color.startsWith('rgb') ? (first + second + third) / 3 < 128 : first < 0.5;
}
