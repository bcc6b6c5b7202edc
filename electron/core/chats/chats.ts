// Chats: what is sent, stopped and answered again, one answer at a time in each. Everything is on disk before it is shown as
// stored.
import { randomUUID } from 'node:crypto';
import type { Chat, ChatEvent, ChatsApi, Message } from '../../contract/chats.ts';
import type { EngineApi } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import { parseArgument, text as textArgument } from '../arguments.ts';
import type { Models } from '../models/models.ts';
import type { Answered } from '../proofs/proofs.ts';
import type { SettingsStore } from '../settings.ts';
import { Answer, optionsOf, snapshotOf } from './answer.ts';
import { ChatFeed } from './feed.ts';
import { openStore, setStoreAside, type ChatStore } from './store.ts';
import { titleOf, turnsOf } from './turns.ts';

/** The longest message, in bytes of UTF-8. */
const longestTextBytes = 1_000_000;
const untitled = 'New chat';
/** How long answers may take to end when the app closes. */
const farewellMs = 3000;

export interface ChatsParts {
  dataDir: string;
  engine: EngineApi;
  models: Models;
  settings: SettingsStore;
}

function newMessage(role: Message['role'], text: string): Message {
  return {
    id: randomUUID(),
    role,
    text,
    status: role === 'user' ? 'complete' : 'streaming',
    createdAtMs: Date.now(),
    rounds: [],
    stats: null,
    stopReason: null,
    error: null,
    speedup: null,
    modelName: null,
  };
}

function parseText(value: unknown): string {
  if (typeof value !== 'string') throw new KangarooError('invalid-argument', 'A message must be text.');
  if (value.trim() === '') throw new KangarooError('invalid-argument', 'The message is empty. Write something first.');
  const bytes = Buffer.byteLength(value);
  if (bytes > longestTextBytes) {
    throw new KangarooError(
      'invalid-argument',
      `The message is too long: ${bytes} bytes, and ${longestTextBytes} are the most. Send a shorter one.`,
    );
  }
  return value.toWellFormed();
}

export class Chats implements ChatsApi {
  readonly #parts: ChatsParts;
  readonly #feeds = new Map<string, ChatFeed>();
  /** The database, or why there is none: the app opens all the same. */
  #opened: ChatStore | { error: unknown };
  /** Answers under way, by chat. */
  readonly #running = new Map<string, Answer>();
  /** Messages whose end could not be written, by id: the database still has them as they were before. */
  readonly #unsaved = new Map<string, Message>();

  constructor(parts: ChatsParts) {
    this.#parts = parts;
    this.#opened = this.#open();
  }

  async current(): Promise<Chat> {
    this.#retryOpening();
    const chat = this.#store.current();
    return chat ? this.#withRunning(chat) : this.#insert();
  }

  async create(): Promise<Chat> {
    const current = this.#store.current();
    // The page shows the current chat alone: nobody could stop what goes on in one that was left.
    if (current) await this.#running.get(current.id)?.stop();
    // An empty chat is as good as a new one.
    return current && current.messages.length === 0 ? current : this.#insert();
  }

  watch(chatId: string): AsyncIterable<ChatEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const { id } = this.#require(chatId);
        return this.#feed(id).watch();
      },
    };
  }

  async send(chatId: string, text: string): Promise<void> {
    const content = parseText(text);
    const chat = this.#require(chatId);
    this.#requireFree(chat.id);
    const [question, answer] = [newMessage('user', content), newMessage('assistant', '')];
    const first = chat.messages.length === 0;
    this.#store.appendTurn(chat.id, [question, answer], first ? titleOf(content) : chat.title, Date.now());
    this.#answer(chat.id, [...chat.messages, question], answer);
    if (first) {
      // The title has changed too.
      this.#feed(chat.id).emitSnapshot();
    } else {
      this.#feed(chat.id).emit({ type: 'message', message: question });
      this.#feed(chat.id).emit({ type: 'message', message: snapshotOf(answer) });
    }
  }

  async stop(chatId: string): Promise<void> {
    const { id } = this.#require(chatId);
    await this.#running.get(id)?.stop();
  }

  async retry(chatId: string): Promise<void> {
    const chat = this.#require(chatId);
    this.#requireFree(chat.id);
    const last = chat.messages.at(-1);
    const old = last?.role === 'assistant' ? last : null;
    const history = old ? chat.messages.slice(0, -1) : chat.messages;
    if (history.at(-1)?.role !== 'user') {
      throw new KangarooError('invalid-argument', 'There is no message to answer. Write one first.');
    }
    const answer = newMessage('assistant', '');
    if (old) this.#store.replaceMessage(chat.id, old.id, answer);
    else this.#store.appendMessages(chat.id, [answer]);
    this.#answer(chat.id, history, answer);
    this.#feed(chat.id).emitSnapshot();
  }

  async setAside(): Promise<Chat> {
    if (!('error' in this.#opened)) {
      throw new KangarooError('invalid-argument', 'The chats can be read: there is nothing to set aside.');
    }
    const { error } = this.#opened;
    if (error instanceof KangarooError && (error.code === 'store-damaged' || error.code === 'store-too-new')) {
      setStoreAside(this.#parts.dataDir, Date.now());
    }
    this.#opened = this.#open();
    return this.current();
  }

  /** An answer with what the model was told before it; throws `invalid-argument` where there is none. */
  answered(chatId: string, messageId: string): Answered {
    const { messages } = this.#require(chatId);
    const place = messages.findIndex(({ id, role }) => id === messageId && role === 'assistant');
    const message = messages[place];
    if (!message) throw new KangarooError('invalid-argument', 'This answer does not exist any more.');
    const settings = this.#parts.settings.current;
    return { turns: turnsOf(messages.slice(0, place)), message, options: (model) => optionsOf(settings, model) };
  }

  /** The user's own questions, of all chats; none where the chats cannot be read. */
  userPrompts(): string[] {
    return 'error' in this.#opened ? [] : this.#opened.userPrompts();
  }

  /** Stops the answers under way, keeps them, and closes the database. */
  async close(): Promise<void> {
    if (this.#running.size > 0) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, farewellMs).unref());
      await Promise.race([Promise.all([...this.#running.values()].map((answer) => answer.stop())), late]);
    }
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    if (!('error' in this.#opened)) this.#opened.close();
    this.#opened = { error: new KangarooError('closed', 'Kangaroo Chat is closing.') };
  }

  /** The user may have put things right meanwhile: the file's rights, or a copy of the file from before. */
  #retryOpening(): void {
    if (!('error' in this.#opened)) return;
    const { error } = this.#opened;
    const closing = error instanceof KangarooError && error.code === 'closed';
    if (!closing) this.#opened = this.#open();
  }

  get #store(): ChatStore {
    if ('error' in this.#opened) throw this.#opened.error;
    return this.#opened;
  }

  #open(): ChatStore | { error: unknown } {
    try {
      const store = openStore(this.#parts.dataDir);
      store.failUnfinished({
        code: 'closed',
        message: 'Kangaroo Chat ended before this answer was finished. What had been written is kept; try again.',
      });
      return store;
    } catch (error) {
      return { error };
    }
  }

  #insert(): Chat {
    const head = { id: randomUUID(), title: untitled, createdAtMs: Date.now() };
    this.#store.insertChat(head);
    return { ...head, messages: [] };
  }

  /** As it is now, the answer under way included; throws `invalid-argument` for an unknown one. */
  #require(chatId: unknown): Chat {
    const id = parseArgument(textArgument(1, 100), chatId, 'chatId');
    const chat = this.#store.find(id);
    if (!chat) throw new KangarooError('invalid-argument', 'This chat does not exist any more. Start a new one.');
    return this.#withRunning(chat);
  }

  #requireFree(chatId: string): void {
    if (this.#running.has(chatId)) {
      throw new KangarooError('busy', 'An answer is being written. Stop it, or wait until it is done.');
    }
    this.#parts.models.requirePromising();
  }

  /** The database has the answer under way as it was up to a second ago. */
  #withRunning(chat: Chat): Chat {
    const running = this.#running.get(chat.id)?.message;
    const messages = chat.messages.map((message) => {
      const newer = message.id === running?.id ? running : this.#unsaved.get(message.id);
      return newer ? snapshotOf(newer) : message;
    });
    return { ...chat, messages };
  }

  #feed(chatId: string): ChatFeed {
    let feed = this.#feeds.get(chatId);
    if (!feed) {
      feed = new ChatFeed(() => this.#require(chatId));
      this.#feeds.set(chatId, feed);
    }
    return feed;
  }

  #answer(chatId: string, history: readonly Message[], message: Message): void {
    const { engine, models, settings } = this.#parts;
    const answer = new Answer({
      engine,
      models,
      settings: settings.current,
      chatId,
      turns: turnsOf(history),
      message,
      save: (each) => this.#store.updateMessage(each),
      emit: (event) => {
        if (event.type === 'message') {
          this.#running.delete(chatId);
          if (answer.unsaved) this.#unsaved.set(message.id, message);
        }
        this.#feed(chatId).emit(event);
      },
    });
    this.#running.set(chatId, answer);
  }
}
