// From messages in any order that name their parents to a chat's tree: parents first, and no circles.
import type { MessageContent } from '../message-rows.ts';
import { titleOf } from '../turns.ts';
import type { PortableChat, PortableMessage } from './portable.ts';

/** `role`: what is neither `user` nor `assistant` is left out, and so is what says nothing. */
export interface LooseMessage {
  id: string;
  parentId: string | null;
  role: string;
  text: string;
  createdAtMs: number | null;
  modelName: string | null;
}

export interface LooseChat {
  title: string;
  createdAtMs: number | null;
  usedAtMs: number | null;
  pinned: boolean;
  systemPrompt: string | null;
  messages: LooseMessage[];
  activeId: string | null;
}

const nothing = {
  stats: null,
  continuations: 0,
  timeToFirstTokenMs: null,
  stopReason: null,
  error: null,
  speedup: null,
  answeredWith: null,
} satisfies Partial<MessageContent>;

const longestSystemPrompt = 50_000;

/** Throws an `Error` that says what is wrong with the conversation. */
export function arrange(chat: LooseChat): PortableChat {
  const byId = new Map(chat.messages.map((message) => [message.id, message]));
  const children = new Map<string | null, LooseMessage[]>();
  for (const message of chat.messages) {
    // What follows a message that is not in the file begins a branch of its own.
    const parentId = message.parentId !== null && byId.has(message.parentId) ? message.parentId : null;
    const siblings = children.get(parentId);
    if (siblings) siblings.push(message);
    else children.set(parentId, [message]);
  }
  const messages: PortableMessage[] = [];
  /** In whose place a message stands: itself, or the nearest one before it that is kept. */
  const keptId = new Map<string, string | null>();
  const waiting = (children.get(null) ?? []).map((message) => ({ message, parentId: null as string | null }));
  for (const { message, parentId } of waiting) {
    const { id, role } = message;
    const text = message.text.toWellFormed();
    const kept = (role === 'user' || role === 'assistant') && text.trim() !== '';
    if (kept) {
      const createdAtMs = message.createdAtMs ?? chat.createdAtMs ?? 0;
      const modelName = role === 'assistant' ? message.modelName : null;
      messages.push({ ...nothing, id, parentId, role, text, status: 'complete', createdAtMs, modelName, attachments: [] });
    }
    const place = kept ? id : parentId;
    keptId.set(id, place);
    for (const child of children.get(id) ?? []) waiting.push({ message: child, parentId: place });
  }
  if (keptId.size < byId.size) throw new Error('some of its messages follow each other in a circle');
  if (messages.length === 0) throw new Error('it holds no text');
  const createdAtMs = chat.createdAtMs ?? messages[0]?.createdAtMs ?? 0;
  const { systemPrompt } = chat;
  return {
    title: titleOf(chat.title) || titleOf(messages[0]?.text ?? ''),
    titleSource: 'user',
    pinned: chat.pinned,
    createdAtMs,
    usedAtMs: Math.max(createdAtMs, chat.usedAtMs ?? 0),
    settings: { systemPrompt: systemPrompt?.toWellFormed().slice(0, longestSystemPrompt) || null, overrides: {} },
    draft: '',
    activeId: chat.activeId === null ? null : (keptId.get(chat.activeId) ?? null),
    messages,
  };
}
