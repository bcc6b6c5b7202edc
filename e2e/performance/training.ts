// `npm run bench:training`: a whole training through the page, as people start it, and a chat beside it. Prints what the dialog told,
// what it took, what came out, and how fast plain answers were before, in each phase, and behind it. Needs half an hour on two cores.
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import playwrightConfig from '../../.config/playwright.config.ts';
import { quantile } from '../../electron/core/statistics.ts';
import { openStore } from '../../electron/core/chats/store.ts';
import { launchBrowserShell, type Shell } from '../launch.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: fileURLToPath(new URL('../../assets/starter/starter-q8_0.gguf', import.meta.url)) },
    'exit-layer': { type: 'string', default: '' },
    amount: { type: 'string', default: 'standard' },
    /** Where the adapter goes; '': nowhere. */
    out: { type: 'string', default: '' },
    pictures: { type: 'string', default: 'test-results/training' },
  },
});
const questions = ['fox', 'whale', 'teapot', 'clock'].map((thing) => `Tell me a story about a ${thing}.`);
/** Training goes on three seconds behind an answer; so long it then has, before the next question. */
const betweenMs = 5000;

interface Asked {
  when: string;
  /** From the click to the answer's end: what whoever waits sees. */
  seconds: number;
}

/** Asks each question in a chat of its own. */
async function ask(page: Page, shell: Shell, when: string, asked: Asked[]): Promise<void> {
  await page.goto(new URL('/#/', shell.url).href);
  for (const question of questions) {
    await sleep(betweenMs);
    await page.getByTestId('new-chat').first().click();
    await page.getByTestId('message-user').waitFor({ state: 'detached' });
    await page.getByTestId('composer').fill(question);
    const begunMs = performance.now();
    await page.getByTestId('send').click();
    await page.locator('[data-testid="message-assistant"][data-status="complete"]').waitFor({ timeout: 120_000 });
    asked.push({ when, seconds: (performance.now() - begunMs) / 1000 });
  }
  await page.goto(new URL('/#/adapters', shell.url).href);
}

/** Tokens a second and milliseconds of the prompt, of all answers in the order in which they were asked for. */
function answered(dataDir: string): { rate: number; promptMs: number }[] {
  const { chats, messages, close } = openStore(dataDir);
  const answers = chats
    .list()
    .flatMap(({ id }) => messages.branch(chats.find(id)?.leafKey ?? null, true).messages)
    .filter(({ role }) => role === 'assistant')
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  close();
  return answers.flatMap(({ stats }) => (stats ? [{ rate: stats.tokensPerSecond, promptMs: stats.promptMs }] : []));
}

const dataDir = await mkdtemp(join(tmpdir(), 'kangaroo-training-'));
const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
let shell: Shell | null = null;
try {
  const model = join(dataDir, 'bare.gguf');
  await copyFile(values.model, model);
  shell = await launchBrowserShell(
    { decodingMode: 'plain', maxTokens: 120 },
    { dataDir, environment: { KANGAROO_MODEL: model } },
  );
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: 'dark' });
  const picture = (name: string) => page.screenshot({ path: join(values.pictures, `${name}.png`), fullPage: true });
  await page.goto(shell.url);
  await page.locator('[data-testid="model-state"][data-status="ready"]').waitFor({ timeout: 60_000 });
  const asked: Asked[] = [];
  await ask(page, shell, 'before', asked);

  await page.getByTestId('adapter-model').filter({ hasText: 'bare' }).getByTestId('train').click();
  await page.getByTestId(`amount-${values.amount}`).check();
  if (values['exit-layer'] !== '') await page.getByTestId('exit-layer').selectOption(values['exit-layer']);
  await page.getByTestId('estimate').getByText('own speed').waitFor({ timeout: 60_000 });
  console.log((await page.getByTestId('estimate').innerText()).replaceAll('\n', ' · '));
  await picture('dialog');
  await page.getByTestId('start-training').click();
  const begunMs = performance.now();
  const training = page.getByTestId('training');
  const minutes = () => ((performance.now() - begunMs) / 60_000).toFixed(1);
  const visited = new Set<string>();
  for (;;) {
    const [status, phase] = [await training.getAttribute('data-status'), await training.getAttribute('data-phase')];
    if (status === 'completed') break;
    if (status === 'failed') throw new Error(await training.innerText());
    if (status === 'running' && phase !== null && phase !== 'load' && !visited.has(phase)) {
      visited.add(phase);
      console.log(`${minutes()} min: ${phase}, ${await page.getByTestId('training-left').innerText()}`);
      await picture(phase);
      await ask(page, shell, phase, asked);
    }
    await sleep(500);
  }
  console.log(`${minutes()} min: done`);
  await picture('result');
  console.log(await page.getByTestId('result').first().innerText());
  await ask(page, shell, 'after', asked);
  await shell.close();
  shell = null;

  const answers = answered(dataDir);
  for (const when of new Set(asked.map((each) => each.when))) {
    const of = asked.flatMap((each, place) => (each.when === when ? [{ ...each, ...answers[place] }] : []));
    const median = (numbers: (number | undefined)[]) => quantile(numbers.map(Number), 0.5) ?? Number.NaN;
    console.log(
      [
        when.padEnd(10),
        `${median(of.map(({ rate }) => rate)).toFixed(0)} tokens/s`,
        `prompt ${median(of.map(({ promptMs }) => promptMs)).toFixed(1)} ms`,
        `${median(of.map(({ seconds }) => seconds)).toFixed(2)} s from the question to the end of its answer`,
      ].join('  '),
    );
  }
  if (values.out !== '') {
    const [name] = (await readdir(join(dataDir, 'adapters'))).filter((file) => file.endsWith('.gguf'));
    if (name === undefined) throw new Error('there is no adapter');
    await copyFile(join(dataDir, 'adapters', name), values.out);
  }
} finally {
  await shell?.close();
  await browser.close();
  await rm(dataDir, { recursive: true, force: true });
}
