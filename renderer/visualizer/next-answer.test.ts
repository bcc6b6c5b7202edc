// @vitest-environment jsdom
// Settings are changed where they hold: what a chat sets for itself in the chat, the rest in the app.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts';
import { useChat } from '../chat/chat-store.ts';
import { useConnection } from '../connection-store.ts';
import { useSettings } from '../settings/settings-store.ts';
import { makeChat } from '../testing/make-round.ts';
import { ScriptedCore } from '../testing/scripted-core.ts';
import { changeNextAnswer } from './next-answer.ts';

let core: ScriptedCore;

beforeEach(() => {
  core = new ScriptedCore();
  core.answer('settings.set', (patch: Partial<Settings>) => ({ ...defaultSettings, ...patch }));
  core.answer('chats.setSettings', () => undefined);
  useConnection.setState({ client: core.services });
});

afterEach(() => {
  useConnection.setState({ client: null });
  useChat.setState({ chat: null });
  useSettings.setState({ settings: defaultSettings });
});

test('in the app, where the chat sets nothing for itself', async () => {
  useChat.setState({ chat: makeChat() });
  expect(await changeNextAnswer({ threshold: 0.3, maxDraft: 2 })).toBe(true);
  expect(core.asked('settings.set')).toEqual([[{ threshold: 0.3 }], [{ maxDraft: 2 }]]);
  expect(core.asked('chats.setSettings')).toEqual([]);
});

test('in the chat, where that would win; its other settings stay', async () => {
  useChat.setState({ chat: makeChat([], { settings: { systemPrompt: null, overrides: { threshold: 0.9, temperature: 1 } } }) });
  expect(await changeNextAnswer({ threshold: 0.3, maxDraft: 2 })).toBe(true);
  expect(core.asked('chats.setSettings')).toEqual([['chat', { overrides: { threshold: 0.3, temperature: 1 } }]]);
  expect(core.asked('settings.set')).toEqual([[{ maxDraft: 2 }]]);
});

test('a refusal is told', async () => {
  useChat.setState({ chat: makeChat() });
  core.answer('settings.set', () => {
    throw new Error('no');
  });
  expect(await changeNextAnswer({ maxDraft: 99 })).toBe(false);
});
