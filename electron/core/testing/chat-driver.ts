// What tests of chats do with a scripted app: watch the current chat, converse in it, look at what is stored.
import { expect } from 'vitest';
import type { Chat, ChatEvent, ChatsApi, Message } from '../../contract/chats.ts';
import { isFinal, lastMessage, until } from './scripted-app.ts';

/** `chats`: of the app as it is now; it may have been opened anew. */
export function chatDriver(chats: () => ChatsApi) {
  return {
    async watchCurrent(): Promise<{ chat: Chat; events: AsyncIterator<ChatEvent> }> {
      const chat = await chats().current();
      const events = chats().watch(chat.id)[Symbol.asyncIterator]();
      expect(await events.next()).toEqual({ value: { type: 'snapshot', chat }, done: false });
      return { chat, events };
    },

    /** Sends, and waits for the whole answer. */
    async converse(chatId: string, events: AsyncIterator<ChatEvent>, text: string): Promise<ChatEvent[]> {
      await chats().send(chatId, text);
      return until(events, isFinal);
    },

    /** The current chat's last message, and its rounds as they are stored. */
    async lastWithRounds(): Promise<Message> {
      const chat = await chats().current();
      const message = lastMessage(chat);
      return { ...message, rounds: await chats().rounds(chat.id, message.id) };
    },

    /** Answers the last message again. */
    async again(chatId: string): Promise<void> {
      const { id } = lastMessage(await chats().current());
      await chats().regenerate(chatId, id);
    },
  };
}
