// A picture of the page for people to look at, in test-results/screens, and a scan for what keeps people from using it.
import { expect, type Page } from '@playwright/test';
import { seriousViolations } from './accessibility.ts';

export async function look(page: Page, scheme: string, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${scheme}-chat-${name}.png`, animations: 'disabled' });
  expect.soft(await seriousViolations(page), name).toEqual([]);
}
