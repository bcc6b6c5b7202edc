// What is said in chats: sent, answered, stopped, branched; one answer at a time in each. Everything is on disk before it is
// shown as stored.
import { randomUUID } from 'node:crypto';
import type {
  AnswerOptions,
  Attachment,
  Chat,
  ChatEvent,
  ChatHead,
  ContextUse,
  Message,
  SendOptions,
} from '../../contract/chats.ts';
import type { EngineApi, Round } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { Models } from '../models/models.ts';
import type { SettingsStore } from '../settings.ts';
import type { Answered } from '../proofs/proofs.ts';
import { optionsOf } from './answer.ts';
import { Answers } from './answers.ts';
import type { StoredChat } from './chat-table.ts';
import { ChatFeed } from './feed.ts';
import type { MessageContent } from './message-rows.ts';
import { parseAnswerOptions, parseSendOptions, parseText } from './requests.ts';
import { parseId, untitled, type Shelf } from './shelf.ts';
import { systemTurns, titleOf, turnsOf } from './turns.ts';

/** How long answers may take to end when the app closes. */
const farewellMs = 3000;

export interface ConversationsParts {
  shelf: Shelf;
  engine: EngineApi;
  models: Models;
  settings: SettingsStore;
  /** The chat's entry in the list changed. */
  changed(chatId: string): void;
}

function newMessage(role: Message['role'], text: string): MessageContent {
  return {
    id: randomUUID(),
    role,
    text,
    status: role === 'user' ? 'complete' : 'streaming',
    createdAtMs: Date.now(),
    stats: null,
    continuations: 0,
    timeToFirstTokenMs: null,
    stopReason: null,
    error: null,
    speedup: null,
    modelName: null,
    answeredWith: null,
  };
}

export class Conversations {
  readonly #parts: ConversationsParts;
  readonly #shelf: Shelf;
  readonly #answers: Answers;
  readonly #feeds = new Map<string, ChatFeed>();

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
    this.#shelf = parts.shelf;
    this.#answers = new Answers({
      ...parts,
      begun: (chatId) => parts.changed(chatId),
      changed: (chatId) => this.headChanged(chatId),
      emit: (chatId, event) => this.#feed(chatId).emit(event),
    });
  }

  isAnswering(chatId: string): boolean {
    return this.#answers.isAnswering(chatId);
  }

  current(): Chat {
    this.#shelf.retryOpening();
    const chat = this.#shelf.store.chats.current();
    return chat ? this.chatOf(chat) : this.#insert();
  }

  create(): Chat {
    const current = this.#shelf.store.chats.current();
    // An empty chat is as good as a new one.
    return current && current.leafKey === null && current.titleSource === 'none' ? this.chatOf(current) : this.#insert();
  }

  open(chatId: string): Chat {
    const chat = this.#shelf.require(chatId);
    this.#shelf.store.chats.makeCurrent(chat.id);
    return this.chatOf(chat);
  }

  watch(chatId: string): AsyncIterable<ChatEvent> {
    return { [Symbol.asyncIterator]: () => this.#feed(this.#shelf.require(chatId).id).watch() };
  }

  earlier(chatId: string, beforeId: string): Message[] {
    const chat = this.#shelf.require(chatId);
    const { parentKey } = this.#shelf.requireMessage(chat, beforeId);
    return this.#shelf.store.messages.branch(parentKey).messages.map((message) => this.#answers.newest(chat.id, message));
  }

  rounds(chatId: string, messageId: string): Round[] {
    const chat = this.#shelf.require(chatId);
    const { key, message } = this.#shelf.requireMessage(chat, messageId);
    const newer = this.#answers.newest(chat.id, message);
    return newer === message ? this.#shelf.store.messages.rounds(key) : newer.rounds;
  }

  attachment(chatId: string, messageId: string, place: number): Attachment {
    const { key } = this.#shelf.requireMessage(this.#shelf.require(chatId), messageId);
    const attachment = this.#shelf.store.messages.attachments(key)[place];
    if (!attachment) throw new KangarooError('invalid-argument', 'This message has no such attachment.');
    return attachment;
  }

  send(chatId: string, text: string, options?: SendOptions): void {
    const content = parseText(text);
    const { attachments = [], decodingMode } = parseSendOptions(options);
    const chat = this.#shelf.require(chatId);
    this.#answers.requireFree(chat.id);
    const [question, answer] = [newMessage('user', content), newMessage('assistant', '')];
    const first = chat.titleSource === 'none';
    const { store } = this.#shelf;
    store.transact(() => {
      const key = store.messages.append(chat.key, chat.leafKey, question, attachments);
      store.messages.append(chat.key, key, answer);
      store.chats.touch(chat.key, Date.now());
      store.chats.setDraft(chat.key, '');
      if (first) store.chats.setTitle(chat.key, titleOf(content), 'text');
    });
    const stored = this.#answer(chat.id, answer.id, decodingMode);
    if (first) {
      // The title has changed too.
      this.#feed(chat.id).emitSnapshot();
    } else {
      const message = this.#shelf.requireMessage(chat, question.id).message;
      this.#feed(chat.id).emit({ type: 'message', message });
      this.#feed(chat.id).emit({ type: 'message', message: stored });
    }
  }

  async stop(chatId: string): Promise<void> {
    await this.#answers.stop(this.#shelf.require(chatId).id);
  }

  edit(chatId: string, messageId: string, text: string, options?: SendOptions): void {
    const content = parseText(text);
    const { attachments, decodingMode } = parseSendOptions(options);
    const chat = this.#shelf.require(chatId);
    const { key, message, parentKey } = this.#shelf.requireMessage(chat, messageId);
    if (message.role !== 'user') {
      throw new KangarooError('invalid-argument', 'Only your own messages can be edited. Ask for another answer instead.');
    }
    this.#answers.requireFree(chat.id);
    const [question, answer] = [newMessage('user', content), newMessage('assistant', '')];
    const { store } = this.#shelf;
    store.transact(() => {
      const asked = store.messages.append(chat.key, parentKey, question, attachments ?? store.messages.attachments(key));
      store.messages.append(chat.key, asked, answer);
      store.chats.touch(chat.key, Date.now());
      if (parentKey === null && chat.titleSource === 'text') store.chats.setTitle(chat.key, titleOf(content), 'text');
    });
    this.#answer(chat.id, answer.id, decodingMode);
    this.#feed(chat.id).emitSnapshot();
  }

  regenerate(chatId: string, messageId: string, options?: AnswerOptions): void {
    const { decodingMode } = parseAnswerOptions(options);
    const chat = this.#shelf.require(chatId);
    const { message, ...place } = this.#shelf.requireMessage(chat, messageId);
    const question = message.role === 'user' ? place.key : place.parentKey;
    if (question === null) throw new KangarooError('invalid-argument', 'There is no message to answer. Write one first.');
    this.#answers.requireFree(chat.id);
    const answer = newMessage('assistant', '');
    const { store } = this.#shelf;
    store.transact(() => {
      const isLast = chat.leafKey === place.key;
      if (message.role === 'assistant' && isLast && message.text.trim() === '') store.messages.discard(chat.key, place);
      store.messages.append(chat.key, question, answer);
      store.chats.touch(chat.key, Date.now());
    });
    this.#answer(chat.id, answer.id, decodingMode);
    this.#feed(chat.id).emitSnapshot();
  }

  continueAnswer(chatId: string, messageId: string, options?: AnswerOptions): void {
    const { decodingMode } = parseAnswerOptions(options);
    const chat = this.#shelf.require(chatId);
    const { key, message } = this.#shelf.requireMessage(chat, messageId);
    this.#answers.requireFree(chat.id);
    if (message.role !== 'assistant' || key !== chat.leafKey || message.text === '') {
      throw new KangarooError(
        'invalid-argument',
        'Only the last answer of a branch can go on, and only one that says something.',
      );
    }
    const { store } = this.#shelf;
    const rounds = store.messages.rounds(key);
    const begun: Message = {
      ...message,
      rounds,
      status: 'streaming',
      stopReason: null,
      error: null,
      continuations: message.continuations + 1,
    };
    store.transact(() => {
      store.messages.update(begun, [], rounds.length === 0 ? begun.text : '');
      store.chats.touch(chat.key, Date.now());
    });
    const stored = this.#answers.begin(chat, begun, decodingMode);
    this.#feed(chat.id).emit({ type: 'message', message: stored });
  }

  select(chatId: string, messageId: string): void {
    const chat = this.#shelf.require(chatId);
    const { key } = this.#shelf.requireMessage(chat, messageId);
    this.#answers.requireQuiet(chat.id);
    this.#shelf.store.messages.select(chat.key, key);
    this.#feed(chat.id).emitSnapshot();
  }

  tree(chatId: string) {
    const { key, leafKey } = this.#shelf.require(chatId);
    return this.#shelf.store.messages.tree(key, leafKey);
  }

  deleteMessage(chatId: string, messageId: string): void {
    const chat = this.#shelf.require(chatId);
    const found = this.#shelf.requireMessage(chat, messageId);
    this.#answers.requireQuiet(chat.id);
    this.#shelf.store.messages.remove(chat.key, found, Date.now());
    this.#afterDeletion(chat.id);
  }

  restoreMessage(chatId: string, messageId: string): void {
    const chat = this.#shelf.require(chatId);
    this.#answers.requireQuiet(chat.id);
    if (!this.#shelf.store.messages.restore(chat.key, parseId(messageId, 'messageId'))) {
      throw new KangarooError('invalid-argument', 'There is nothing to bring back: it was not deleted, or what it follows was.');
    }
    this.#afterDeletion(chat.id);
  }

  /** An answer with what the model was told before it; throws `invalid-argument` where there is none. */
  answered(chatId: string, messageId: string): Answered {
    const chat = this.#shelf.require(chatId);
    const { key, parentKey, message } = this.#shelf.requireMessage(chat, messageId);
    if (message.role !== 'assistant') throw new KangarooError('invalid-argument', 'This is no answer.');
    const { settings, systemPrompt } = this.#answers.settingsOf(chat);
    const turns = turnsOf(this.#shelf.store.messages.said(parentKey));
    // What shaped the answer is its own; copying drafts shapes none, and can be turned on for what is asked now.
    const asked = { ...settings, ...message.answeredWith?.settings, promptLookup: settings.promptLookup };
    return {
      turns: [...systemTurns(message.answeredWith?.systemPrompt ?? systemPrompt), ...turns],
      message: { ...message, rounds: this.#shelf.store.messages.rounds(key) },
      options: (model) => optionsOf(asked, 0, model),
    };
  }

  /** Title, settings or place of a chat changed: tells who watches it, and the list. */
  headChanged(chatId: string): void {
    const chat = this.#shelf.store.chats.find(chatId);
    if (chat && this.#feed(chatId).watched) {
      const { messages } = this.#shelf.store.messages.branch(chat.leafKey);
      this.#feed(chatId).emit({ type: 'head', head: this.#headOf(chat, contextUse(messages, this.#parts.models)) });
    }
    this.#parts.changed(chatId);
  }

  /** As it is now, the answer under way included. */
  chatOf(chat: StoredChat): Chat {
    const { messages, earlier } = this.#shelf.store.messages.branch(chat.leafKey);
    const newest = messages.map((message) => this.#answers.newest(chat.id, message));
    return { ...this.#headOf(chat, contextUse(newest, this.#parts.models)), draft: chat.draft, messages: newest, earlier };
  }

  /** Stops its answer, and ends who watches it: it leaves the list. */
  async end(chatId: string): Promise<void> {
    await this.#answers.end(chatId);
    this.#feeds.get(chatId)?.close();
    this.#feeds.delete(chatId);
  }

  /** Stops the answers under way, and keeps them. */
  async close(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, farewellMs).unref());
    await Promise.race([this.#answers.close(), late]);
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }

  #insert(): Chat {
    const { chats } = this.#shelf.store;
    const chat = chats.insert({ title: untitled, titleSource: 'none', createdAtMs: Date.now() });
    chats.makeCurrent(chat.id);
    this.#parts.changed(chat.id);
    return this.chatOf(chat);
  }

  #afterDeletion(chatId: string): void {
    this.#feed(chatId).emitSnapshot();
    this.#parts.changed(chatId);
  }

  #headOf({ id, title, createdAtMs, folderId, pinned, settings }: StoredChat, context: ContextUse | null): ChatHead {
    return { id, title, createdAtMs, folderId, pinned, settings, context };
  }

  #feed(chatId: string): ChatFeed {
    let feed = this.#feeds.get(chatId);
    if (!feed) {
      feed = new ChatFeed(() => this.chatOf(this.#shelf.require(chatId)));
      this.#feeds.set(chatId, feed);
    }
    return feed;
  }

  /** Begins the answer that was just stored as the leaf. Returns it as it is now. */
  #answer(chatId: string, messageId: string, decodingMode: AnswerOptions['decodingMode']): Message {
    const chat = this.#shelf.require(chatId);
    return this.#answers.begin(chat, this.#shelf.requireMessage(chat, messageId).message, decodingMode);
  }
}

/** See `ContextUse`. */
function contextUse(messages: readonly Message[], { state }: Models): ContextUse | null {
  const stats = messages.findLast((message) => message.stats !== null)?.stats;
  if (!stats) return null;
  const size = state.status === 'ready' || state.status === 'calibrating' ? state.loaded.contextSize : null;
  const shifted = stats.contextShifts > 0;
  const counted = stats.promptTokens + stats.tokens;
  const tokens = size === null ? counted : shifted ? size : Math.min(counted, size);
  return { tokens, size, leftOutTurns: stats.leftOutTurns ?? 0, shifted };
}
