// `npm run bench:page`: a chat of 10,000 messages (first paint, scrolling) and an answer of 200 tokens a second, in headless
// Chromium, on the real page over the real server. The answer's rounds are written by a script; the chat's come from the real core.
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type Page } from '@playwright/test';
import playwrightConfig from '../../.config/playwright.config.ts';
import type { ChatEvent, Message } from '../../electron/contract/chats.ts';
import { makeAnswer, makeChat } from '../../renderer/testing/make-round.ts';
import { launchBrowserShell } from '../launch.ts';
import { makeScriptedCore, serveScripted } from '../scripted-core.ts';
import { longChat, longText, roundsOf } from './long-text.ts';
import { costsOf, describe } from './page-costs.ts';

const messages = 10_000;
const tokensPerSecond = 200;
const streamedTokens = 4000;
/** Of the core: about one event per animation frame. */
const eventIntervalMs = 16;
/** Pixels that a turn of the wheel moves by, and the time between two: a reader in a hurry. */
const wheel = { pixels: 60, intervalMs: 16 };

async function newPage(browser: Browser): Promise<Page> {
  return browser.newPage({ viewport: { width: 1280, height: 860 } });
}

/** Turns the wheel over the chat for some seconds; up is negative. */
async function scroll(page: Page, direction: 1 | -1, forMs: number): Promise<void> {
  await page.mouse.move(640, 400);
  for (const endMs = performance.now() + forMs; performance.now() < endMs;) {
    await page.mouse.wheel(0, wheel.pixels * direction);
    await sleep(wheel.intervalMs);
  }
}

async function measureLongChat(browser: Browser): Promise<void> {
  const shell = await launchBrowserShell({}, { stored: longChat(messages), environment: { KANGAROO_MODEL: '/none.gguf' } });
  try {
    const page = await newPage(browser);
    const begunMs = performance.now();
    await page.goto(shell.url);
    await page.getByTestId('message-assistant').last().waitFor();
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);
    console.log(
      `a chat of ${messages} messages: first paint after ${paint.toFixed(0)} ms, its last answer after ` +
        `${(performance.now() - begunMs).toFixed(0)} ms`,
    );
    await sleep(2000);
    console.log(`scrolling up from its end: ${describe(await costsOf(page, () => scroll(page, -1, 8000)))}`);

    const feed = page.getByRole('feed');
    const place = () => feed.getByRole('article').first().getAttribute('aria-posinset');
    const flingMs = performance.now();
    while ((await place()) !== '1') {
      await page.mouse.wheel(0, -20_000);
      await sleep(30);
    }
    console.log(`to its beginning, all messages loaded: ${((performance.now() - flingMs) / 1000).toFixed(1)} s`);
    await sleep(2000);
    console.log(`scrolling down from there: ${describe(await costsOf(page, () => scroll(page, 1, 8000)))}`);
    await page.close();
  } finally {
    await shell.close();
  }
}

/** A question, and an answer that comes at a steady pace: as many rounds at a time as are due. */
async function* streaming(onEnd: () => void): AsyncGenerator<ChatEvent> {
  const question: Message = {
    ...makeAnswer([], { id: 'question', status: 'complete' }),
    role: 'user',
    text: 'Everything, please.',
  };
  const answer = makeAnswer([], { id: 'answer', parentId: 'question', siblingIds: ['answer'] });
  yield { type: 'snapshot', chat: makeChat([question, answer]) };
  await sleep(1500);
  const rounds = roundsOf(longText(streamedTokens));
  const begunMs = performance.now();
  let tokens = 0;
  for (let next = 0; next < rounds.length;) {
    const due = ((performance.now() - begunMs) / 1000) * tokensPerSecond;
    const from = next;
    while (next < rounds.length && tokens < due) tokens += rounds[next++]?.pieces.length ?? 0;
    if (next > from) yield { type: 'rounds', messageId: 'answer', rounds: rounds.slice(from, next) };
    await sleep(eventIntervalMs);
  }
  onEnd();
  // The stream stays open, as the core's does.
  await new Promise(() => {});
}

async function measureStreaming(browser: Browser, panel: boolean): Promise<void> {
  const core = makeScriptedCore();
  const ended = Promise.withResolvers<void>();
  core.answer('chats.watch', () => streaming(ended.resolve));
  // As in the app: the chat's own row says that it is being answered.
  const entry = {
    id: 'chat',
    title: 'Chat',
    folderId: null,
    pinned: false,
    createdAtMs: 0,
    usedAtMs: 0,
    firstWords: 'Everything',
  };
  core.tell('chats.watchList', { type: 'snapshot', chats: [{ ...entry, answering: true }], folders: [] });
  const server = await serveScripted(core);
  try {
    const page = await newPage(browser);
    await page.goto(server.url);
    await page.getByTestId('message-assistant').waitFor();
    if (panel) await page.getByTestId('toggle-panel').click();
    await sleep(1000);
    const costs = await costsOf(page, () => ended.promise);
    console.log(
      `${tokensPerSecond} tokens/s, ${streamedTokens} tokens, visualizer ${panel ? 'open' : 'closed'}: ${describe(costs)}`,
    );
    await page.close();
  } finally {
    await server.close();
  }
}

const { launchOptions = {} } = playwrightConfig.use ?? {};
const browser = await chromium.launch(launchOptions);
console.log(`Chromium ${browser.version()}, headless, drawn by the processor`);
try {
  const wanted = new Set(process.argv.slice(2));
  if (wanted.size === 0 || wanted.has('scroll')) await measureLongChat(browser);
  if (wanted.size === 0 || wanted.has('stream')) await measureStreaming(browser, false);
  if (wanted.size === 0 || wanted.has('panel')) await measureStreaming(browser, true);
} finally {
  await browser.close();
}
