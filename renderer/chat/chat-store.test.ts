// The page's chat store against a core whose chats cannot be read: it says why, asks again, and gets a chat once there is one.
// @vitest-environment jsdom
import { beforeEach, expect, test } from 'vitest';
import type { Chat, ChatsApi } from '../../electron/contract/chats.ts';
import { KangarooError } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import { useConnection } from '../connection-store.ts';
import { makeChat } from '../testing/make-round.ts';
import { useChat } from './chat-store.ts';

const chat = makeChat([], { id: 'fresh', title: 'New chat' });

/** A core whose store is damaged until it is repaired or set aside. */
function createCore() {
  const core = { damaged: true, asides: 0, client: undefined as unknown as AppApi };
  const current = async (): Promise<Chat> => {
    if (core.damaged) throw new KangarooError('store-damaged', 'The chats cannot be read.');
    return chat;
  };
  const setAside = async (): Promise<Chat> => {
    if (!core.damaged) throw new KangarooError('invalid-argument', 'The chats can be read.');
    core.damaged = false;
    core.asides += 1;
    return current();
  };
  const chats: Pick<ChatsApi, 'current' | 'setAside' | 'watch'> = { current, setAside, async *watch() {} };
  core.client = { chats } as unknown as AppApi;
  return core;
}

let core: ReturnType<typeof createCore>;

beforeEach(async () => {
  core = createCore();
  useChat.setState({ chat: null, error: null, unreadable: null });
  useConnection.setState({ status: 'open', client: core.client });
  useChat.getState().attach(core.client, new AbortController().signal);
  await expect.poll(() => useChat.getState().unreadable?.code).toBe('store-damaged');
});

test('asking again changes nothing while nothing has changed, and shows the chat once it can be read', async () => {
  await useChat.getState().reload();
  expect(useChat.getState()).toMatchObject({ chat: null, error: null, unreadable: { code: 'store-damaged' } });
  core.damaged = false;
  await useChat.getState().reload();
  expect(useChat.getState()).toMatchObject({ chat, unreadable: null });
  expect(core.asides).toBe(0);
});

test('setting aside gives a fresh chat', async () => {
  expect(await useChat.getState().setAside()).toBe(true);
  expect(useChat.getState()).toMatchObject({ chat, error: null, unreadable: null });
});

test('a refusal to set aside shows', async () => {
  core.damaged = false;
  expect(await useChat.getState().setAside()).toBe(false);
  expect(useChat.getState().error).toMatchObject({ code: 'invalid-argument', sending: false });
});
