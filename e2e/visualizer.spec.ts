// The visualizer: what the engine's rounds say of an answer, what other settings would have given, and the proof.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, shortPrompt, test } from './chat.ts';

test.use({ settings: { decodingMode: 'kangaroo', temperature: 0 }, viewport: { width: 1360, height: 860 } });

const open = (page: Page) => page.getByTestId('toggle-panel').click();
const choose = (page: Page, tab: string) => page.getByTestId(`tab-${tab}`).click();

/** Pictures to look at, in test-results/screens, light and dark, and as a sheet where there is little room. */
async function shot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `test-results/screens/visualizer-${name}-${colorScheme}.png`, animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
}

test('an answer seen round by round, with other settings tried, put to use, proven lossless and exported', async ({
  chat,
  page,
}) => {
  await open(page);
  await expect(page.getByTestId('visualizer-empty')).toBeVisible();
  await shot(page, 'empty');

  await chat.send(shortPrompt);
  await chat.finished();
  const panel = page.getByTestId('visualizer');
  const rounds = panel.getByTestId('timeline-plot');
  await expect(rounds).toBeVisible();
  const total = Number(await rounds.getAttribute('aria-valuemax'));
  expect(total).toBeGreaterThan(20);
  await rounds.focus();
  await page.keyboard.press('End');
  await expect(rounds).toHaveAttribute('aria-valuenow', String(total));
  await shot(page, 'rounds');

  await choose(page, 'acceptance');
  await expect(panel.getByRole('heading', { level: 3 }).first()).toBeVisible();
  await shot(page, 'acceptance');
  await choose(page, 'speed');
  await shot(page, 'speed');

  await choose(page, 'whatIf');
  await page.getByTestId('what-if-max-draft').fill('3');
  await expect(page.getByTestId('predicted')).toContainText('predicted');
  await page.getByTestId('apply').click();
  await expect(page.getByTestId('apply')).toBeDisabled();
  await shot(page, 'what-if');

  await choose(page, 'proof');
  await page.getByTestId('proof-start').click();
  await expect(page.getByTestId('proof-verdict')).toHaveAttribute('data-identical', 'true', { timeout: 90_000 });
  await shot(page, 'proof');

  const saved = page.waitForEvent('download');
  await page.getByTestId('export').click();
  await page.getByTestId('export-json').click();
  const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8'));
  expect(file.answers).toHaveLength(1);
  expect(file.answers[0].rounds.length).toBeGreaterThanOrEqual(total);

  // Answers of before come without their rounds, which the core keeps; what was applied holds for the next one.
  await page.reload();
  await chat.ready();
  await expect(rounds).toHaveAttribute('aria-valuemax', String(total));
  await chat.send('And why is the sky blue?');
  await chat.finished();
  await expect(panel.getByTestId('answer-choice')).toBeVisible();

  // Where there is little room, the panel comes over the chat, and Escape closes it.
  await page.setViewportSize({ width: 480, height: 860 });
  await expect(panel).toBeHidden();
  await open(page);
  await expect(panel).toBeVisible();
  for (const tab of ['rounds', 'acceptance', 'speed', 'whatIf', 'proof']) {
    await choose(page, tab);
    expect(
      await panel.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
      `${tab} is no wider than its sheet`,
    ).toBe(0);
    await shot(page, `narrow-${tab}`);
  }
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
});
