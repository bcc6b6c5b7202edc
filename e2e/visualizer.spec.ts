// The visualizer with the real engine: every figure against the rounds as the database has them, every face by mouse and by key,
// what-if applied, proofs, what is exported, and pictures for people to look at (test-results/screens).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Message } from '../electron/contract/chats.ts';
import type { Round } from '../electron/contract/engine.ts';
import { openStore } from '../electron/core/chats/store.ts';
import { expect, longStory, test, type Chat } from './chat.ts';

const tabs = ['rounds', 'acceptance', 'speed', 'whatIf', 'proof'] as const;

interface Stored {
  message: Message;
  rounds: Round[];
}

/** The answers of the current chat and all their rounds, as they are on the disk. */
function storedAnswers({ shell }: Chat): Stored[] {
  const { chats, messages, close } = openStore(shell.dataDir);
  const chat = chats.current();
  if (!chat) throw new Error('there is no chat');
  const answers = messages.branch(chat.leafKey).messages.filter(({ role }) => role === 'assistant');
  const found = answers.map((message) => ({
    message,
    rounds: messages.rounds(messages.find(chat.key, message.id)?.key ?? 0),
  }));
  close();
  return found;
}

/** The panel's figures once more, by code of its own: nothing of the visualizer is used. */
function derive({ message: { stats }, rounds }: Stored) {
  const decoded = rounds.filter(({ rows }) => rows > 0);
  let [tokens, drafted, accepted, draftMs, verifyMs] = [0, 0, 0, 0, 0];
  const places: { drafted: number; accepted: number }[] = [];
  const byKind: Record<string, number[]> = {};
  for (const round of decoded) {
    tokens += 1;
    draftMs += round.draftMs;
    verifyMs += round.verifyMs;
    (byKind[`${round.mode}/${round.rows}/${round.discarded}`] ??= []).push(round.draftMs + round.verifyMs);
    for (let at = 0; at < round.drafts.length; at += 1) {
      const place = (places[at] ??= { drafted: 0, accepted: 0 });
      drafted += 1;
      place.drafted += 1;
      if (at >= round.accepted) continue;
      accepted += 1;
      tokens += 1;
      place.accepted += 1;
    }
  }
  let ms = 0;
  for (const times of Object.values(byKind)) {
    const sorted = [...times].sort((one, other) => one - other);
    const half = sorted.length / 2;
    const median = sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
    for (const time of times) ms += time > 3 * median ? 3 * median : time;
  }
  // Drafting in every round leaves no plain steps inside: the baseline are those right after it, where there were any.
  const stepMs = stats?.plainStepMs ?? null;
  return {
    rounds: decoded.length,
    tokens,
    drafted,
    accepted,
    draftMs,
    verifyMs,
    places,
    factor: stepMs === null ? null : (tokens * stepMs) / ms,
  };
}

/** Rows of a chart's table; the chart is shown again afterwards. */
async function tableOf(page: Page, id: string): Promise<string[][]> {
  const chart = page.getByTestId(id);
  await page.getByTestId(`${id}-table`).click();
  const rows = await chart
    .locator('tbody tr')
    .evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  await page.getByTestId(`${id}-table`).click();
  await expect(chart.locator('canvas')).toBeVisible();
  return rows;
}

const numberIn = (text = '') => Number(text.replaceAll(/[^\d.]/g, ''));

async function save(page: Page, press: string): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId(press).click()]);
  return readFileSync(await saved.path());
}

async function exported(page: Page, id: string): Promise<Buffer> {
  await page.getByTestId('export').click();
  return save(page, `export-${id}`);
}

// A timeline of many rounds has several in a row of its table.
test.use({ settings: { decodingMode: 'kangaroo', maxTokens: 200 } });

test('says of a drafted answer what its rounds say, and what follows from them', async ({ chat, page }) => {
  test.setTimeout(600_000);
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.getByTestId('toggle-panel').click();
  await chat.send(longStory);
  await chat.finished();
  const [answer] = storedAnswers(chat);
  if (!answer) throw new Error('no answer was stored');
  const truth = derive(answer);
  expect(truth.accepted).toBeGreaterThan(5);
  const { rounds } = answer;

  await test.step('summary', async () => {
    const summary = page.getByTestId('summary');
    await expect(summary).toContainText(`${truth.tokens} tokens / ${truth.rounds} rounds`);
    await expect(summary).toContainText(`${truth.accepted} / ${truth.drafted} drafted`);
    const shown = page.getByTestId('summary-speedup');
    if (truth.factor === null) await expect(page.getByTestId('summary').locator('..')).toContainText('Baseline: calibration');
    else await expect(shown).toContainText(`${truth.factor.toFixed(2)}×`);
    await expect(shown).toContainText(/\d\.\d\d×–\d\.\d\d×/);
  });

  await test.step('timeline and tokens', async () => {
    const timeline = await tableOf(page, 'timeline');
    expect(timeline).toHaveLength(truth.rounds);
    expect(timeline.reduce((sum, row) => sum + numberIn(row[3]), 0)).toBe(truth.tokens);
    expect(timeline.reduce((sum, row) => sum + numberIn(row[4]), 0)).toBe(truth.accepted);
    const options = page.getByTestId('token-stream').getByRole('option');
    await expect(options).toHaveCount(truth.rounds);
    const said = await page
      .getByTestId('token-stream')
      .getByRole('listbox')
      .evaluate((list) => list.textContent ?? '');
    expect(said).toBe(rounds.flatMap(({ pieces }) => pieces.map(({ text }) => text)).join(''));
    // A round that rejected something: pointed at, it tells its drafts, the model's own token instead, and its times.
    const decoded = rounds.filter(({ rows }) => rows > 0);
    const at = decoded.findIndex(({ drafts, accepted }) => accepted < drafts.length && accepted > 0);
    const round = decoded[at]!;
    await options.nth(at).hover();
    const card = page.getByTestId('round-card');
    await expect(card).toContainText(`Round ${at + 1} of ${truth.rounds}`);
    await expect(card).toContainText(`${Math.round(100 * round.drafts[0]!.confidence)}%`);
    await expect(card).toContainText('ms');
    await expect(card.getByRole('listitem')).toHaveCount(round.drafts.length + 1);
    await expect(options.nth(at).locator('del')).toHaveCount(0);
    await page.getByTestId('ghosts').check();
    await expect(options.nth(at).locator('del')).toHaveCount(round.drafts.length - round.accepted);
    await picture(page, 'light', 'ghosts');
    await page.getByTestId('ghosts').uncheck();
  });

  await test.step('zoom and scrub', async () => {
    await page.getByTestId('timeline').getByRole('button', { name: 'Zoom in' }).click();
    await page.getByTestId('timeline').getByRole('button', { name: 'Zoom in' }).click();
    const scrub = page.getByTestId('timeline-scrub');
    await scrub.focus();
    await scrub.press('End');
    await expect(scrub).toHaveAttribute('aria-valuetext', new RegExp(`to ${truth.rounds} of ${truth.rounds}`));
    await expect(page.getByTestId('token-stream')).toContainText(`–${truth.rounds} of ${truth.rounds}`);
    await page.getByTestId('timeline').getByRole('button', { name: 'Show all rounds' }).click();
  });

  await test.step('race', async () => {
    await page.getByTestId('race').getByRole('combobox').selectOption('4');
    await page.getByTestId('race-play').click();
    await expect(page.getByTestId('race-plain')).toContainText('finished after');
    await expect(page.getByTestId('race-drafted')).toContainText('finished after');
    const all = String(rounds.reduce((sum, { pieces }) => sum + pieces.length, 0));
    await expect(page.getByTestId('race-drafted')).toHaveAttribute('data-done', all);
    await page.getByTestId('race').getByRole('slider').fill('0');
    await expect(page.getByTestId('race-plain')).toHaveAttribute('data-done', '1');
  });

  await test.step('acceptance, with its denominators', async () => {
    await page.getByTestId('tab-acceptance').click();
    const positions = await tableOf(page, 'positions');
    expect(positions.map(([place, drafted, accepted]) => [numberIn(place), numberIn(drafted), numberIn(accepted)])).toEqual(
      truth.places.map(({ drafted, accepted }, at) => [at + 1, drafted, accepted]),
    );
    const judged = rounds.reduce((sum, { drafts, accepted }) => sum + Math.min(drafts.length, accepted + 1), 0);
    const calibration = await tableOf(page, 'calibration');
    expect(calibration.reduce((sum, row) => sum + numberIn(row[1]), 0)).toBe(judged);
    expect(calibration.reduce((sum, row) => sum + numberIn(row[3]), 0)).toBe(truth.accepted);
    const gained = await tableOf(page, 'tokens-per-round');
    expect(gained.reduce((sum, [tokens, count]) => sum + numberIn(tokens) * numberIn(count), 0)).toBe(truth.tokens);
    expect(await tableOf(page, 'moving-tokens')).toHaveLength(truth.rounds);
  });

  await test.step('time, V(n)', async () => {
    await page.getByTestId('tab-speed').click();
    const time = await tableOf(page, 'time');
    expect(Math.abs(numberIn(time[0]?.[1]) - truth.draftMs)).toBeLessThan(0.01);
    expect(Math.abs(numberIn(time[1]?.[1]) - truth.verifyMs)).toBeLessThan(0.01);
    const costs = await tableOf(page, 'costs');
    expect(costs.length).toBeGreaterThanOrEqual(Math.max(...rounds.map(({ rows }) => rows)));
    expect(numberIn(costs[0]?.[1])).toBeGreaterThan(0);
    expect(costs.reduce((sum, row) => sum + numberIn(row[5]), 0)).toBe(truth.rounds);
    expect((await tableOf(page, 'speed')).length).toBe(truth.rounds);
  });

  await test.step('exports', async () => {
    const json = JSON.parse((await exported(page, 'json')).toString());
    expect(json.answers[0].rounds).toEqual(rounds);
    expect((await exported(page, 'png')).subarray(1, 4).toString()).toBe('PNG');
    const svg = (await exported(page, 'svg')).toString();
    expect(svg).toContain('<svg');
    expect(svg).toContain(`${truth.accepted} / ${truth.drafted} drafted`);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  await test.step('what if, applied without loading the model again', async () => {
    await page.getByTestId('tab-whatIf').click();
    await expect(page.getByTestId('predicted')).toContainText('η 0.60, γ 6');
    await page.getByTestId('what-if-max-draft').fill('1');
    await page.getByTestId('what-if-threshold').fill('0.3');
    await expect(page.getByTestId('predicted')).toContainText('predicted');
    expect((await tableOf(page, 'what-if-grid')).length).toBe(72);
    const engine = chat.shell.enginePid();
    await page.getByTestId('apply').click();
    await expect(page.getByTestId('apply')).toBeDisabled();
    await chat.send('What is the sea?');
    await chat.finished();
    expect(chat.shell.enginePid()).toBe(engine);
    const [, second] = storedAnswers(chat);
    expect(second?.message.answeredWith?.settings).toMatchObject({ threshold: 0.3, maxDraft: 1, decodingMode: 'kangaroo' });
    expect(Math.max(...second!.rounds.map(({ drafts }) => drafts.length))).toBe(1);
    await expect(page.getByTestId('predicted')).toContainText('η 0.30, γ 1');
  });

  await test.step('the chat and all chats', async () => {
    const answers = storedAnswers(chat);
    const compared = answers.filter(({ message }) => message.speedup !== null);
    const savedMs = compared.reduce((sum, { message }) => sum + message.stats!.roundsMs * (message.speedup! - 1), 0);
    for (const id of ['totals-chat', 'totals-all']) {
      const shown = Number(await page.getByTestId(id).getAttribute('data-saved-ms'));
      expect(shown).toBeCloseTo(savedMs, 3);
      await expect(page.getByTestId(id)).toContainText('90%:');
      await expect(page.getByTestId(id)).toContainText('over 2 answers');
    }
    await page.getByTestId('scope').getByText('This chat').click();
    const both = answers.map(derive);
    const of = (key: 'tokens' | 'rounds') => both.reduce((sum, each) => sum + each[key], 0);
    await expect(page.getByTestId('summary')).toContainText(`${of('tokens')} tokens / ${of('rounds')} rounds`);
    await page.getByTestId('scope').getByText('One answer').click();
    await page.getByTestId('answer-choice').selectOption({ index: 2 });
    await expect(page.getByTestId('summary')).toContainText(`${truth.tokens} tokens / ${truth.rounds} rounds`);
  });

  await test.step('proof', async () => {
    await page.getByTestId('tab-proof').click();
    await page.getByTestId('proof-start').click();
    await expect(page.getByTestId('proof-verdict')).toHaveAttribute('data-identical', 'true', { timeout: 60_000 });
    const report = JSON.parse((await save(page, 'proof-json')).toString());
    // As the answer was asked for, not as the next one would be; and the answer itself is the same, too.
    expect(report).toMatchObject({ format: 'kangaroo-proof', difference: null, options: { threshold: 0.6, maxDraft: 6 } });
    expect(report.recorded.identicalTokens).toBe(report.recorded.comparedTokens);
    expect(report.drafting.tokens).toEqual(report.plain.tokens);
    expect(report.drafting.drafted).toBeGreaterThan(0);
    expect((await save(page, 'proof-text')).toString()).toContain('Verdict: Identical');
  });
});

test('is worked with by keys alone, and is clean in light and dark', async ({ chat, page }) => {
  test.setTimeout(600_000);
  await page.setViewportSize({ width: 1280, height: 1000 });
  await chat.send(longStory);
  await chat.finished();
  await page.getByTestId('toggle-panel').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('summary-speedup')).toContainText('×');
  await expect(page.getByTestId('visualizer').getByRole('heading', { level: 2 })).toHaveText('Visualizer');

  await expect(page.getByTestId('visualizer').locator('p.sr-only').first()).toContainText(
    /Tokens per round: [\d.]+ = \d+ tokens/,
  );
  const options = page.getByTestId('token-stream').getByRole('option');
  await options.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(options.nth(1)).toBeFocused();
  await expect(page.getByTestId('round-card')).toContainText('Round 2 of');
  await page.getByTestId('timeline-plot').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('round-card')).toContainText('Round 3 of');
  await page.keyboard.press('+');
  await expect(page.getByTestId('timeline-scrub')).toBeVisible();
  await page.keyboard.press('0');
  await expect(page.getByTestId('timeline-scrub')).toBeHidden();
  await page.getByTestId('race-play').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('race-plain')).toContainText('finished after');

  await page.getByTestId('tab-rounds').focus();
  for (const tab of tabs.slice(1)) {
    await page.keyboard.press('ArrowRight');
    await expect(page.getByTestId(`tab-${tab}`)).toBeFocused();
    await expect(page.getByTestId(`tab-${tab}`)).toHaveAttribute('aria-selected', 'true');
  }
  await tabUntil(page, 'proof-start');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('proof-verdict')).toHaveAttribute('data-identical', 'true', { timeout: 60_000 });
  await page.getByTestId('tab-proof').focus();
  await page.keyboard.press('ArrowLeft');
  await tabUntil(page, 'what-if-max-draft');
  await page.keyboard.press('Home');
  await tabUntil(page, 'apply');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('apply')).toBeDisabled();

  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const tab of tabs) {
      await page.getByTestId(`tab-${tab}`).click();
      await picture(page, scheme, tab);
      const { violations } = await new AxeBuilder({ page }).include('[data-testid=visualizer]').analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect
        .soft(
          serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`),
          `${scheme} ${tab}`,
        )
        .toEqual([]);
    }
  }
});

/** Presses Tab until this has the focus. */
async function tabUntil(page: Page, id: string): Promise<void> {
  const target = page.getByTestId(id);
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${id}`);
}

function picture(page: Page, scheme: string, name: string) {
  return page.screenshot({ path: `test-results/screens/${scheme}-visualizer-${name}.png`, animations: 'disabled' });
}

const asset = (name: string) => fileURLToPath(new URL(`../assets/starter/${name}`, import.meta.url));

test.describe('weights that are not quantised', () => {
  test.use({
    before: {
      environment: {
        KANGAROO_MODEL: asset('starter-f16.gguf'),
        KANGAROO_ADAPTER: asset('starter-adapter.gguf'),
        KANGAROO_KERNELS: 'ggml', // our own attention leaves hardly any answer that parts
      },
    },
    settings: { decodingMode: 'kangaroo', threshold: 0, repetitionPenalty: 1, maxTokens: 256 },
  });

  // Kernels for F16 round otherwise by width, so that 14 of the 156 stories that were tried take another token: this one, on
  // processors with AVX2. On others it may be identical; then the panel has to say that.
  test('part at a near tie, and the proof says so', async ({ chat, page }) => {
    await page.getByTestId('toggle-panel').click();
    await chat.send('Tell me a bedtime story in which a clock that ran backwards is afraid of thunder.');
    await chat.finished();
    await page.getByTestId('tab-proof').click();
    await page.getByTestId('proof-start').click();
    const verdict = page.getByTestId('proof-verdict');
    await expect(verdict).toBeVisible({ timeout: 60_000 });
    const report = JSON.parse((await save(page, 'proof-json')).toString());
    expect(report.model.fileType).toContain('F16');
    const { difference } = report;
    await expect(verdict).toHaveAttribute('data-identical', String(difference === null));
    await picture(page, 'light', 'proof-f16');
    if (difference === null) return;
    await expect(verdict).toContainText('near tie');
    await expect(verdict).toContainText('parts from plain decoding at the same place');
    expect(Math.abs(difference.logitGap)).toBeLessThan(0.05);
    expect(report.drafting.tokens.slice(0, difference.position)).toEqual(report.plain.tokens.slice(0, difference.position));
    expect(difference.logits.top.map(({ id }: { id: number }) => id).sort()).toEqual(
      [difference.drafting.id, difference.plain.id].sort(),
    );
    await expect(page.getByTestId('proof-plain').locator('mark')).toHaveText(difference.plain.text);
    await expect(page.getByTestId('proof-drafting').locator('mark')).toHaveText(difference.drafting.text);
  });
});
