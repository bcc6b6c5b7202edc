// One chat with the real engine: edited, answered again, its branches by arrows and as a tree, gone on with, stopped, deleted and
// brought back; and how an answer was asked for, per chat and per message.
import { expect, longStory, shortPrompt, test } from './chat.ts';

// Short answers will do, but for the story that is stopped: it must not end before the stop has come to the engine.
test.use({ settings: { decodingMode: 'kangaroo', maxTokens: 300 } });

test('a chat with its branches', async ({ chat, page }) => {
  test.setTimeout(600_000);
  const questions = page.getByTestId('message-user');
  const arrows = (place: 'first' | 'last') => page.getByTestId('branches')[place]();
  const details = async () => {
    await chat.lastAnswer.getByTestId('answer-details').click();
    const panel = chat.lastAnswer.getByTestId('answer-details-panel');
    await expect(panel).toBeVisible();
    const text = await panel.innerText();
    await page.keyboard.press('Escape');
    return text.replaceAll('\n', ' ');
  };
  await chat.send('Hello!');
  await chat.finished();
  const hello = await chat.words();

  await test.step('a message is edited by keyboard: the old version stays, one arrow away', async () => {
    await page.keyboard.press('Alt+e');
    await expect(page.getByTestId('edit-box')).toBeFocused();
    await expect(page.getByTestId('edit-box')).toHaveValue('Hello!');
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('edit-box')).toHaveCount(0);
    await page.keyboard.press('Alt+e');
    await page.getByTestId('edit-box').fill(shortPrompt);
    await page.keyboard.press('Enter');
    await expect(questions.getByTestId('user-text')).toHaveText(shortPrompt);
    await chat.finished();
    await expect(questions.getByTestId('branches')).toHaveAccessibleName('Branch 2 of 2');
    await arrows('first').getByTestId('branch-before').click();
    await expect(questions.getByTestId('user-text')).toHaveText('Hello!');
    expect(await chat.words()).toBe(hello);
    await arrows('first').getByTestId('branch-after').click();
    await expect(questions.getByTestId('user-text')).toHaveText(shortPrompt);
  });

  await test.step('an answer is had again, without drafting: a branch, whose figures say so', async () => {
    await chat.lastAnswer.getByTestId('regenerate-menu').click();
    await page.getByTestId('regenerate-plain').click();
    await expect(chat.lastAnswer.getByTestId('branches')).toHaveAccessibleName('Branch 2 of 2');
    await chat.finished();
    expect(await details()).toContain('Decoding No drafting');
    await arrows('last').getByTestId('branch-before').click();
    expect(await details()).toContain('Always');
  });

  await test.step('one message asks for its own mode, the next is as before', async () => {
    await page.getByTestId('next-mode').click();
    await page.getByTestId('next-mode-plain').click();
    await chat.send('Thank you.');
    await chat.finished();
    expect(await details()).not.toContain('Always');
    await expect(page.getByTestId('next-mode')).toContainText('Always');
  });

  await test.step('the tree shows all of it, begins where the reader is, and leads anywhere', async () => {
    await page.keyboard.press('Alt+t');
    const nodes = page.getByTestId('tree-node');
    await expect(nodes).toHaveCount(7);
    await expect(page.locator('[data-testid="tree-node"]:focus')).toHaveAttribute('data-active', 'true');
    await expect(page.getByTestId('tree-dialog').locator('[data-active]')).toHaveCount(4);
    await nodes.filter({ hasText: 'Hello!' }).first().press('Enter');
    await expect(page.getByTestId('tree-dialog')).toHaveCount(0);
    await expect(questions).toHaveCount(1);
    await expect(questions.getByTestId('user-text')).toHaveText('Hello!');
  });

  await test.step('an answer is stopped, and gone on with in the same message', async () => {
    const engine = await chat.holdInMidAnswer(longStory);
    await page.keyboard.press('Escape');
    chat.release(engine);
    await chat.finished('stopped');
    const begun = await chat.words();
    await chat.lastAnswer.getByTestId('continue').click();
    await expect.poll(async () => (await chat.words()).length).toBeGreaterThan(begun.length);
    await page
      .getByTestId('stop')
      .click({ timeout: 10_000 })
      .catch(() => {}); // unless it has ended by itself
    await expect(chat.lastAnswer).toHaveAttribute('data-status', /stopped|complete/);
    expect((await chat.words()).startsWith(begun)).toBe(true);
    expect(await details()).toContain('1 continuation');
  });

  await test.step('a message is deleted with what follows, and brought back', async () => {
    const story = questions.filter({ hasText: longStory });
    await story.hover();
    await story.getByTestId('message-menu').click();
    await page.getByTestId('delete-message').click();
    await expect(story).toHaveCount(0);
    await expect(questions.getByTestId('user-text')).toHaveText('Hello!');
    await page.getByTestId('undo').click();
    await expect(story).toHaveCount(1);
  });

  await test.step('all of it is there after a reload', async () => {
    await page.reload();
    await expect(questions.filter({ hasText: longStory })).toHaveCount(1);
    await page.keyboard.press('Alt+t');
    await expect(page.getByTestId('tree-node')).toHaveCount(9);
  });
});
