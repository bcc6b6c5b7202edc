// @vitest-environment jsdom
// The box to write in: what Enter does and does not, what is kept, and what comes back.
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppApi } from '../../electron/contract/index.ts';
import { useConnection } from '../connection-store.ts';
import { Composer } from './composer.tsx';

let cleanUp = () => {};
let sent: string[] = [];
let taken = true;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  sent = [];
  taken = true;
});

afterEach(() => {
  cleanUp();
  vi.unstubAllGlobals();
});

interface Situation {
  draft?: string;
  streaming?: boolean;
  blocked?: string | null;
  onStop?: () => void;
}

function show({ draft = '', streaming = false, blocked = null, onStop = () => {} }: Situation = {}): HTMLTextAreaElement {
  const page = document.createElement('div');
  document.body.append(page);
  const root = createRoot(page);
  act(() =>
    root.render(
      <Composer
        chatId="chat"
        draft={draft}
        streaming={streaming}
        blocked={blocked}
        onSend={async (text) => {
          sent.push(text);
          return taken;
        }}
        onStop={onStop}
      />,
    ),
  );
  cleanUp = () => {
    act(() => root.unmount());
    page.remove();
  };
  const box = page.querySelector('textarea');
  if (!box) throw new Error('there is no box');
  return box;
}

async function type(box: HTMLTextAreaElement, text: string): Promise<void> {
  await act(async () => {
    // React watches the property: the prototype's setter goes around it, as typing does.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(box, text);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

/** Presses Enter; returns whether the line break that it would make was prevented. */
async function pressEnter(box: HTMLTextAreaElement, init: KeyboardEventInit = {}): Promise<boolean> {
  const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init });
  await act(async () => void box.dispatchEvent(event));
  return event.defaultPrevented;
}

test('Enter sends, trimmed, and empties the box', async () => {
  const box = show();
  await type(box, '  Hello \n');
  expect(await pressEnter(box)).toBe(true);
  expect(sent).toEqual(['Hello']);
  expect(box.value).toBe('');
});

test('Shift+Enter breaks the line', async () => {
  const box = show();
  await type(box, 'Hello');
  expect(await pressEnter(box, { shiftKey: true })).toBe(false);
  expect(sent).toEqual([]);
});

test.each<[string, KeyboardEventInit]>([
  ['isComposing', { isComposing: true }],
  ['key code 229', { keyCode: 229 }],
])('the Enter of an input method is left to it (%s)', async (_name, init) => {
  const box = show();
  await type(box, 'こん');
  expect(await pressEnter(box, init)).toBe(false);
  expect(sent).toEqual([]);
});

test('nothing is sent while it is blank, blocked or an answer is under way', async () => {
  const blank = show();
  await type(blank, '  \n ');
  await pressEnter(blank);
  cleanUp();
  for (const situation of [{ blocked: 'Loading' }, { streaming: true }]) {
    const box = show(situation);
    await type(box, 'Hello');
    await pressEnter(box);
    expect(box.value).toBe('Hello');
    cleanUp();
  }
  expect(sent).toEqual([]);
});

test('a refused message comes back', async () => {
  taken = false;
  const box = show();
  await type(box, 'Hello');
  await pressEnter(box);
  expect(sent).toEqual(['Hello']);
  expect(box.value).toBe('Hello');
});

test('what was written is kept with its chat when the box goes away, and is there again', async () => {
  const saveDraft = vi.fn(async () => {});
  useConnection.setState({ client: { chats: { saveDraft } } as unknown as AppApi });
  const box = show();
  await type(box, 'Half a thou');
  expect(saveDraft).not.toHaveBeenCalled();
  cleanUp();
  expect(saveDraft).toHaveBeenCalledExactlyOnceWith('chat', 'Half a thou');
  useConnection.setState({ client: null });
  expect(show({ draft: 'Half a thou' }).value).toBe('Half a thou');
});

test('while an answer streams, the button stops it', async () => {
  const onStop = vi.fn();
  const box = show({ streaming: true, onStop });
  const button = box.form?.querySelector<HTMLButtonElement>('[data-testid="stop"]');
  await act(async () => button?.click());
  expect(onStop).toHaveBeenCalledOnce();
});
