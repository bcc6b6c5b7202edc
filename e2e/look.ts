// A picture of the page for people to look at, in test-results/screens, and a scan for what keeps people from using it.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export async function look(page: Page, scheme: string, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${scheme}-chat-${name}.png`, animations: 'disabled' });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 110)).join(' | ')}`);
  expect.soft(told, name).toEqual([]);
}
