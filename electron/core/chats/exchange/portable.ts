// Chats outside of the database: what an export holds of each, and how they get in again.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Attachment, ChatSettings } from '../../../contract/chats.ts';
import type { Round } from '../../../contract/engine.ts';
import type { StoredChat, TitleSource } from '../chat-table.ts';
import type { MessageContent } from '../message-rows.ts';
import { textOfRounds } from '../round-codec.ts';
import type { ChatStore } from '../store.ts';

export interface PortableMessage extends MessageContent {
  parentId: string | null;
  attachments: Attachment[];
  /** Left out of exports that were asked for without. */
  rounds?: Round[];
}

export interface PortableChat {
  title: string;
  titleSource: TitleSource;
  pinned: boolean;
  createdAtMs: number;
  usedAtMs: number;
  settings: ChatSettings;
  draft: string;
  /** The last message of the active branch. */
  activeId: string | null;
  /** Parents before their children, siblings oldest first. */
  messages: PortableMessage[];
}

/** All messages of a chat, one at a time: with their rounds they may be many megabytes. */
export function* messagesOf(store: ChatStore, chat: StoredChat, withRounds: boolean): Generator<PortableMessage> {
  for (const key of store.messages.keys(chat.key)) {
    const message = store.messages.at(key);
    if (message) yield portable(store, key, message, withRounds);
  }
}

function portable(
  store: ChatStore,
  key: number,
  message: MessageContent & { parentId: string | null },
  withRounds: boolean,
): PortableMessage {
  const { id, parentId, role, text, status, createdAtMs, stats, continuations, timeToFirstTokenMs } = message;
  const { stopReason, error, speedup, modelName, answeredWith } = message;
  const rounds = role === 'assistant' && (withRounds || status === 'streaming') ? store.messages.rounds(key) : [];
  return {
    id,
    parentId,
    role,
    // An answer that is being written is taken up to its last save: see `stateOf`.
    text: status === 'streaming' ? text + textOfRounds(rounds) : text,
    status,
    createdAtMs,
    attachments: role === 'user' ? store.messages.attachments(key) : [],
    stats,
    continuations,
    timeToFirstTokenMs,
    stopReason,
    error,
    speedup,
    modelName,
    answeredWith,
    ...(withRounds && role === 'assistant' && { rounds }),
  };
}

export function portableHead(store: ChatStore, chat: StoredChat): Omit<PortableChat, 'messages'> {
  const { title, titleSource, pinned, createdAtMs, usedAtMs, settings, draft } = chat;
  const active = chat.leafKey === null ? null : store.messages.at(chat.leafKey);
  return { title, titleSource, pinned, createdAtMs, usedAtMs, settings, draft, activeId: active?.id ?? null };
}

/** Messages that are stored at once: some milliseconds, in which answers under way wait. */
const messagesAtOnce = 100;

/**
 * Stores a chat, all of it or nothing, with ids of its own; it is to be found once all of it is there. An answer that was being
 * written is kept as stopped.
 */
export async function insertPortable(store: ChatStore, chat: PortableChat, folderId: string | null): Promise<StoredChat> {
  const { messages, activeId, ...head } = chat;
  const stored = store.chats.insertArriving({ ...head, folderId });
  try {
    const keys = new Map<string, number>();
    for (let from = 0; from < messages.length; from += messagesAtOnce) {
      const some = messages.slice(from, from + messagesAtOnce);
      store.transact(() => some.forEach((message) => insertMessage(store, stored.key, message, keys)));
      await nextTurn();
    }
    store.transact(() => {
      const active = activeId === null ? undefined : keys.get(activeId);
      if (active !== undefined) store.messages.select(stored.key, active);
      store.chats.arrived(stored.key);
    });
  } catch (error) {
    store.chats.removeArriving(stored.key);
    throw error;
  }
  return stored;
}

/** `keys`: of the messages before it, by the ids that they had; its own is added. */
function insertMessage(store: ChatStore, chatKey: number, message: PortableMessage, keys: Map<string, number>): void {
  const { parentId, attachments, rounds = [], ...content } = message;
  const parentKey = parentId === null ? null : (keys.get(parentId) ?? null);
  const status = content.status === 'streaming' ? 'stopped' : content.status;
  const stored: MessageContent = { ...content, id: randomUUID(), status };
  keys.set(content.id, store.messages.append(chatKey, parentKey, stored, attachments));
  if (rounds.length > 0) store.messages.update(stored, rounds);
}
