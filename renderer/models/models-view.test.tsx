// @vitest-environment jsdom
// The model pages on a scripted core: what they show of its state, and what they ask it for.
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KangarooError } from '../../electron/contract/errors.ts';
import { useConnection } from '../connection-store.ts';
import { parseRoute } from '../route.ts';
import { makeDownload, makeHubStatus, makeLibrary, makeMemory, makeModel, makeRepository } from '../testing/make-models.ts';
import { ScriptedCore } from '../testing/scripted-core.ts';
import { useDownloads } from './downloads/downloads-store.ts';
import { useHub } from './find/hub-store.ts';
import { useLibrary } from './library/library-store.ts';
import { ModelsView } from './models-view.tsx';
import { Toasts } from './toasts.tsx';

let core: ScriptedCore;
let page: HTMLElement;
let cleanUp = () => {};

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  // jsdom has neither.
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
  };
  HTMLElement.prototype.scrollTo ??= () => {};
  core = new ScriptedCore();
  core.tell('library.watch', makeLibrary());
  core.tell('downloads.watch', []);
  core.tell('hub.watch', makeHubStatus());
  core.tell('models.watchMemory', makeMemory());
  core.answer('hub.curated', () => []);
});

afterEach(() => {
  cleanUp();
  vi.unstubAllGlobals();
});

async function show(fragment: string): Promise<void> {
  const route = parseRoute(fragment);
  if (route.view === 'chat') throw new Error('that is the chat');
  page = document.createElement('div');
  document.body.append(page);
  const root = createRoot(page);
  const leaving = new AbortController();
  await act(async () => {
    useConnection.setState({ client: core.services, status: 'open' });
    for (const store of [useLibrary, useDownloads, useHub]) store.getState().attach(core.services, leaving.signal);
    root.render(
      <>
        <ModelsView route={route} />
        <Toasts />
      </>,
    );
  });
  cleanUp = () => {
    leaving.abort();
    act(() => root.unmount());
    page.remove();
    useLibrary.setState({ state: null, unreadable: null, problem: null, trashed: null });
    useDownloads.setState({ downloads: null, unreadable: null, problem: null, ended: [] });
    useHub.getState().clearSearch();
    useConnection.setState({ client: null });
  };
}

function find(testId: string): HTMLElement {
  const element = page.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
  if (!element) throw new Error(`there is no ${testId}`);
  return element;
}

const click = (testId: string) => act(async () => find(testId).click());
const tell = (stream: string, value: unknown) => act(async () => core.tell(stream, value));

test('a deleted model can be taken back at once', async () => {
  const trashed = { id: 'trash-1', name: 'Qwen3 4B Instruct', sizeBytes: 1, trashedAt: 0, path: '/gone' };
  core.answer('library.trash', () => trashed);
  core.answer('library.restore', () => makeModel());
  await show('#/models');
  await click('trash-model');
  expect(core.asked('library.trash')).toEqual([['qwen']]);
  expect(find('trashed-toast').textContent).toContain('Qwen3 4B Instruct is in the trash.');
  await click('undo');
  expect(core.asked('library.restore')).toEqual([['trash-1']]);
});

test('what the library refuses is told, and the list stays', async () => {
  core.answer('library.trash', () => {
    throw new KangarooError('busy', 'It is loaded. Unload it first.');
  });
  await show('#/models');
  await click('trash-model');
  expect(find('library-problem').textContent).toContain('It is loaded. Unload it first.');
  expect(page.querySelectorAll('[data-testid="library-model"]').length).toBe(1);
});

test.each([
  ['library.watch', '#/models', 'library-unreadable', 'trash-model', makeLibrary()],
  ['downloads.watch', '#/models/downloads', 'downloads-unreadable', 'download', [makeDownload()]],
])('%s: what cannot be read is said, and asked for anew', async (stream, fragment, problem, thing, value) => {
  core.answer(stream, async function* () {
    yield await Promise.reject(new KangarooError('file-not-readable', 'Disk I/O error.'));
  });
  await show(fragment);
  expect(find(problem).textContent).toContain('Disk I/O error.');
  core.answer(stream, async function* () {
    yield value;
  });
  await act(async () => find(problem).querySelector('button')?.click());
  expect(page.querySelector(`[data-testid="${problem}"]`)).toBeNull();
  expect(find(thing)).not.toBeNull();
});

test('a damaged model says what is wrong, offers to look again, and cannot be chatted with', async () => {
  const problem = { code: 'file-damaged', message: 'It is too short.' } as const;
  core.tell('library.watch', makeLibrary({ models: [makeModel({ status: 'damaged', problem })] }));
  core.answer('library.checkAgain', () => makeModel());
  await show('#/models');
  expect(find('model-problem').textContent).toContain('It is too short.');
  expect(page.querySelector('[data-testid="chat-with"]')).toBeNull();
  await act(async () => find('model-problem').querySelector('button')?.click());
  expect(core.asked('library.checkAgain')).toEqual([['qwen']]);
});

test('nothing is sent to the hub before the user searches', async () => {
  await show('#/models/find');
  expect(core.calls.map(([name]) => name)).not.toContain('hub.search');
  core.answer('hub.search', () => ({ results: [makeRepository()], next: null }));
  await click('popular');
  expect(core.asked('hub.search')).toEqual([[{ text: '', sort: 'downloads' }]]);
  expect(page.querySelectorAll('[data-testid="result"]').length).toBe(1);
});

test('a gated model asks for a token, and neither its fit nor its files before', async () => {
  const error = { code: 'hub-token-missing', message: 'Enter a token.' } as const;
  const access = { granted: false, error, url: 'https://huggingface.co/joey/gated' } as const;
  core.answer('hub.repository', () => makeRepository({ gated: true, access }));
  await show('#/models/find/joey/gated');
  expect(find('access').textContent).toContain('Enter a token.');
  expect(core.asked('hub.fit')).toEqual([]);
  const downloads = [...page.querySelectorAll<HTMLButtonElement>('[data-testid="download-variant"]')];
  expect(downloads.map(({ disabled }) => disabled)).toEqual([true, true, true, true]);
  await click('enter-token');
  expect(find('token').getAttribute('type')).toBe('password');
});

test('a download that has arrived bytes is cancelled after a question only', async () => {
  core.tell('downloads.watch', [makeDownload()]);
  core.answer('downloads.cancel', () => undefined);
  await show('#/models/downloads');
  await click('download-cancel');
  expect(core.asked('downloads.cancel')).toEqual([]);
  await click('confirm');
  expect(core.asked('downloads.cancel')).toEqual([['first']]);
});

test('the speed limit is the one that the core has, and is set there', async () => {
  core.answer('downloads.setSpeedLimit', () => undefined);
  core.answer('downloads.speedLimit', () => 5_000_000);
  await act(async () => useDownloads.getState().attach(core.services, AbortSignal.abort()));
  await show('#/models/downloads');
  const shown = () => (find('speed-limit') as HTMLSelectElement).value;
  expect(shown()).toBe('5000000');
  await act(() => useDownloads.getState().setLimit(2_000_000));
  expect(shown()).toBe('2000000');
  core.answer('downloads.setSpeedLimit', () => {
    throw new Error('no');
  });
  await act(() => useDownloads.getState().setLimit(null));
  expect(shown()).toBe('2000000');
  expect(core.asked('downloads.setSpeedLimit')).toEqual([[2_000_000], [null]]);
});

test('the end of a download is told once, and not for those that had ended before', async () => {
  core.tell('library.watch', makeLibrary({ models: [] }));
  core.tell('downloads.watch', [makeDownload({ id: 'old', status: 'completed' }), makeDownload({ id: 'new' })]);
  await show('#/models');
  expect(page.querySelector('[data-testid="download-ended"]')).toBeNull();
  await tell('downloads.watch', [
    makeDownload({ id: 'old', status: 'completed' }),
    makeDownload({ id: 'new', status: 'completed' }),
  ]);
  expect(page.querySelectorAll('[data-testid="download-ended"]').length).toBe(1);
  // The library knows the model by where the file was published.
  expect(find('download-ended').querySelector('[data-testid="chat-with"]')).toBeNull();
  const path = '/home/joey/models/qwen3-4b-q4_k_m.gguf';
  await tell('library.watch', makeLibrary({ models: [makeModel({ path })] }));
  expect(find('download-ended').querySelector('[data-testid="chat-with"]')).not.toBeNull();
});
