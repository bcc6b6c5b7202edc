// The first journey: a message, an answer that streams, its figures, its origins; stopping it; a new chat.
import { Chat, expect, longStory, plainWords, shortPrompt, test } from './chat.ts';
import { makeAnswer, makeRound } from '../renderer/testing/make-round.ts';
import { launchBrowserShell } from './launch.ts';

test('a message is answered, with figures', async ({ chat, page }) => {
  await chat.send(shortPrompt);
  await chat.finished();
  await expect(chat.lastText).not.toHaveText('');
  await expect(chat.lastAnswer.getByTestId('stats')).toContainText('tokens/s');
  await expect(chat.lastAnswer.getByTestId('stats')).toContainText('tokens per round');
  await expect(chat.lastAnswer.getByTestId('speedup')).toContainText('× plain');
  await expect(page.getByTestId('composer')).toHaveValue('');
  await expect(page.getByTestId('send')).toBeVisible();
});

test('an answer is shown while it is written', async ({ chat }) => {
  const engine = await chat.holdInMidAnswer(longStory);
  const begun = await chat.words();
  chat.release(engine);
  await chat.finished();
  const whole = await chat.words();
  expect(whole.startsWith(begun)).toBe(true);
  expect(whole.length).toBeGreaterThan(begun.length);
});

test('an answer can be stopped: what was written stays, and the chat goes on', async ({ chat, page }) => {
  const engine = await chat.holdInMidAnswer(longStory);
  await page.getByTestId('stop').click();
  chat.release(engine);
  await chat.finished('stopped');
  expect(await chat.words()).not.toBe('');
  await chat.send(shortPrompt);
  await chat.finished();
  await expect(chat.lastAnswer).toHaveAttribute('aria-posinset', '4'); // the first may have left the screen
});

test('a new chat is empty, and answers', async ({ chat, page }) => {
  await chat.send(shortPrompt);
  await chat.finished();
  await page.getByTestId('new-chat').click();
  await expect(page.getByTestId('message-user')).toHaveCount(0);
  await chat.send('Hello!');
  await chat.finished();
  await expect(chat.answers).toHaveCount(1);
});

test('Markdown is shown as such, and its words are tinted too', async ({ page }) => {
  // The starter writes none: an answer that is there already.
  const rounds = [
    makeRound([], 'Two'),
    makeRound([' fruits', ':\n\n1. **'], 'Apple'),
    makeRound(['**:', ' red'], ' or'),
    makeRound([], ' green'),
  ];
  const question = makeAnswer([], { id: 'question', role: 'user', text: 'Fruits?', status: 'complete' });
  const answer = makeAnswer(rounds, { id: 'answer', status: 'complete', stopReason: 'end-of-turn' });
  const shell = await launchBrowserShell({}, { stored: [question, answer] });
  const chat = new Chat(page, shell);
  await chat.open();
  const item = chat.lastText.locator('strong').first();
  await expect(item).toHaveText('Apple');
  const tintedInItem = () =>
    item.evaluate((element) =>
      [...CSS.highlights.values()].some((highlight) => [...highlight].some((range) => element.contains(range.startContainer))),
    );
  await expect.poll(tintedInItem).toBe(true);
  await page.getByTestId('toggle-origins').click();
  await expect.poll(tintedInItem).toBe(false);
  await shell.close();
});

test('tokens are tinted by origin, and the rejected drafts are there on demand', async ({ chat, page }) => {
  await chat.send(shortPrompt);
  await chat.finished();
  const tinted = () =>
    page.evaluate(() => Object.fromEntries([...CSS.highlights].map(([name, highlight]) => [name, highlight.size] as const)));
  await expect.poll(async () => (await tinted())['origin-draft'] ?? 0).toBeGreaterThan(0);
  await expect.poll(async () => (await tinted())['origin-target'] ?? 0).toBeGreaterThan(0);

  const words = await chat.words();
  await chat.lastAnswer.getByTestId('toggle-rounds').click();
  await expect(chat.lastAnswer.locator('del').first()).toBeVisible();
  const withoutGhosts = await chat.lastAnswer.getByRole('option').evaluateAll((rounds) =>
    rounds
      .map((round) =>
        [...round.children]
          .filter((part) => part.tagName !== 'DEL')
          .map((part) => part.textContent)
          .join(''),
      )
      .join(''),
  );
  expect(plainWords(withoutGhosts)).toBe(words);
});

for (const permission of ['granted', 'denied']) {
  test(`an answer can be copied with the clipboard's permission ${permission}`, async ({ chat, page }) => {
    await chat.send('Hello!');
    await chat.finished();
    if (permission === 'denied') {
      // As in the desktop window, which denies every permission.
      await page.evaluate(() => {
        navigator.clipboard.writeText = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
      });
    }
    await chat.lastAnswer.getByRole('button', { name: 'Copy answer' }).click();
    await expect(chat.lastAnswer.getByRole('button', { name: 'Copied' })).toBeVisible();
    await chat.composer.focus();
    await page.keyboard.press('ControlOrMeta+v');
    expect(plainWords(await chat.composer.inputValue())).toBe(await chat.words());
  });
}

test('a greedy answer is the same with drafting, without it, and where the app decides', async ({ page }) => {
  const answers: string[] = [];
  for (const decodingMode of ['kangaroo', 'plain', 'auto'] as const) {
    const shell = await launchBrowserShell({ decodingMode });
    const chat = new Chat(page, shell);
    await chat.open();
    await chat.send(shortPrompt);
    await chat.finished();
    answers.push(await chat.words());
    await shell.close();
  }
  expect(answers[0]).not.toBe('');
  expect(new Set(answers).size).toBe(1);
});

test('an answer that outgrows the context goes on, and says what the model no longer sees', async ({ page }) => {
  const shell = await launchBrowserShell({ decodingMode: 'auto', repetitionPenalty: 1, maxTokens: 1200 });
  const chat = new Chat(page, shell);
  await chat.open();
  await chat.send(`${'The sun went down behind the hills, and it was dark. '.repeat(60)}${longStory}`);
  await chat.finished();
  await expect(chat.lastAnswer.getByTestId('context-left')).toContainText('its oldest part has left it');
  // The whole chat is longer than the context now, and goes on all the same.
  await chat.send(shortPrompt);
  await chat.finished();
  expect(await chat.words()).not.toBe('');
  await shell.close();
});
