// @vitest-environment jsdom
// Which rounds are shown, of a chat whose earlier messages are not here yet.
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useChat } from '../chat/chat-store.ts';
import { useConnection } from '../connection-store.ts';
import { makeAnswer, makeChat } from '../testing/make-round.ts';
import { ScriptedCore } from '../testing/scripted-core.ts';
import { AnswerPicker } from './answer-picker.tsx';
import { useVisualizer } from './visualizer-store.ts';

let root: Root;
let core: ScriptedCore;
const page = document.createElement('div');
const find = (testId: string) => page.querySelector<HTMLElement>(`[data-testid="${testId}"]`);

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  core = new ScriptedCore();
  useConnection.setState({ client: core.services });
  root = createRoot(page);
});

afterEach(() => {
  act(() => root.unmount());
  useConnection.setState({ client: null });
  useChat.setState({ chat: null });
  useVisualizer.setState({ scope: 'answer' });
  vi.unstubAllGlobals();
});

test('the whole chat says what it is without, and fetches it page by page', async () => {
  const answers = ['first', 'second', 'third', 'fourth'].map((id) => makeAnswer([], { id, status: 'complete' }));
  useChat.setState({ chat: makeChat(answers.slice(2), { earlier: 2 }) });
  core.answer('chats.earlier', (...[, before]: [string, string]) => [answers[before === 'third' ? 1 : 0]]);
  const numbered = answers.slice(2).map((message, at) => ({ message, number: at + 1 }));
  await act(async () => root.render(<AnswerPicker answers={numbered} chosen={null} />));
  expect(find('not-read')).toBeNull();
  act(() => useVisualizer.setState({ scope: 'chat' }));
  expect(find('not-read')?.textContent).toContain('Without 2 earlier messages.');
  await act(async () => find('read-earlier')?.click());
  expect(core.asked('chats.earlier').map(([, before]) => before)).toEqual(['third', 'second']);
  expect(useChat.getState().chat?.messages.map(({ id }) => id)).toEqual(['first', 'second', 'third', 'fourth']);
  expect(find('not-read')).toBeNull();
});
