// What the journeys have in common: a fresh app per test, its page signed in, and the steps that people take.
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../electron/contract/settings.ts';
import { launchBrowserShell, type Before, type Shell } from './launch.ts';

/** The starter answers this with a story that nearly fills its context: long enough to be caught in the middle. */
export const longStory = 'Tell me a story about a fox who is afraid of the dark.';
/** The starter answers this in about fifty tokens. */
export const shortPrompt = "Explain rainbows like I'm five years old.";

interface Fixtures {
  /** Settings that the app starts with. By default it drafts in every round, whether or not that pays on this machine. */
  settings: Partial<Settings>;
  /** What is there before the app starts. */
  before: Before;
  shell: Shell;
  chat: Chat;
}

export const test = base.extend<Fixtures>({
  settings: [{ decodingMode: 'kangaroo' }, { option: true }],
  before: [{}, { option: true }],
  shell: async ({ settings, before }, use) => {
    const shell = await launchBrowserShell(settings, before);
    await use(shell);
    await shell.close();
  },
  chat: async ({ page, shell }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
    });
    const chat = new Chat(page, shell);
    await chat.open();
    await use(chat);
    expect(problems, 'errors and policy violations in the page').toEqual([]);
  },
});

export { expect };

/** One chat in the page. */
export class Chat {
  readonly page: Page;
  readonly shell: Shell;

  constructor(page: Page, shell: Shell) {
    this.page = page;
    this.shell = shell;
  }

  get composer(): Locator {
    return this.page.getByTestId('composer');
  }

  get answers(): Locator {
    return this.page.getByTestId('message-assistant');
  }

  get lastAnswer(): Locator {
    return this.answers.last();
  }

  /** The answer's own words, as they are shown. */
  get lastText(): Locator {
    return this.lastAnswer.getByTestId('answer-text');
  }

  async open(): Promise<void> {
    await this.page.goto(this.shell.url);
    await this.ready();
  }

  /** The answer's words without Markdown's marks, which are shown as such only while they are not closed yet. */
  async words(): Promise<string> {
    return plainWords(await this.lastText.innerText());
  }

  /** Waits until the model is loaded and measured. */
  async ready(): Promise<void> {
    await expect(this.page.getByTestId('model-state')).toHaveAttribute('data-status', 'ready', { timeout: 60_000 });
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByTestId('send').click();
    // It is taken: its message may have left the screen already, above a fast answer.
    await expect(this.composer).toHaveValue('');
  }

  async finished(status: 'complete' | 'stopped' | 'failed' = 'complete'): Promise<void> {
    await expect(this.lastAnswer).toHaveAttribute('data-status', status, { timeout: 60_000 });
  }

  /**
   * Sends a text and holds the engine in the middle of its answer: the real engine, stopped by the system like any process
   * and let go for moments. Returns the engine's process id; `release` lets it go on.
   */
  async holdInMidAnswer(text: string): Promise<number> {
    const engine = this.shell.enginePid();
    process.kill(engine, 'SIGSTOP');
    await this.send(text);
    await expect(this.page.getByTestId('stop')).toBeVisible();
    await expect(async () => {
      process.kill(engine, 'SIGCONT');
      await sleep(30);
      process.kill(engine, 'SIGSTOP');
      await expect.poll(() => this.words(), { timeout: 150, intervals: [30] }).not.toBe('');
    }).toPass({ intervals: [20], timeout: 30_000 });
    await expect(this.lastAnswer).toHaveAttribute('data-status', 'streaming');
    return engine;
  }

  release(engine: number): void {
    process.kill(engine, 'SIGCONT');
  }
}

/** Words alone, to compare what is shown in different ways. */
export function plainWords(text: string): string {
  return text.replaceAll('*', '').replaceAll(/\s+/g, ' ').trim();
}

/** Presses Tab until an element with this test id has the focus. */
export async function tabTo(page: Page, testId: string): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
    expect(focused).toBe(testId);
  }).toPass({ intervals: [0], timeout: 15_000 });
}
