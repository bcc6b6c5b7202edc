// `npm run bench:panel [-- ROUNDS]`: the visualizer with 10,000 rounds, in headless Chromium: frames and the main thread's share while
// it is scrolled, zoomed, scrubbed, replayed, and while rounds come in. The rounds are written by a script; the page is the real one.
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Page } from '@playwright/test';
import playwrightConfig from '../../.config/playwright.config.ts';
import type { ChatEvent, Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { makeAnswer, makeChat, makePromptRound } from '../../renderer/testing/make-round.ts';
import { plainRound, simulate } from '../../renderer/visualizer/testing.ts';
import { makeScriptedCore, serveScripted } from '../scripted-core.ts';
import { costsOf, describe } from './page-costs.ts';

const count = Number(process.argv[2] ?? 10_000);
/** As the engine would write 200 tokens a second with two of them a round. */
const roundsPerSecond = 100;
const seconds = 4;

const rounds: Round[] = [
  makePromptRound('Once'),
  ...Array.from({ length: 10 }, () => plainRound()),
  ...simulate(count - 10, { threshold: 0.5, maxDraft: 6 }, 1),
];

/** Runs a function's source in every frame for some seconds; `frame` is the frame's number. */
function everyFrame(page: Page, source: string): Promise<void> {
  return page.evaluate(
    ({ body, ms }) =>
      new Promise<void>((resolve) => {
        // oxlint-disable-next-line typescript/no-implied-eval -- the source is this file's own.
        const step = new Function('frame', body) as (frame: number) => void;
        const begun = performance.now();
        let frames = 0;
        const next = (now: number) => {
          if (now - begun > ms) return resolve();
          step(frames++);
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      }),
    { body: source, ms: seconds * 1000 },
  );
}

const byId = (id: string) => `document.querySelector('[data-testid="${id}"]')`;
const setRange = `const set = (input, value) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, value);
  input.dispatchEvent(new Event('input', { bubbles: true }));
};`;

const question = makeAnswer([], { id: 'question', role: 'user', text: 'Go.', status: 'complete' });
const chatOf = (message: Message) => makeChat([question, message]);

const { launchOptions = {} } = playwrightConfig.use ?? {};
const browser = await chromium.launch(launchOptions);
console.log(`Chromium ${browser.version()}, headless, drawn by the processor; ${rounds.length - 1} rounds`);
const finished = makeAnswer([], { id: 'finished', status: 'complete', roundCount: rounds.length, text: 'Once upon a time.' });
const core = makeScriptedCore(chatOf(finished));
core.answer('chats.rounds', () => rounds);
let tellEvent: (event: ChatEvent) => void = () => {};
core.answer('chats.watch', async function* () {
  yield { type: 'snapshot', chat: chatOf(finished) };
  for (;;) yield await new Promise<ChatEvent>((resolve) => (tellEvent = resolve));
});
const server = await serveScripted(core);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(server.url);
  await page.getByTestId('toggle-panel').click();
  await page.getByTestId('timeline-plot').waitFor();
  const take = async (what: string, source: string) => {
    await sleep(500);
    const costs = await costsOf(page, () => everyFrame(page, source));
    // A frame of a 60 Hz display has 16.7 ms: what it costs tells even where other processes take the cores.
    const perFrameMs = (1000 * costs.mainThread.busy * costs.seconds) / Math.max(1, costs.frames.count);
    console.log(`${what}: ${perFrameMs.toFixed(1)} ms of the main thread a frame; ${describe(costs)}`);
  };
  const scroll = `${byId('summary')}.closest('.overflow-y-auto').scrollTop = Math.abs(800 - ((frame * 12) % 1600));`;
  const timeline = page.getByTestId('timeline');

  await take('at rest', '');
  await take('scrolling the panel', scroll);
  const wheel = '{ ctrlKey: true, bubbles: true, cancelable: true, deltaY: frame % 120 < 60 ? -40 : 40 }';
  await take('zooming in and out', `${byId('timeline-plot')}.dispatchEvent(new WheelEvent('wheel', ${wheel}));`);
  await timeline.getByRole('button', { name: 'Zoom in' }).click();
  await timeline.getByRole('button', { name: 'Show all rounds' }).click();
  for (let times = 0; times < 4; times += 1) await timeline.getByRole('button', { name: 'Zoom in' }).click();
  await take(
    'scrubbing',
    `${setRange} const scrub = ${byId('timeline-scrub')}; set(scrub, String((frame * 7) % Number(scrub.max)));`,
  );
  const hover = "dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))";
  await take(
    'pointing at tokens',
    `const all = ${byId('token-stream')}.querySelectorAll('[role=option]'); all[frame % all.length].${hover};`,
  );
  await page.getByTestId('race').getByRole('combobox').selectOption('4');
  await page.getByTestId('race-play').click();
  await take('replay', '');
  for (const tab of ['acceptance', 'speed', 'whatIf'] as const) {
    await page.getByTestId(`tab-${tab}`).click();
    await take(`scrolling “${tab}”`, scroll);
  }
  await take('moving η', `${setRange} set(${byId('what-if-threshold')}, String((frame % 20) / 20));`);

  // As many rounds again, while they are written.
  const streaming: Message = { ...finished, id: 'streaming', status: 'streaming', rounds, text: '' };
  tellEvent({ type: 'snapshot', chat: chatOf(streaming) });
  const more = simulate(3 * (seconds + 2) * roundsPerSecond, { threshold: 0.5, maxDraft: 6 }, 2);
  let told = 0;
  for (const tab of ['rounds', 'acceptance', 'speed'] as const) {
    await page.getByTestId(`tab-${tab}`).click();
    const [begun, before] = [performance.now(), told];
    const timer = setInterval(() => {
      const due = before + Math.floor(((performance.now() - begun) / 1000) * roundsPerSecond);
      if (due > told) tellEvent({ type: 'rounds', messageId: 'streaming', rounds: more.slice(told, due) });
      told = due;
    }, 16);
    await take(`${roundsPerSecond} rounds/s come in, “${tab}”`, '');
    clearInterval(timer);
  }
} finally {
  await browser.close();
  await server.close();
}
