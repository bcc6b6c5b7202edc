// The visualizer with the real engine: its faces, its rounds by key, the race, what-if applied, a proof, what is exported, and
// pictures for people to look at (test-results/screens).
import { readFileSync } from 'node:fs';
import { expect, shortPrompt, test } from './chat.ts';

test.describe('of a drafted answer', () => {
  test.beforeEach(async ({ chat, page }) => {
    await chat.send(shortPrompt);
    await chat.finished();
    await page.getByTestId('toggle-panel').click();
    await expect(page.getByTestId('summary-speedup')).toContainText('×');
  });

  test('keys move from round to round, in the tokens and in the timeline', async ({ page }) => {
    const options = page.getByTestId('token-stream').getByRole('option');
    await options.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(options.nth(1)).toBeFocused();
    await expect(page.getByTestId('round-card')).toContainText('Round 2 of');
    await page.getByTestId('timeline-plot').focus();
    await page.keyboard.press('ArrowRight');
    await expect(page.getByTestId('round-card')).toContainText('Round 3 of');
    await page.getByTestId('timeline-table').click();
    await expect(page.getByTestId('timeline').getByRole('table')).toContainText('Draft, ms');
  });

  test('the race runs to its end', async ({ page }) => {
    await page.getByTestId('race-play').click();
    await expect(page.getByTestId('race-plain')).toContainText('finished after');
    await expect(page.getByTestId('race-drafted')).toContainText('finished after');
  });

  test('other settings are predicted, and applied', async ({ page }) => {
    await page.getByTestId('tab-whatIf').click();
    await page.getByTestId('what-if-max-draft').fill('3');
    await expect(page.getByTestId('predicted')).toContainText('predicted');
    await page.getByTestId('apply').click();
    await expect(page.getByTestId('apply')).toBeDisabled();
    await page.getByTestId('settings').click();
    await expect(page.getByTestId('settings-sheet')).toBeVisible();
  });

  test('is proven lossless', async ({ page }) => {
    await page.getByTestId('tab-proof').click();
    await page.getByTestId('proof-start').click();
    await expect(page.getByTestId('proof-verdict')).toHaveAttribute('data-identical', 'true', { timeout: 60_000 });
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId('proof-json').click()]);
    const report = JSON.parse(readFileSync(await saved.path(), 'utf8'));
    expect(report).toMatchObject({ format: 'kangaroo-proof', difference: null });
    expect(report.drafting.drafted).toBeGreaterThan(0);
  });

  test('is saved: rounds as JSON, charts as PNG and SVG', async ({ page }) => {
    const save = async (id: string) => {
      await page.getByTestId('export').click();
      const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`export-${id}`).click()]);
      return readFileSync(await saved.path());
    };
    const json = JSON.parse((await save('json')).toString());
    expect(json.answers[0].rounds.length).toBeGreaterThan(10);
    expect((await save('png')).subarray(1, 4).toString()).toBe('PNG');
    const svg = (await save('svg')).toString();
    expect(svg).toContain('<svg');
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

for (const scheme of ['light', 'dark'] as const) {
  test(`its faces, ${scheme}`, async ({ chat, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 1280, height: 1000 });
    const picture = (name: string) =>
      page.screenshot({ path: `test-results/screens/${scheme}-visualizer-${name}.png`, animations: 'disabled' });
    await page.getByTestId('toggle-panel').click();
    await expect(page.getByTestId('visualizer-empty')).toBeVisible();
    await picture('0-empty');
    await chat.send(shortPrompt);
    await chat.finished();
    for (const tab of ['rounds', 'acceptance', 'speed', 'whatIf', 'proof']) {
      await page.getByTestId(`tab-${tab}`).click();
      await picture(tab);
    }
    await page.setViewportSize({ width: 420, height: 860 });
    // There it comes over the chat, when it is asked for.
    await page.getByTestId('toggle-panel').click();
    await page.getByTestId('tab-rounds').click();
    await picture('narrow');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
  });
}
