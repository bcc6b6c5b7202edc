// A model without an adapter: drafts are copied from the conversation. The page says so, and shows which words were copied.
import { fileURLToPath } from 'node:url';
import type { Message } from '../electron/contract/chats.ts';
import type { Draft, Round } from '../electron/contract/engine.ts';
import { makeAnswer } from '../renderer/testing/make-round.ts';
import { expect, test } from './chat.ts';

const starter = fileURLToPath(new URL('../assets/starter/starter-q8_0.gguf', import.meta.url));

/** How many words are copied depends on the machine, so an answer of before is shown: a quotation, as the engine reports it. */
function round(copied: string[], own: string, rejected: string[] = []): Round {
  const drafts = [...copied, ...rejected].map((text): Draft => ({ id: 7, text, confidence: 0.8, source: 'lookup' }));
  const pieces = copied.map((text) => ({ id: 7, text, origin: 'draft' as const }));
  return {
    drafts,
    accepted: copied.length,
    token: { id: 8, text: own },
    pieces: [...pieces, { id: 8, text: own, origin: 'target' }],
    draftMs: 0,
    verifyMs: 2,
    rows: drafts.length + 1,
    mode: drafts.length > 0 ? 'lookup' : 'plain',
    discarded: 0,
    paused: false,
    expectedSpeedup: null,
  };
}

const adapterRound: Round = {
  ...round([' fox'], ' said'),
  drafts: [{ id: 7, text: ' fox', confidence: 0.9, source: 'adapter' }],
  mode: 'kangaroo',
};
const rounds = [
  { ...round([], 'The'), rows: 0 },
  adapterRound,
  round([], ': “I'),
  round([' am', ' not', ' afraid', ' of'], ' the'),
  round([' dark', ','], ' my', [' said']),
  round([], ' friend.”'),
];
const question = 'The fox is not afraid of the dark. What does it say?';
const stored: Message[] = [
  makeAnswer([], { id: 'question', role: 'user', text: question, status: 'complete' }),
  makeAnswer(rounds, { status: 'complete', stopReason: 'end-of-turn' }),
];

test.use({
  before: { environment: { KANGAROO_MODEL: starter, KANGAROO_ADAPTER: '' }, stored },
  settings: { decodingMode: 'auto' },
});

for (const scheme of ['light', 'dark'] as const) {
  test(`copies only, ${scheme}: the header, the tint, the rounds`, async ({ chat, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const picture = (name: string) =>
      page.screenshot({ path: `test-results/screens/${scheme}-${name}.png`, animations: 'disabled' });
    const status = page.getByTestId('drafting');
    await expect(status).toContainText('Copies only: no adapter for this model');
    await expect(page.getByTestId('toggle-origins')).toContainText('copied from the conversation');
    const painted = (name: string) =>
      page.evaluate(
        (highlight) =>
          [...(CSS.highlights.get(highlight) ?? [])].map((range) =>
            (range.startContainer.textContent ?? '').slice(range.startOffset, range.endOffset),
          ),
        name,
      );
    // Rounds of a finished answer come behind its text.
    await expect.poll(() => painted('origin-copy')).toEqual([' am not afraid of', ' dark,']);
    expect(await painted('origin-draft')).toEqual([' fox']);
    await picture('8-copies');

    await chat.lastAnswer.getByTestId('toggle-rounds').click();
    await chat.lastAnswer.locator('.round-copy').last().hover();
    await expect(page.getByText('3 drafted, 2 accepted, all copied from the conversation')).toBeVisible();
    await picture('9-copies-rounds');
    await chat.lastAnswer.getByTestId('toggle-rounds').click();

    await status.click();
    await expect(page.getByText('its next words are copied from there')).toBeVisible();
    await picture('10-copies-status');
  });
}

test('without copies such a model decodes plainly; header and panel say so, and lead to a training', async ({ chat, page }) => {
  await page.getByTestId('settings').click();
  await page.getByRole('switch', { name: 'Copy drafts from the conversation' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('drafting')).toContainText('Off: no adapter for this model');
  await chat.send('Write a story about a fox.');
  await chat.finished();
  await expect(chat.lastAnswer.getByTestId('stats')).toContainText('Drafting is off: no adapter for this model');
  await page.getByTestId('toggle-panel').click();
  const standing = page.getByTestId('standing-no-adapter');
  await expect(standing).toContainText('Copies, which need none, are not used');
  await expect(page.getByTestId('to-training')).toContainText(/Train one \(about .*(min|h|minute)\)/);
  await page.getByTestId('to-training').click();
  await expect(page.getByTestId('train-dialog')).toBeVisible();
  await expect(page.getByTestId('amount-standard')).toBeChecked();
});
