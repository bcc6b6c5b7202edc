// The adapters' page in each of its states, light and dark, wide and narrow: pictures to look at, in test-results/screens; nothing
// wider than the window, every control with a name, nothing that axe finds.
import type { Page } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';
import type { AdaptersState } from '../electron/contract/adapters.ts';
import { KangarooError } from '../electron/contract/errors.ts';
import { makeAdapter, makeAdapters, makeEstimate, makeJob, makeResult } from '../renderer/testing/make-adapters.ts';
import { expect, test } from './scripted.ts';

const full = {
  code: 'disk-full',
  message: 'Training needs 1,210 MB more on the disk of /home/joey. Free some space, then resume; nothing is lost.',
} as const;

interface State {
  name: string;
  state: AdaptersState;
  act?: (page: Page) => Promise<void>;
  estimate?: Parameters<typeof makeEstimate>[0];
  /** Shows when the state is reached. */
  testId: string;
}

const slow = makeResult({
  speeds: {
    plainTokensPerSecond: 210,
    kangarooTokensPerSecond: 165,
    autoTokensPerSecond: 209,
    kangarooSpeedup: 0.78,
    autoSpeedup: 0.99,
    kangarooSpeedupQuartiles: [0.74, 0.83],
    autoSpeedupQuartiles: [0.97, 1.01],
    questions: 12,
  },
});

const states: State[] = [
  { name: 'adapters', state: makeAdapters(), testId: 'adapters' },
  { name: 'adapters-none', state: makeAdapters({ models: [], adapters: [], trash: [] }), testId: 'models-view' },
  { name: 'adapters-training', state: makeAdapters({ jobs: [makeJob()] }), testId: 'loss-curve' },
  {
    name: 'adapters-states',
    state: makeAdapters({
      jobs: [
        makeJob({ id: 'a', status: 'queued', phase: 'load', points: [], layers: [], proposal: null, total: 0 }),
        makeJob({
          id: 'b',
          status: 'yielding',
          phase: 'generate',
          points: [],
          layers: [],
          proposal: null,
          done: 12_000,
          total: 96_000,
        }),
        makeJob({ id: 'c', status: 'paused', error: full, points: [], layers: [], proposal: null }),
        makeJob({
          id: 'd',
          status: 'failed',
          error: { code: 'file-damaged', message: 'The model’s file is damaged. Download it again.' },
          points: [],
          layers: [],
          proposal: null,
        }),
      ],
    }),
    testId: 'trainings',
  },
  {
    name: 'adapters-done',
    state: makeAdapters({
      jobs: [makeJob({ status: 'completed', result: makeResult() }), makeJob({ id: 'slow', status: 'completed', result: slow })],
      adapters: [
        makeAdapter({ modelIds: ['qwen', 'llama'] }),
        makeAdapter({ id: 's', origin: 'shipped', result: null, modelIds: [] }),
      ],
    }),
    testId: 'result',
  },
  {
    name: 'adapters-generating',
    state: makeAdapters({
      jobs: [
        makeJob({ phase: 'generate', points: [], layers: [], proposal: null, done: 12_000, total: 96_000, fraction: 0.125 }),
      ],
    }),
    testId: 'trainings',
  },
  {
    name: 'adapters-deleted',
    state: makeAdapters({ adapters: [makeAdapter({ modelIds: [] })] }),
    act: (page) => page.getByTestId('trash-adapter').click(),
    testId: 'undo',
  },
  {
    name: 'adapters-dialog',
    state: makeAdapters(),
    act: (page) => page.getByTestId('train').last().click(),
    testId: 'estimate',
  },
  {
    name: 'adapters-dialog-full',
    state: makeAdapters(),
    estimate: { problem: full, basis: 'guessed' },
    act: (page) => page.getByTestId('train').last().click(),
    testId: 'estimate',
  },
];

const sizes = { wide: { width: 1200, height: 900 }, narrow: { width: 480, height: 900 } };

for (const { name, state, act, estimate, testId } of states) {
  for (const theme of ['light', 'dark'] as const) {
    test(`${name}, ${theme}`, async ({ core, link, page }) => {
      core.tell('adapters.watch', state);
      core.answer('adapters.estimate', () => makeEstimate(estimate));
      core.answer('adapters.timeTraining', () => undefined);
      core.answer('adapters.trash', () => ({ id: 'gone', name: 'Qwen3 4B Instruct adapter', sizeBytes: 1, trashedAtMs: 0 }));
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.goto(link);
      await page.goto(new URL('/#/adapters', link).href);
      await act?.(page);
      await expect(page.getByTestId(testId).first()).toBeVisible();
      for (const [size, viewport] of Object.entries(sizes)) {
        await page.setViewportSize(viewport);
        await page.screenshot({ path: `test-results/screens/${name}-${theme}-${size}.png` });
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        expect(tooWide, `${size}: nothing is wider than the window`).toBe(false);
      }
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
      for (const control of await page
        .locator('button:visible, a:visible, input:visible, select:visible, [role=meter]:visible')
        .all()) {
        await expect(control).toHaveAccessibleName(/\S/);
      }
    });
  }
}

test('a training is begun by keyboard, with what was chosen', async ({ core, link, page }) => {
  core.tell('adapters.watch', makeAdapters());
  core.answer('adapters.estimate', () => makeEstimate());
  core.answer('adapters.start', () => 'job');
  await page.goto(link);
  await page.goto(new URL('/#/adapters', link).href);
  await page.getByTestId('train').last().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('estimate')).toContainText('12 min');
  await page.getByTestId('amount-standard').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('amount-quick')).toBeChecked();
  await page.getByTestId('use-chats').press('Space');
  await page.getByTestId('start-training').press('Enter');
  await expect(page.getByTestId('train-dialog')).toBeHidden();
  expect(core.asked('adapters.start')).toEqual([['llama', { amount: 'quick', useChats: true, exitLayer: null }]]);
});

test('a file from the system’s dialog that is no adapter is told on this page, and an import that works takes that away', async ({
  core,
  link,
  page,
}) => {
  core.tell('adapters.watch', makeAdapters());
  core.answer('adapters.estimate', () => makeEstimate());
  core.answer('library.choose', () => '/home/joey/model.gguf');
  core.answer('adapters.import', () => {
    throw new KangarooError('adapter-invalid', '/home/joey/model.gguf is no Kangaroo adapter.');
  });
  await page.goto(link);
  await page.goto(new URL('/#/adapters', link).href);
  await page.getByTestId('import-adapter').click();
  await expect(page.getByTestId('adapters-problem')).toContainText('is no Kangaroo adapter');
  core.answer('adapters.import', () => makeAdapter());
  await page.getByTestId('import-adapter').click();
  await expect(page.getByTestId('adapters-problem')).toBeHidden();
  expect(core.asked('adapters.import')).toEqual([['/home/joey/model.gguf'], ['/home/joey/model.gguf']]);
});

test('a guess becomes a measurement while the dialog is open', async ({ core, link, page }) => {
  const timed = Promise.withResolvers<void>();
  let isTimed = false;
  core.tell('adapters.watch', makeAdapters());
  core.answer('adapters.estimate', () => makeEstimate(isTimed ? {} : { basis: 'guessed', totalMs: 60_000 }));
  core.answer('adapters.timeTraining', () => timed.promise);
  await page.goto(link);
  await page.goto(new URL('/#/adapters', link).href);
  await page.getByTestId('train').last().click();
  const estimate = page.getByTestId('estimate');
  await expect(estimate).toContainText('is being tried');
  await expect(page.getByTestId('start-training')).toBeEnabled();
  isTimed = true;
  timed.resolve();
  await expect(estimate).toContainText('own speed of training');
  await expect(estimate).toContainText('12 min');
  expect(core.asked('adapters.timeTraining')).toEqual([['llama']]);
});

test('what is asked of a training reaches the core; cancelling asks first; a deleted adapter can be taken back', async ({
  core,
  link,
  page,
}) => {
  core.tell('adapters.watch', makeAdapters({ jobs: [makeJob()] }));
  for (const method of ['pause', 'cancel', 'restore']) core.answer(`adapters.${method}`, () => undefined);
  core.answer('adapters.estimate', () => makeEstimate());
  core.answer('adapters.trash', () => ({ id: 'gone', name: 'Qwen3 4B Instruct adapter', sizeBytes: 1, trashedAtMs: 0 }));
  await page.goto(link);
  await page.goto(new URL('/#/adapters', link).href);
  await page.getByTestId('pause-training').click();
  await page.getByTestId('cancel-training').click();
  expect(core.asked('adapters.cancel')).toEqual([]);
  await page.getByTestId('confirm').first().click();
  await page.getByTestId('trash-adapter').click();
  await page.getByTestId('undo').click();
  await expect.poll(() => core.asked('adapters.restore')).toEqual([['gone']]);
  expect(core.asked('adapters.pause')).toEqual([['job']]);
  expect(core.asked('adapters.cancel')).toEqual([['job']]);
});
