// The current chat. The core owns it; this keeps a copy current from its events, applied once per animation frame.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import type { Chat, ChatEvent, Message } from '../../electron/contract/chats.ts';
import { requireClient } from '../connection-store.ts';
import { follow } from '../follow.ts';
import { createFrameQueue } from '../frame-queue.ts';
import { applyEvents, withRounds, type ChatView } from './chat-events.ts';

interface ChatStore extends ChatView {
  /** What the last action of the user was refused with, and whether that action was sending. */
  error: (ErrorShape & { sending: boolean }) | null;
  /** Why the core cannot give any chat; null where it can. */
  unreadable: ErrorShape | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Asks for the chat once more, after it could not be read. */
  reload(): Promise<void>;
  /** Keeps the chats that cannot be read under another name, and starts an empty one. Resolves to whether it did. */
  setAside(): Promise<boolean>;
  /** Resolves to whether the core took the message. */
  send(text: string): Promise<boolean>;
  stop(): Promise<void>;
  retry(): Promise<void>;
  newChat(): Promise<void>;
  dismissError(): void;
}

/** Text that comes faster than this is faster than anyone reads: it is drawn less often, for the engine needs the cores too. */
const readableRoundsPerHandOver = 8;
const unreadableIntervalMs = 120;

function paceMs(events: readonly ChatEvent[]): number {
  const rounds = events.reduce((sum, event) => sum + (event.type === 'rounds' ? event.rounds.length : 0), 0);
  return rounds > readableRoundsPerHandOver ? unreadableIntervalMs : 0;
}

export const useChat = create<ChatStore>()((set, get) => {
  let connection: AbortSignal | null = null;
  let watching: AbortController | null = null;

  const queue = createFrameQueue<ChatEvent>((events) => set((view) => applyEvents(view, events)), paceMs);

  /** Watches one chat, instead of the one before. */
  function watch(client: AppApi, signal: AbortSignal, chat: Chat): void {
    watching?.abort();
    watching = new AbortController();
    queue.clear();
    set({ chat, prefill: null, unreadable: null });
    const ended = AbortSignal.any([signal, watching.signal]);
    const take = (event: ChatEvent) => {
      queue.push(event);
      if (event.type === 'snapshot') void fetchRounds(client, event.chat, ended);
    };
    void follow(client.chats.watch(chat.id), ended, take, (error) => fail(error));
  }

  /** Finished answers come without their rounds; the newest are shown first. */
  async function fetchRounds(client: AppApi, chat: Chat, signal: AbortSignal): Promise<void> {
    for (const { id, status, roundCount } of chat.messages.toReversed()) {
      const here = get().chat?.messages.some((message) => message.id === id && message.rounds.length > 0);
      if (status === 'streaming' || roundCount === 0 || here) continue;
      try {
        const rounds = await client.chats.rounds(chat.id, id);
        if (signal.aborted) return;
        set((view) => (view.chat?.id === chat.id ? { chat: withRounds(view.chat, id, rounds) } : {}));
      } catch {
        return; // The answers are shown all the same; the next snapshot asks again.
      }
    }
  }

  /** Shows the current chat, or why it cannot be read. */
  async function open(client: AppApi, signal: AbortSignal): Promise<void> {
    try {
      const chat = await client.chats.current();
      if (!signal.aborted) watch(client, signal, chat);
    } catch (error) {
      const shape = toErrorShape(error);
      // A connection that is lost says so elsewhere, and the next one asks again.
      if (!signal.aborted && shape.code !== 'closed') set({ chat: null, prefill: null, unreadable: shape });
    }
  }

  function fail(error: unknown, sending = false): void {
    set({ error: { ...toErrorShape(error), sending } });
  }

  /** Runs an action of the user; its failure shows. */
  async function act(action: (client: AppApi) => Promise<void>, sending = false): Promise<boolean> {
    set({ error: null });
    try {
      await action(requireClient());
      return true;
    } catch (error) {
      fail(error, sending);
      return false;
    }
  }

  /** An action on the current chat. */
  function onChat(action: (client: AppApi, chatId: string) => Promise<void>, sending = false): Promise<boolean> {
    const chatId = get().chat?.id;
    return chatId === undefined ? Promise.resolve(false) : act((client) => action(client, chatId), sending);
  }

  return {
    chat: null,
    prefill: null,
    error: null,
    unreadable: null,

    attach(client, signal) {
      connection = signal;
      // What failed for want of a connection is over.
      if (get().error?.code === 'closed') set({ error: null });
      void open(client, signal);
    },

    async reload() {
      const signal = connection;
      await act(async (client) => {
        if (signal) await open(client, signal);
      });
    },

    setAside: () =>
      act(async (client) => {
        const signal = connection;
        const chat = await client.chats.setAside();
        if (signal && !signal.aborted) watch(client, signal, chat);
      }),

    send: (text) => onChat((client, chatId) => client.chats.send(chatId, text), true),

    async stop() {
      await onChat((client, chatId) => client.chats.stop(chatId));
    },

    async retry() {
      const last = get().chat?.messages.at(-1);
      if (last) await onChat((client, chatId) => client.chats.regenerate(chatId, last.id));
    },

    async newChat() {
      await act(async (client) => {
        const signal = connection;
        const chat = await client.chats.create();
        if (signal && !signal.aborted) watch(client, signal, chat);
      });
    },

    dismissError: () => set({ error: null }),
  };
});

/** The answer under way, if one is. */
export function streamingMessage(chat: Chat | null): Message | null {
  const last = chat?.messages.at(-1);
  return last?.status === 'streaming' ? last : null;
}
