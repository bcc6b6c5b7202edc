// The visualizer's states that the real core reaches only with bad luck, each with its remedy: looked at (test-results/screens),
// scanned, and in a narrow window too. The rounds are made by a process whose truth is known.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { TrainingEstimate } from '../electron/contract/adapters.ts';
import type { AnswerTotals, Chat, Message } from '../electron/contract/chats.ts';
import type { LoadedModel, Round } from '../electron/contract/engine.ts';
import { KangarooError } from '../electron/contract/errors.ts';
import type { ModelState } from '../electron/contract/models.ts';
import type { ProofReport, ProofRun } from '../electron/contract/proofs.ts';
import { defaultSettings } from '../electron/contract/settings.ts';
import { makeModel } from '../renderer/testing/make-models.ts';
import { makeAnswer, makeChat, makePromptRound } from '../renderer/testing/make-round.ts';
import type { ScriptedCore } from '../renderer/testing/scripted-core.ts';
import { draftRound, plainRound, simulate, testCosts } from '../renderer/visualizer/testing.ts';
import { expect, test } from './scripted.ts';

const loaded: LoadedModel = {
  model: {
    path: '/models/qwen3.gguf',
    name: 'Qwen3 4B',
    architecture: 'qwen3',
    fileType: 'Q4_K_M',
    parameters: 4e9,
    sizeBytes: 2.5e9,
    layers: 36,
    embeddingLength: 2560,
    vocabularySize: 151_936,
    trainedContext: 32_768,
    hasChatTemplate: true,
    fingerprint: 'f',
  },
  adapter: {
    path: '/adapters/qwen3.gguf',
    name: 'Qwen3 4B, layer 3',
    baseName: 'Qwen3 4B',
    baseFingerprint: 'f',
    exitLayer: 3,
    embeddingLength: 2560,
    heads: 32,
    headsKv: 8,
    parameters: 5e7,
    sizeBytes: 5e7,
    draftVocabularySize: 0,
  },
  adapterError: null,
  contextSize: 8192,
  threads: 2,
  devices: ['CPU'],
  memory: [],
};
const ready = (patch: Partial<LoadedModel> = {}): ModelState => ({
  status: 'ready',
  model: makeModel(),
  loaded: { ...loaded, ...patch },
  costs: testCosts,
});
const estimate: TrainingEstimate = {
  tokens: 300_000,
  diskBytes: 2e9,
  availableBytes: 1e11,
  adapterBytes: 5e7,
  memoryBytes: 3e9,
  availableMemoryBytes: 1e10,
  ms: { load: 0, generate: 300_000, explore: 60_000, capture: 60_000, train: 240_000, measure: 60_000 },
  totalMs: 720_000,
  basis: 'measured',
  problem: null,
};
const totals: AnswerTotals = {
  answers: 12,
  rounds: 2000,
  tokens: 4400,
  drafted: 5000,
  accepted: 2400,
  compared: 11,
  comparedMs: 26_000,
  savedMs: 9400,
  savedDeviationMs: 800,
};

const question = makeAnswer([], { id: 'question', role: 'user', text: 'Why do kangaroos hop?', status: 'complete' });
const answerOf = (rounds: Round[], rest: Partial<Message> = {}): Message => ({
  ...makeAnswer([makePromptRound('Hopping'), ...rounds], {
    status: 'complete',
    stopReason: 'end-of-turn',
    modelName: 'Qwen3 4B',
  }),
  ...rest,
});
const paused = Array.from({ length: 90 }, (_, at) =>
  plainRound({
    mode: 'plain',
    paused: true,
    expectedSpeedup: 0.82,
    discarded: at % 30 === 0 ? 1 : 0,
    verifyMs: 10 + (at % 3) / 2,
  }),
);
const asked = (patch: Partial<typeof defaultSettings>): Partial<Message> => ({
  answeredWith: {
    settings: { ...defaultSettings, ...patch },
    seed: 1,
    systemPrompt: '',
    modelFingerprint: 'f',
    adapterName: 'Qwen3 4B, layer 3',
  },
});

/** Everything about the panel that is not the answer. */
function prepare(core: ScriptedCore, messages: Message[]): Chat {
  const chat = makeChat(messages);
  core.answer('chats.current', () => chat);
  core.tell('chats.watch', { type: 'snapshot', chat });
  core.tell('chats.watchPresets', []);
  core.tell('models.watch', ready());
  core.answer('chats.totals', (chatId: string | null) =>
    chatId === null ? { ...totals, answers: 240, compared: 232, savedMs: 204_000, savedDeviationMs: 5000 } : totals,
  );
  core.answer('adapters.estimate', () => estimate);
  return chat;
}

const show = (core: ScriptedCore, messages: Message[]) =>
  core.tell('chats.watch', { type: 'snapshot', chat: makeChat(messages) });

for (const scheme of ['light', 'dark'] as const) {
  test(`every state of the panel, ${scheme}`, async ({ core, page, link }) => {
    test.setTimeout(600_000);
    const look = (name: string) => lookAt(page, scheme, name);
    prepare(core, []);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(link);
    await page.getByTestId('toggle-panel').click();
    await expect(page.getByTestId('visualizer-empty')).toBeVisible();
    await look('1-empty');

    // Without an adapter: what it takes to have one, by the app's own estimate.
    core.tell('models.watch', ready({ adapter: null }));
    await expect(page.getByTestId('standing-no-adapter')).toContainText('Train one (about 12 min)');
    await look('2-no-adapter');
    core.tell(
      'models.watch',
      ready({ adapter: null, adapterError: { code: 'adapter-invalid', message: 'It was made for another model.' } }),
    );
    await expect(page.getByTestId('standing-no-adapter')).toContainText('It was made for another model.');
    core.tell('models.watch', ready());

    // Rounds that are asked for and do not come; then a store that cannot be read; then they are there.
    let reply: (rounds: Round[]) => void = () => {};
    core.answer('chats.rounds', () => new Promise<Round[]>((resolve) => (reply = resolve)));
    show(core, [question, answerOf([], { id: 'slow', rounds: [], roundCount: 81 })]);
    await expect(page.getByTestId('visualizer-loading')).toBeVisible();
    await look('3-loading');
    reply([]);
    core.answer('chats.rounds', () => {
      throw new KangarooError('store-damaged', 'The chats cannot be read: the file is damaged. Nothing was changed.');
    });
    show(core, [question, answerOf([], { id: 'broken', rounds: [], roundCount: 81 })]);
    await expect(page.getByTestId('visualizer-failed')).toContainText('the file is damaged');
    await look('4-failed');
    core.answer('chats.rounds', () => simulate(80, { threshold: 0.5, maxDraft: 6 }, 2));
    await page.getByTestId('visualizer-failed').getByRole('button').click();
    await expect(page.getByTestId('summary')).toContainText('80 rounds');

    show(core, [question, makeAnswer([], { id: 'none', status: 'failed', error: { code: 'engine-crashed', message: 'Gone.' } })]);
    await expect(page.getByTestId('visualizer-no-rounds')).toBeVisible();
    await look('5-no-rounds');

    show(core, [question, answerOf(paused, { id: 'paused' })]);
    await expect(page.getByTestId('standing-paused')).toContainText('0.82×');
    await look('6-paused');
    show(core, [
      question,
      answerOf(
        Array.from({ length: 40 }, () => plainRound()),
        { id: 'plain', ...asked({ decodingMode: 'plain' }) },
      ),
    ]);
    await expect(page.getByTestId('standing-plain')).toBeVisible();
    await look('7-plain');

    // Always drafting where that loses: below 1× in its own colour, with the reason and the remedy.
    core.tell('settings.watch', { ...defaultSettings, decodingMode: 'kangaroo' });
    const losing = Array.from({ length: 60 }, (_, at) => draftRound([0.9, 0.8, 0.7], at % 4 === 0 ? 1 : 0));
    show(core, [question, answerOf(losing, { id: 'slower', ...asked({ decodingMode: 'kangaroo' }) })]);
    await expect(page.getByTestId('standing-slower')).toBeVisible();
    await page.getByTestId('tab-speed').click();
    await expect(page.getByTestId('slow-stretches')).toContainText('Always draft');
    await look('8-slower');

    // Far from what the costs say, and drawn by chance.
    const slow = simulate(200, { threshold: 0.6, maxDraft: 6 }, 3).map((round) => ({
      ...round,
      draftMs: round.draftMs * 2,
      verifyMs: round.verifyMs * 2,
    }));
    show(core, [question, answerOf(slow, { id: 'far', ...asked({ decodingMode: 'kangaroo', temperature: 0.8 }) })]);
    await page.getByTestId('tab-whatIf').click();
    await expect(page.getByTestId('what-if-far')).toContainText('multiplied by');
    await look('9-what-if');

    await page.getByTestId('tab-proof').click();
    await expect(page.getByTestId('proof')).toContainText('drawn by chance');
    core.answer('proofs.run', () => proofEvents());
    await page.getByTestId('proof-start').click();
    await expect(page.getByTestId('proof-verdict')).toHaveAttribute('data-identical', 'false');
    await expect(page.getByTestId('proof-verdict')).toContainText('near tie');
    await expect(page.getByTestId('proof-plain').locator('mark')).toHaveText(' sea');
    await look('10-differs');
    core.answer('proofs.run', () => refused());
    await page.getByTestId('proof-start').click();
    await expect(page.getByTestId('proof-error')).toContainText('copies are off');

    await page.getByTestId('tab-rounds').click();
    show(core, [
      question,
      answerOf(simulate(240, { threshold: 0.5, maxDraft: 6 }, 5), {
        id: 'good',
        ...asked({ decodingMode: 'kangaroo', threshold: 0.5 }),
      }),
    ]);
    await expect(page.getByTestId('totals-chat')).toContainText('9.4 s saved (90%: 8.1 s to 10.7 s) over 11 of 12 answers');
    await expect(page.getByTestId('totals-all')).toContainText('3 min 24 s saved');
    await look('11-rounds');
    await page.setViewportSize({ width: 480, height: 860 });
    await page.getByTestId('toggle-panel').click();
    for (const tab of ['rounds', 'acceptance', 'speed', 'whatIf', 'proof']) {
      await page.getByTestId(`tab-${tab}`).click();
      await look(`12-narrow-${tab}`);
      expect(await overflowing(page), tab).toEqual([]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowing(page)).toEqual([]);

    // The button leads to the training, with this model chosen.
    await page.setViewportSize({ width: 1280, height: 900 });
    core.tell('models.watch', ready({ adapter: null }));
    show(core, []);
    core.tell('adapters.watch', {
      models: [{ modelId: 'qwen', name: 'Qwen3 4B', adapterId: null, problem: null, layers: 36 }],
      adapters: [],
      trash: [],
      jobs: [],
    });
    await page.getByTestId('to-training').click();
    await expect(page.getByTestId('train-dialog')).toContainText('Qwen3 4B Instruct');
    await expect(page.getByTestId('estimate')).toContainText('12 min');
  });
}

/** What the panel shows of it is wider than the window. */
async function overflowing(page: Page): Promise<string[]> {
  return page.getByTestId('visualizer').evaluate((panel) => {
    const right = panel.getBoundingClientRect().right + 1;
    return [...panel.querySelectorAll('p, h3, canvas, table, button, dl, ul')]
      .filter(
        (element) => element.getBoundingClientRect().right > right && !element.closest('[class*=overflow-x], .table-scroll'),
      )
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

async function* proofEvents() {
  const tokens = (last: string) => ['The', ' fox', ' looked', ' at', ' the', last, '.'].map((text, id) => ({ id, text }));
  const run = (mode: ProofRun['mode'], last: string): ProofRun => ({
    mode,
    tokens: tokens(last),
    text: `The fox looked at the${last}.`,
    reason: 'end-of-turn',
    ms: mode === 'plain' ? 80 : 60,
    tokensPerSecond: 100,
    rounds: 4,
    drafted: mode === 'plain' ? 0 : 9,
    accepted: mode === 'plain' ? 0 : 3,
  });
  const [drafting, plain] = [run('kangaroo', ' moon'), run('plain', ' sea')];
  for (const { mode, text } of [drafting, plain])
    yield { type: 'progress', run: mode === 'plain' ? 'plain' : 'drafting', text, tokens: 7 };
  const [one, other] = [
    { id: 5, text: ' moon', logit: 14.31 },
    { id: 5, text: ' sea', logit: 14.33 },
  ];
  const report: ProofReport = {
    format: 'kangaroo-proof',
    version: 1,
    createdAtMs: 0,
    engine: 'scripted',
    model: { name: 'Qwen3 4B', fileType: 'F16', fingerprint: 'f' },
    adapter: { name: 'Qwen3 4B, layer 3', exitLayer: 3 },
    devices: ['CPU'],
    threads: 2,
    options: {
      threshold: 0.6,
      maxDraft: 6,
      promptLookup: true,
      repetitionPenalty: 1.1,
      repetitionWindow: 64,
      maxTokens: 512,
      contextShift: true,
      keepTokens: 4,
      stop: [],
    },
    promptTokens: 20,
    drafting,
    plain,
    comparedTokens: 7,
    difference: {
      position: 5,
      drafting: one,
      plain: other,
      logits: { top: [other, one], candidates: [one, other] },
      logitGap: 0.02,
    },
    recorded: { comparedTokens: 7, identicalTokens: 2 },
  };
  yield { type: 'finished', report };
}

// oxlint-disable-next-line require-yield
async function* refused() {
  throw new KangarooError('no-adapter', 'There is nothing to draft with: this model has no adapter, and copies are off.');
}

/** A picture, and a scan for what keeps people from using the page. */
async function lookAt(page: Page, scheme: string, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${scheme}-panel-${name}.png`, animations: 'disabled' });
  const { violations } = await new AxeBuilder({ page }).include('[data-testid=visualizer]').analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 110)).join(' | ')}`);
  expect.soft(told, name).toEqual([]);
}
