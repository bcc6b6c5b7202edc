// The model pages in each of their states, light and dark, wide and narrow: pictures to look at, in test-results/screens;
// nothing wider than the window, and nothing that axe-core finds serious, such as a control without a name.
import type { Page } from '@playwright/test';
import type { CuratedModel, HubResult } from '../electron/contract/hub.ts';
import type { ScriptedCore } from '../renderer/testing/scripted-core.ts';
import {
  makeDetails,
  makeDownload,
  makeFit,
  makeFolder,
  makeHubStatus,
  makeLibrary,
  makeMemory,
  makeModel,
  makeParts,
  makeRepository,
} from '../renderer/testing/make-models.ts';
import { KangarooError } from '../electron/contract/errors.ts';
import { seriousViolations } from './accessibility.ts';
import { dropFiles } from './drop.ts';
import { expect, test } from './scripted.ts';

const { facts } = makeModel();

const starter = makeModel({
  id: 'starter',
  name: 'Kangaroo Starter',
  sizeBytes: 68e6,
  adapterPath: '/app/assets/starter/adapter.gguf',
  builtIn: true,
  readOnly: true,
  source: 'starter',
  folderId: null,
  facts: facts && { ...facts, architecture: 'llama', parameters: 62e6, quantisation: 'Q8_0', trainedContext: 1024 },
});
const llama = makeModel({
  id: 'llama',
  name: 'Llama 3.2 3B Instruct with a name that somebody made rather long on purpose',
  adapterPath: '/home/joey/models/llama-adapter.gguf',
  facts: facts && { ...facts, architecture: 'llama', parameters: 3.2e9 },
});
const ollama = makeModel({
  id: 'ollama',
  name: 'gemma3:12b',
  source: 'ollama',
  readOnly: true,
  folderId: 'ollama',
  sizeBytes: 8.1e9,
});
const away = makeModel({
  id: 'away',
  name: 'Mistral Small 24B',
  status: 'away',
  sizeBytes: 14.3e9,
  problem: { code: 'away', message: 'Its folder /media/joey/disk/models is not there at present. Plug in the disk or mount it.' },
});
const damaged = makeModel({
  id: 'damaged',
  name: 'Phi 4 mini',
  status: 'damaged',
  facts: null,
  problem: {
    code: 'file-damaged',
    message: 'The file is 1.2 GB long, and its header names 2.4 GB of tensors. It was moved to quarantine. Download it again.',
  },
});

const library = makeLibrary({
  models: [starter, makeModel(), llama, ollama, away, damaged],
  folders: [
    makeFolder(),
    makeFolder({
      id: 'ollama',
      path: '/usr/share/ollama/.ollama/models',
      source: 'ollama',
      readOnly: true,
      isDefault: false,
      models: 1,
    }),
    makeFolder({ id: 'disk', path: '/media/joey/disk/models', isDefault: false, status: 'away', freeBytes: null }),
  ],
  suggestions: [{ path: '/home/joey/.lmstudio/models', source: 'lm-studio', models: 5, sizeBytes: 31e9 }],
  trash: [
    { id: 't', name: 'TinyLlama 1.1B', sizeBytes: 0.67e9, trashedAt: Date.UTC(2026, 8, 1), path: '/home/joey/models/tiny.gguf' },
  ],
  sizeBytes: 32.1e9,
});

const curated: CuratedModel[] = ['Qwen3 4B', 'Llama 3.2 3B', 'Gemma 3 12B'].map((name, index) => ({
  description: 'Quick and good at everyday questions; runs well on a laptop without a GPU.',
  name,
  repository: `joey/model-${index}`,
  files: ['model.gguf'],
  quantisation: 'Q4_K_M',
  parameters: 4e9 * (index + 1),
  sizeBytes: 2.5e9 * (index + 1),
  sha256: null,
  licence: 'apache-2.0',
  architecture: 'qwen3',
  support: { support: 'drafts' },
  adapter: index === 0 ? { repository: 'joey/adapter', file: 'adapter.gguf' } : null,
  modelId: index === 1 ? 'llama' : null,
}));

const results: HubResult[] = ['qwen3-4b-GGUF', 'Qwen3-30B-A3B-Instruct-2507-GGUF', 'qwen-weird-GGUF'].map((name, index) => ({
  ...makeRepository(),
  repository: `joey/${name}`,
  gated: index === 1,
  support: index === 2 ? { support: 'not-supported', reason: 'llama.cpp does not know it.' } : { support: 'drafts' },
}));

const error = (code: ConstructorParameters<typeof KangarooError>[0], message: string) => () => {
  throw new KangarooError(code, message);
};

interface State {
  name: string;
  fragment: string;
  prepare?: (core: ScriptedCore) => void;
  act?: (page: Page, core: ScriptedCore) => Promise<void>;
  /** Shows when the state is reached. */
  testId: string;
}

const states: State[] = [
  { name: 'library', fragment: '#/models', testId: 'trash', prepare: (core) => core.tell('models.watchMemory', makeMemory()) },
  {
    name: 'library-empty',
    fragment: '#/models',
    testId: 'folders',
    prepare: (core) =>
      core.tell('library.watch', makeLibrary({ models: [], folders: [makeFolder({ models: 0, sizeBytes: 0 })], sizeBytes: 0 })),
  },
  {
    name: 'library-unreadable',
    fragment: '#/models',
    testId: 'library-unreadable',
    prepare: (core) =>
      core.answer('library.watch', error('file-not-readable', 'The list of models cannot be read: disk I/O error.')),
  },
  {
    name: 'library-problem',
    fragment: '#/models',
    testId: 'folders',
    prepare: (core) =>
      core.tell('library.watch', {
        ...library,
        problem: {
          code: 'store-damaged',
          message:
            'The list of models was damaged. It was kept as /home/joey/.config/kangaroo/models.db.set-aside-2026-09-01 and begun anew; add your folders again.',
        },
      }),
  },
  { name: 'details', fragment: '#/models/library/llama', testId: 'fit-verdict' },
  { name: 'details-quarantined', fragment: '#/models/library/damaged', testId: 'model-problem' },
  { name: 'details-away', fragment: '#/models/library/away', testId: 'model-problem' },
  { name: 'details-read-only', fragment: '#/models/library/ollama', testId: 'fit-verdict' },
  {
    name: 'details-rename',
    fragment: '#/models/library/llama',
    testId: 'name',
    act: (page) => page.getByTestId('rename').click(),
  },
  {
    name: 'purge',
    fragment: '#/models',
    testId: 'confirm',
    act: (page) => page.getByTestId('trashed').getByRole('button').last().click(),
  },
  {
    name: 'path-dialog',
    fragment: '#/models',
    testId: 'path',
    async act(page) {
      await page.getByTestId('open-file').click();
      await page.getByTestId('path').fill('/home/joey/nothing.gguf');
      await page.getByTestId('path-confirm').click();
    },
  },
  { name: 'find', fragment: '#/models/find', testId: 'curated' },
  {
    name: 'find-results',
    fragment: '#/models/find',
    testId: 'results',
    async act(page) {
      await page.getByTestId('hub-search').fill('qwen3');
      await page.getByTestId('search').click();
    },
  },
  {
    name: 'find-offline',
    fragment: '#/models/find',
    testId: 'search-error',
    prepare: (core) =>
      core.answer(
        'hub.search',
        error('hub-unreachable', 'huggingface.co cannot be reached. Check the connection, then try again.'),
      ),
    act: (page) => page.getByTestId('search').click(),
  },
  { name: 'repository', fragment: '#/models/find/joey/qwen3-4b-GGUF', testId: 'fit-verdict' },
  {
    name: 'repository-too-large',
    fragment: '#/models/find/joey/qwen3-4b-GGUF',
    testId: 'fit-verdict',
    prepare: (core) =>
      core.answer('hub.fit', () => ({
        fit: makeFit({
          verdict: 'too-large',
          explanation:
            'It needs 14.1 GB of memory, and 10.3 GB are free. With a context of 4,096 tokens it would still need 12.9 GB.',
          parts: makeParts().map((part) => ({ ...part, ramBytes: part.ramBytes * 3.36 })),
          totalBytes: 14.1e9,
          contextThatFits: null,
        }),
        architecture: 'qwen3',
        support: { support: 'plain-only', reason: 'its layers share their K/V, so it cannot be left in the middle.' },
        parameters: 4e9,
        layers: 36,
        trainedContext: 262_144,
        hasChatTemplate: true,
      })),
  },
  {
    name: 'repository-no-room',
    fragment: '#/models/find/joey/qwen3-4b-GGUF',
    testId: 'no-room',
    prepare: (core) =>
      core.tell('library.watch', makeLibrary({ models: [starter], folders: [makeFolder({ freeBytes: 2.1e9 })] })),
  },
  {
    name: 'repository-offline',
    fragment: '#/models/find/joey/qwen3-4b-GGUF',
    testId: 'repository-error',
    prepare: (core) =>
      core.answer(
        'hub.repository',
        error('hub-unreachable', 'huggingface.co cannot be reached. Check the connection, then try again.'),
      ),
  },
  {
    name: 'repository-gated',
    fragment: '#/models/find/joey/gated-GGUF',
    testId: 'access',
    prepare: (core) =>
      core.answer('hub.repository', () =>
        makeRepository({
          gated: true,
          access: {
            granted: false,
            error: {
              code: 'hub-token-missing',
              message:
                'Its authors want to know who uses it. Enter an access token of your Hugging Face account, and accept the terms on its page.',
            },
            url: 'https://huggingface.co/joey/gated-GGUF',
          },
        }),
      ),
  },
  {
    name: 'token-dialog',
    fragment: '#/models/find',
    testId: 'token',
    prepare: (core) =>
      core.tell(
        'hub.watch',
        makeHubStatus({
          token: {
            kept: 'none',
            canKeep: false,
            reason: 'This system has no keychain: the token is kept until the app ends.',
            account: null,
          },
        }),
      ),
    async act(page) {
      await page.getByTestId('hub-settings').locator('summary').click();
      await page.getByTestId('set-token').click();
    },
  },
  {
    name: 'downloads',
    fragment: '#/models/downloads',
    testId: 'finished',
    prepare(core) {
      const waiting = makeDownload({
        id: 'waiting',
        status: 'waiting',
        bytesPerSecond: 0,
        remainingMs: null,
        wait: {
          reason: 'disk-full',
          message: 'The disk of /home/joey/models has 0.2 GB left, and 1.4 GB are needed. Make room: it goes on by itself.',
          nextTryAtMs: Date.now() + 29_000,
        },
        notices: ['changed-on-server'],
      });
      const failed = makeDownload({
        id: 'failed',
        status: 'failed',
        bytesPerSecond: 0,
        remainingMs: null,
        error: {
          code: 'hub-licence-not-accepted',
          message: 'This account has not accepted the licence of joey/gated-GGUF. Accept it on the model’s page, then try again.',
        },
      });
      core.tell('downloads.watch', [
        makeDownload(),
        waiting,
        makeDownload({
          id: 'paused',
          status: 'paused',
          bytesPerSecond: 0,
          remainingMs: null,
          resumable: false,
          notices: ['cannot-be-resumed'],
        }),
        makeDownload({ id: 'verifying', status: 'verifying', receivedBytes: 2.5e9, bytesPerSecond: 0, remainingMs: null }),
        failed,
        makeDownload({ id: 'done', status: 'completed', receivedBytes: 2.5e9, bytesPerSecond: 0, remainingMs: null }),
      ]);
    },
  },
  {
    name: 'downloads-running',
    fragment: '#/models/downloads',
    testId: 'download',
    prepare: (core) =>
      core.tell('downloads.watch', [makeDownload(), makeDownload({ id: 'next', status: 'queued', receivedBytes: 0 })]),
  },
  {
    name: 'downloads-cancel',
    fragment: '#/models/downloads',
    testId: 'confirm',
    prepare: (core) => core.tell('downloads.watch', [makeDownload()]),
    act: (page) => page.getByTestId('download-cancel').click(),
  },
  { name: 'downloads-empty', fragment: '#/models/downloads', testId: 'models-view' },
  {
    name: 'picker',
    fragment: '#/',
    testId: 'picker-loading',
    prepare(core) {
      core.tell('models.watch', { status: 'loading', model: llama, fraction: 0.43 });
      core.tell('models.watchMemory', makeMemory());
    },
    async act(page) {
      await page.keyboard.press('Alt+m');
    },
  },
  {
    name: 'out-of-memory',
    fragment: '#/',
    testId: 'memory-advice',
    prepare: (core) =>
      core.tell('models.watch', {
        status: 'failed',
        model: ollama,
        restarting: false,
        error: { code: 'out-of-memory', message: 'gemma3:12b needs 14.1 GB of memory, and 10.3 GB are free.' },
        advice: {
          fit: makeFit({
            verdict: 'too-large',
            explanation: 'It needs 14.1 GB of memory, and 10.3 GB are free.',
            parts: makeParts().map((part) => ({ ...part, ramBytes: part.ramBytes * 3.36 })),
            totalBytes: 14.1e9,
          }),
          contextThatFits: 4096,
          modelsThatFit: [{ id: 'qwen', name: 'Qwen3 4B Instruct', sizeBytes: 2.5e9 }],
        },
      }),
  },
  {
    name: 'no-model',
    fragment: '#/',
    testId: 'find-model',
    prepare: (core) => core.tell('library.watch', makeLibrary({ models: [] })),
  },
  {
    name: 'drop',
    fragment: '#/models',
    testId: 'path',
    act: (page) => dropFiles(page, 'A model with a long name, as they have Q4_K_M.gguf'),
  },
  {
    name: 'toasts',
    fragment: '#/models',
    testId: 'trashed-toast',
    prepare(core) {
      core.tell('downloads.watch', [makeDownload({ status: 'publishing' })]);
      core.answer('library.trash', () => library.trash[0]);
    },
    async act(page, core) {
      await page.getByTestId('trash-model').first().click();
      core.tell('downloads.watch', [makeDownload({ status: 'completed' })]);
      await expect(page.getByTestId('download-ended')).toBeVisible();
    },
  },
];

test.beforeEach(({ core }) => {
  core.tell('library.watch', library);
  core.answer('library.details', (id: string) =>
    makeDetails(library.models.find((model) => model.id === id) ?? starter, {
      adapter: { path: '/home/joey/models/llama-adapter.gguf', sizeBytes: 131e6, baseName: 'Llama 3.2 3B', exitLayer: 3 },
      measuredSpeedup: { speedup: 1.43, answers: 17 },
    }),
  );
  core.answer('library.fit', () => makeFit());
  core.answer('library.choose', error('no-dialog', 'This shell has no dialog.'));
  core.answer('library.open', error('file-not-found', 'There is no file /home/joey/nothing.gguf. Check the path.'));
  core.answer('hub.curated', () => curated);
  core.answer('hub.search', () => ({ results, next: '2' }));
  core.answer('hub.repository', () => makeRepository());
  core.answer('hub.fit', () => ({
    fit: makeFit(),
    architecture: 'qwen3',
    support: { support: 'drafts' },
    parameters: 4.02e9,
    layers: 36,
    trainedContext: 262_144,
    hasChatTemplate: true,
  }));
});

const sizes = { wide: { width: 1100, height: 800 }, narrow: { width: 480, height: 860 } };

for (const { name, fragment, prepare, act, testId } of states) {
  test(`model pages: ${name}`, async ({ core, link, page }) => {
    prepare?.(core);
    await page.goto(link);
    await page.evaluate((hash) => (location.hash = hash), fragment);
    await expect(page.getByTestId('model-state')).toBeVisible();
    await act?.(page, core);
    await expect(page.getByTestId(testId).first()).toBeVisible();
    for (const scheme of ['light', 'dark'] as const) {
      for (const [size, viewport] of Object.entries(sizes)) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(viewport);
        const path = `test-results/screens/models-${name}-${scheme}-${size}.png`;
        await page.screenshot({ path, animations: 'disabled' });
        const tooWide = await page.evaluate(() =>
          [...document.querySelectorAll('body *')]
            .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .filter((element) => element.closest('.sr-only, [popover]:not(:popover-open), pre') === null)
            .map((element) => `${element.tagName} ${element.className}`),
        );
        expect(tooWide, `wider than the window (${size})`).toEqual([]);
      }
      // The schemes differ in nothing but their colours.
      const rules = scheme === 'dark' ? ['color-contrast'] : undefined;
      expect.soft(await seriousViolations(page, rules), scheme).toEqual([]);
    }
  });
}
