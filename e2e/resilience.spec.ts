// What must survive: a reload in mid-answer, the engine's death in mid-answer, and the end of the app itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chat, expect, longStory, shortPrompt, test } from './chat.ts';
import { childrenOf, isRunning, launchBrowserShell } from './launch.ts';

test('a reload in mid-answer loses nothing, and the answer goes on', async ({ chat, page }) => {
  const engine = await chat.holdInMidAnswer(longStory);
  const begun = await chat.words();
  await page.reload();
  await expect(page.getByTestId('message-user')).toHaveText(longStory);
  await expect(chat.lastAnswer).toHaveAttribute('data-status', 'streaming');
  expect((await chat.words()).startsWith(begun)).toBe(true);
  chat.release(engine);
  await chat.finished();
  const whole = await chat.words();
  expect(whole.startsWith(begun)).toBe(true);
  expect(whole.length).toBeGreaterThan(begun.length);
});

test('a second page shows the same answer', async ({ chat, context }) => {
  const engine = await chat.holdInMidAnswer(longStory);
  const second = await context.newPage();
  await second.goto(new URL('/', chat.shell.url).href);
  await expect(second.getByTestId('message-assistant')).toHaveAttribute('data-status', 'streaming');
  chat.release(engine);
  await chat.finished();
  await expect(second.getByTestId('message-assistant')).toHaveAttribute('data-status', 'complete');
  expect(await second.getByTestId('answer-text').innerText()).toBe(await chat.lastText.innerText());
});

test('an engine killed in mid-answer: the chat says so, trying again works, and so does the next message', async ({
  chat,
  page,
}) => {
  const engine = await chat.holdInMidAnswer(longStory);
  process.kill(engine, 'SIGKILL');
  await chat.finished('failed');
  await expect(page.getByTestId('message-error')).toBeVisible();
  await expect(page.getByTestId('message-user')).toHaveText(longStory);

  await chat.ready();
  expect(chat.shell.enginePid()).not.toBe(engine);
  await page.getByTestId('try-again').click();
  await chat.finished();
  await expect(page.getByTestId('message-error')).toHaveCount(0);

  await chat.send('Hello!');
  await chat.finished();
  await expect(chat.lastAnswer).toHaveAttribute('aria-posinset', '4'); // the first may have left the screen
});

test('an engine killed while idle is back for the next message', async ({ chat }) => {
  const engine = chat.shell.enginePid();
  process.kill(engine, 'SIGKILL');
  await expect.poll(() => childrenOf(chat.shell.pid).filter((pid) => pid !== engine).length).toBe(1);
  await chat.ready();
  await chat.send(shortPrompt);
  await chat.finished();
});

test('Ctrl-C ends the app with code 0 and leaves no engine behind', async () => {
  const shell = await launchBrowserShell();
  await expect.poll(() => childrenOf(shell.pid).length).toBe(1);
  const engine = shell.enginePid();
  expect(await shell.close()).toBe(0);
  await expect.poll(() => isRunning(engine)).toBe(false);
});

test('an engine does not outlive an app that was killed', async () => {
  const shell = await launchBrowserShell();
  await expect.poll(() => childrenOf(shell.pid).length).toBe(1);
  const engine = shell.enginePid();
  process.kill(shell.pid, 'SIGKILL');
  await expect.poll(() => isRunning(engine)).toBe(false);
  await shell.close();
});

test('an app that is killed in mid-answer loses nothing but the last second', async ({ page }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kangaroo-killed-'));
  const shell = await launchBrowserShell({ decodingMode: 'kangaroo' }, { dataDir });
  const chat = new Chat(page, shell);
  await chat.open();
  const engine = await chat.holdInMidAnswer(longStory);
  const shown = await chat.words();
  // The engine stands still, so what is shown now is older than a second then.
  await page.waitForTimeout(1100);
  process.kill(shell.pid, 'SIGKILL');
  await expect.poll(() => isRunning(shell.pid)).toBe(false);
  // It ends when it can move and finds its parent gone.
  chat.release(engine);
  await expect.poll(() => isRunning(engine)).toBe(false);
  await expect(page.getByTestId('connection')).not.toHaveText('');

  const again = await launchBrowserShell({ decodingMode: 'kangaroo' }, { dataDir });
  const later = new Chat(page, again);
  await later.open();
  await expect(later.lastAnswer).toHaveAttribute('data-status', 'failed');
  await expect(page.getByTestId('message-user')).toHaveText(longStory);
  expect(shown.length).toBeGreaterThan(0);
  expect((await later.words()).startsWith(shown)).toBe(true);
  await expect(page.getByTestId('message-error')).toContainText('What had been written is kept');
  await later.lastAnswer.getByTestId('continue').click();
  await expect.poll(async () => (await later.words()).length).toBeGreaterThan(shown.length);
  await page.keyboard.press('Escape');
  await again.close();
  rmSync(dataDir, { recursive: true, force: true });
});
