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
        chat = keepRounds(event.chat, chat);
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

/** Finished answers come without the rounds that are here already. */
function keepRounds(chat: Chat, before: Chat | null): Chat {
  const known = new Map(before?.messages.filter(({ rounds }) => rounds.length > 0).map((message) => [message.id, message]));
  const messages = chat.messages.map((message) => {
    const old = known.get(message.id);
    const same = old && message.rounds.length === 0 && old.rounds.length === message.roundCount;
    return same ? { ...message, rounds: old.rounds } : message;
  });
  return { ...chat, messages };
}

/** A finished answer whose rounds are not here yet gets them. */
export function withRounds(chat: Chat, messageId: string, rounds: Round[]): Chat {
  const fill = (message: Message) => message.id === messageId && message.rounds.length === 0 && message.status !== 'streaming';
  return { ...chat, messages: chat.messages.map((message) => (fill(message) ? { ...message, rounds } : message)) };
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

function place(messages: readonly Message[], message: Message): Message[] {
  const known = messages.some((other) => other.id === message.id);
  return known ? messages.map((other) => (other.id === message.id ? message : other)) : [...messages, message];
}
