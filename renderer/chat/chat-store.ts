// The chat that is shown. The core owns it; this keeps a copy current from its events, applied once per animation frame.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import type {
  AnswerOptions,
  Chat,
  ChatEvent,
  ChatsApi,
  ChatSettings,
  Message,
  SendOptions,
} from '../../electron/contract/chats.ts';
import { requireClient } from '../connection-store.ts';
import { follow } from '../follow.ts';
import { createFrameQueue } from '../frame-queue.ts';
import { applyEvents, prepend, type ChatView } from './chat-events.ts';

interface ChatStore extends ChatView {
  /** What the last action of the user was refused with, and whether that action was sending. */
  error: (ErrorShape & { sending: boolean }) | null;
  /** Why the core cannot give any chat; null where it can. */
  unreadable: ErrorShape | null;
  /** A message to be scrolled to, once it is here: what a search has found. */
  wanted: string | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Asks for the chat once more, after it could not be read. */
  reload(): Promise<void>;
  /** Keeps the chats that cannot be read under another name, and starts an empty one. Resolves to whether it did. */
  setAside(): Promise<boolean>;
  /** Shows another chat, at one of its messages or at its end. */
  open(chatId: string, messageId?: string): Promise<void>;
  newChat(): Promise<void>;
  /** Fetches the page before the oldest message that is here. */
  loadEarlier(): Promise<void>;
  /** Fetches all of them, page by page, as long as this chat is shown. */
  loadAllEarlier(): Promise<void>;
  /** These resolve to whether the core took it. */
  send(text: string, options?: SendOptions): Promise<boolean>;
  edit(messageId: string, text: string): Promise<boolean>;
  stop(): Promise<boolean>;
  regenerate(messageId: string, options?: AnswerOptions): Promise<boolean>;
  continueAnswer(messageId: string): Promise<boolean>;
  select(messageId: string): Promise<boolean>;
  deleteMessage(messageId: string): Promise<boolean>;
  setSettings(settings: Partial<ChatSettings>): Promise<boolean>;
  dismissError(): void;
  reached(): void;
}

/** Text that comes faster than anyone reads is drawn less often, for the engine needs the cores too. */
function paceMs(events: readonly ChatEvent[]): number {
  const rounds = events.reduce((sum, event) => sum + (event.type === 'rounds' ? event.rounds.length : 0), 0);
  if (rounds > 8) return 120;
  return rounds > 2 ? 50 : 0;
}

export const useChat = create<ChatStore>()((set, get) => {
  let connection: AbortSignal | null = null;
  let watching: AbortController | null = null;
  let loadingEarlier: Promise<unknown> | null = null;

  const queue = createFrameQueue<ChatEvent>((events) => set((view) => applyEvents(view, events)), paceMs);

  /** Watches one chat, instead of the one before. */
  function watch(client: AppApi, signal: AbortSignal, chat: Chat): void {
    watching?.abort();
    watching = new AbortController();
    queue.clear();
    set({ chat, prefill: null, unreadable: null });
    const ended = AbortSignal.any([signal, watching.signal]);
    void follow(client.chats.watch(chat.id), ended, queue.push, (error) => fail(error));
  }

  /** Shows the chat that was shown before the connection was lost, else the current one, or why none can be read. */
  async function begin(client: AppApi, signal: AbortSignal): Promise<void> {
    const shown = get().chat?.id;
    try {
      const again = shown === undefined ? null : await client.chats.open(shown).catch(() => null);
      const chat = again ?? (await client.chats.current());
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

  /** Shows the chat that a call resolves with. */
  function show(call: (chats: ChatsApi) => Promise<Chat>): Promise<boolean> {
    return act(async (client) => {
      const signal = connection;
      const chat = await call(client.chats);
      if (signal && !signal.aborted) watch(client, signal, chat);
    });
  }

  /** An action on the chat that is shown. */
  function onChat(action: (chats: ChatsApi, chatId: string) => Promise<void>, sending = false): Promise<boolean> {
    const chatId = get().chat?.id;
    return chatId === undefined ? Promise.resolve(false) : act((client) => action(client.chats, chatId), sending);
  }

  async function loadEarlier(): Promise<void> {
    const { chat } = get();
    const first = chat?.messages[0];
    if (!chat || !first || chat.earlier <= 0) return;
    loadingEarlier ??= act(async (client) => {
      const page = await client.chats.earlier(chat.id, first.id);
      set((now) => (now.chat?.id === chat.id ? { chat: prepend(now.chat, page) } : {}));
    }).finally(() => (loadingEarlier = null));
    await loadingEarlier;
  }

  return {
    chat: null,
    prefill: null,
    error: null,
    unreadable: null,
    wanted: null,

    attach(client, signal) {
      connection = signal;
      // What failed for want of a connection is over.
      if (get().error?.code === 'closed') set({ error: null });
      void begin(client, signal);
    },

    async reload() {
      const signal = connection;
      await act(async (client) => {
        if (signal) await begin(client, signal);
      });
    },

    setAside: () => show((chats) => chats.setAside()),

    async open(chatId, messageId) {
      if (get().chat?.id !== chatId && !(await show((chats) => chats.open(chatId)))) return;
      if (messageId === undefined) return;
      await bringHere(messageId);
      set({ wanted: messageId });
    },

    async newChat() {
      await show((chats) => chats.create());
    },

    loadEarlier,
    loadAllEarlier: () => loadEarlierUntil(() => false),

    send: (text, options) => onChat((chats, id) => chats.send(id, text, options), true),
    edit: (messageId, text) => onChat((chats, id) => chats.edit(id, messageId, text), true),
    stop: () => onChat((chats, id) => chats.stop(id)),
    regenerate: (messageId, options) => onChat((chats, id) => chats.regenerate(id, messageId, options)),
    continueAnswer: (messageId) => onChat((chats, id) => chats.continueAnswer(id, messageId)),
    select: (messageId) => onChat((chats, id) => chats.select(id, messageId)),
    deleteMessage: (messageId) => onChat((chats, id) => chats.deleteMessage(id, messageId)),
    setSettings: (settings) => onChat((chats, id) => chats.setSettings(id, settings)),

    dismissError: () => set({ error: null }),
    reached: () => set({ wanted: null }),
  };

  /** The chat's next state, which the core tells by an event of its own; not waited for longer than this. */
  function nextChat(longestMs = 2000): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(done, longestMs);
      const unsubscribe = useChat.subscribe((now, before) => now.chat !== before.chat && done());
    });
  }

  /** A message that is on another branch, or older than what is here. */
  async function bringHere(messageId: string): Promise<void> {
    const here = () => get().chat?.messages.some(({ id }) => id === messageId) ?? true;
    if (here()) return;
    const { chat } = get();
    const tree = chat ? await requireClient().chats.tree(chat.id) : [];
    if (tree.some(({ id, active }) => id === messageId && !active)) {
      const renewed = nextChat();
      if (await get().select(messageId)) await renewed;
    }
    await loadEarlierUntil(here);
  }

  async function loadEarlierUntil(enough: () => boolean): Promise<void> {
    const id = get().chat?.id;
    for (let left = get().chat?.earlier ?? 0; left > 0 && !enough();) {
      await loadEarlier();
      const now = get().chat?.earlier ?? 0;
      if (now >= left || get().chat?.id !== id) return;
      left = now;
    }
  }
});

/** The answer under way, if one is. */
export function streamingMessage(chat: Chat | null): Message | null {
  const last = chat?.messages.at(-1);
  return last?.status === 'streaming' ? last : null;
}
