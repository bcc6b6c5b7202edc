// `npm run soak:chat`: one chat of 500 messages with the real engine, in Chromium. Prints memory of page, core and engine and the
// rate along the way, restarts the app, and compares what is there with what was shown. Ends with 1 where something was lost.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type CDPSession, type Page } from '@playwright/test';
import playwrightConfig from '../../.config/playwright.config.ts';
import { openStore } from '../../electron/core/chats/store.ts';
import { launchBrowserShell, type Shell } from '../launch.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '500' }, every: { type: 'string', default: '50' } },
});
const [messages, every] = [Number(values.messages), Number(values.every)];
const animals = ['fox', 'kangaroo', 'owl', 'bear', 'whale', 'ant', 'wolf', 'mouse'];
const places = ['in the snow', 'at the sea', 'under a bridge', 'on a roof', 'in a library'];

const question = (place: number) =>
  `Number ${place}: tell me about ${animals[place % animals.length]} ${places[place % places.length]}, in two sentences.`;

/** Resident memory, MB. */
function residentMb(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib ?? Number.NaN) / 1024);
}

/** The page's own heap after a collection, MB, and the elements that it holds. */
async function pageHeap(session: CDPSession): Promise<{ heapMb: number; nodes: number }> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heapMb: Math.round(of('JSHeapUsedSize') / 1e5) / 10, nodes: of('Nodes') };
}

async function ask(page: Page, place: number): Promise<void> {
  await page.getByTestId('composer').fill(question(place));
  await page.getByTestId('send').click();
  const answer = page.locator(`[data-testid="message-assistant"][aria-posinset="${place * 2}"]`);
  await answer.and(page.locator('[data-status="complete"]')).waitFor({ timeout: 120_000 });
}

interface Answered {
  texts: string[];
  /** Tokens a second of the answers, in order. */
  rates: number[];
}

/** What is stored, from the chat's beginning. */
function stored(dataDir: string): Answered {
  const { chats, messages: tree, close } = openStore(dataDir);
  const { messages: all } = tree.branch(chats.current()?.leafKey ?? null, true);
  close();
  const rates = all.flatMap(({ stats }) => (stats ? [stats.tokensPerSecond] : []));
  return { texts: all.map(({ text }) => text), rates };
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const dataDir = mkdtempSync(join(tmpdir(), 'kangaroo-soak-'));
const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
const shown = new Map<number, string>();
let shell: Shell | null = null;
try {
  shell = await launchBrowserShell({ decodingMode: 'auto', maxTokens: 60 }, { dataDir });
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await page.goto(shell.url);
  await page.locator('[data-testid="model-state"][data-status="ready"]').waitFor();
  console.log('messages  page heap MB  elements  core MB  engine MB  seconds');
  const begunMs = performance.now();
  for (let place = 1; place <= messages / 2; place += 1) {
    await ask(page, place);
    shown.set(place, await page.getByTestId('answer-text').last().innerText());
    if ((place * 2) % every !== 0) continue;
    const { heapMb, nodes } = await pageHeap(session);
    const numbers = [place * 2, heapMb, nodes, residentMb(shell.pid), residentMb(shell.enginePid())];
    console.log(
      [...numbers, Math.round((performance.now() - begunMs) / 1000)].map((each) => String(each).padStart(8)).join('  '),
    );
  }
  await page.close();
  await shell.close();

  shell = await launchBrowserShell({ decodingMode: 'auto' }, { dataDir });
  const again = await browser.newPage();
  await again.goto(shell.url);
  const last = again.getByTestId('message-assistant').last();
  await last.waitFor();
  const kept = (await last.getAttribute('aria-posinset')) === String(messages);
  await shell.close();
  shell = null;

  const { texts, rates } = stored(dataDir);
  // Numbers of lists and marks of Markdown are drawn, not shown as text.
  const plain = (text: string) => text.replaceAll(/[^\p{L}]+/gu, '');
  const lost = [...shown].filter(([place, text]) => plain(texts[place * 2 - 1] ?? '') !== plain(text));
  const questions = Array.from({ length: messages / 2 }, (_, index) => index + 1).filter(
    (place) => texts[place * 2 - 2] !== question(place),
  );
  const tenth = Math.max(1, Math.floor(rates.length / 10));
  console.log(
    `tokens/s, median: the first tenth ${median(rates.slice(0, tenth)).toFixed(0)}, the last ${median(rates.slice(-tenth)).toFixed(0)}`,
  );
  console.log(
    `after the restart: ${texts.length} messages, ${lost.length} answers and ${questions.length} questions that differ from what was shown`,
  );
  for (const [place, text] of lost.slice(0, 3)) console.log({ shown: text, stored: texts[place * 2 - 1] });
  if (!kept || texts.length !== messages || lost.length > 0 || questions.length > 0) process.exitCode = 1;
} finally {
  await shell?.close();
  await browser.close();
  rmSync(dataDir, { recursive: true, force: true });
}
