// How a chat on the page follows the core's events. Pure: a view and events make the next view.
import type { Chat, ChatEvent, Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';

export interface ChatView {
  /** Null until the core has told it. */
  chat: Chat | null;
  /** How far the prompt of the answer under way has been read. */
  prefill: { messageId: string; done: number; total: number } | null;
}

/** Applies events in order. Messages that no event concerns keep their identity, so that they are not rendered again. */
export function applyEvents<View extends ChatView>(view: View, events: readonly ChatEvent[]): View {
  let { chat, prefill } = view;
  // Rounds of one message are joined first: a frame may bring many.
  let pending: { messageId: string; rounds: Round[] } | null = null;

  function flush(): void {
    if (!pending || !chat) return;
    const { messageId, rounds } = pending;
    chat = { ...chat, messages: chat.messages.map((message) => (message.id === messageId ? extend(message, rounds) : message)) };
    pending = null;
  }

  for (const event of events) {
    if (event.type === 'rounds') {
      if (pending && pending.messageId !== event.messageId) flush();
      if (pending) pending.rounds.push(...event.rounds);
      else pending = { messageId: event.messageId, rounds: [...event.rounds] };
      prefill = null;
      continue;
    }
    flush();
    switch (event.type) {
      case 'snapshot':
        chat = chat?.id === event.chat.id ? renew(chat, event.chat) : event.chat;
        prefill = null;
        break;
      case 'head':
        if (chat) chat = { ...chat, ...event.head };
        break;
      case 'prefill':
        prefill = { messageId: event.messageId, done: event.done, total: event.total };
        break;
      case 'message':
        if (chat) chat = { ...chat, messages: place(chat.messages, event.message) };
        if (prefill?.messageId === event.message.id && event.message.status !== 'streaming') prefill = null;
        break;
    }
  }
  flush();
  return { ...view, chat, prefill };
}

function extend(message: Message, rounds: readonly Round[]): Message {
  const text = rounds.map((round) => round.pieces.map((piece) => piece.text).join('')).join('');
  return {
    ...message,
    text: message.text + text,
    rounds: [...message.rounds, ...rounds],
    roundCount: message.roundCount + rounds.length,
  };
}

/** The new state, with the older pages and the rounds that are here already and that it does not bring. */
function renew(before: Chat, after: Chat): Chat {
  const known = new Map(before.messages.map((message) => [message.id, message]));
  const messages = after.messages.map((message) => {
    const old = known.get(message.id);
    return old && message.rounds.length === 0 && old.rounds.length === message.roundCount
      ? { ...message, rounds: old.rounds }
      : message;
  });
  const first = messages[0];
  const place = first ? before.messages.findIndex(({ id }) => id === first.id) : -1;
  // The same message has the same messages before it, on every branch.
  const older = place > 0 ? before.messages.slice(0, place) : [];
  return { ...after, messages: [...older, ...messages], earlier: after.earlier - older.length };
}

/** With a page of older messages before those that are here. */
export function prepend(chat: Chat, page: readonly Message[]): Chat {
  const known = new Set(chat.messages.map(({ id }) => id));
  const older = page.filter(({ id }) => !known.has(id));
  return { ...chat, messages: [...older, ...chat.messages], earlier: Math.max(0, chat.earlier - older.length) };
}

function place(messages: readonly Message[], message: Message): Message[] {
  const known = messages.some((other) => other.id === message.id);
  return known ? messages.map((other) => (other.id === message.id ? message : other)) : [...messages, message];
}
