// The opened database, or why there is none: the app opens all the same. Chats are found by what a page calls them.
import { text } from '../arguments.ts';
import { parseArgument } from '../arguments.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { StoredChat } from './chat-table.ts';
import { trashMs } from './chat-table.ts';
import { setStoreAside } from './database.ts';
import { openStore, type ChatStore } from './store.ts';

export const untitled = 'New chat';

const id = text(1, 100);

export function parseId(value: unknown, name: string): string {
  return parseArgument(id, value, name);
}

export const notThere = (what: string, remedy: string) => new KangarooError('invalid-argument', `${what} ${remedy}`);

export class Shelf {
  readonly #dataDir: string;
  #opened: ChatStore | { error: unknown };

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#opened = this.#open();
  }

  /** Throws why there is none. */
  get store(): ChatStore {
    if ('error' in this.#opened) throw this.#opened.error;
    return this.#opened;
  }

  /** Throws `invalid-argument` for a chat that is not there, or is in the trash. */
  require(chatId: unknown): StoredChat {
    const chat = this.store.chats.find(parseId(chatId, 'chatId'));
    if (!chat) throw notThere('This chat does not exist any more.', 'Start a new one.');
    return chat;
  }

  requireMessage(chat: StoredChat, messageId: unknown) {
    const found = this.store.messages.find(chat.key, parseId(messageId, 'messageId'));
    if (!found) throw notThere('This message does not exist any more.', 'Open the chat again.');
    return found;
  }

  /** The user may have put things right meanwhile: the file's rights, or a copy of the file from before. */
  retryOpening(): void {
    if (!('error' in this.#opened)) return;
    const { error } = this.#opened;
    const closing = error instanceof KangarooError && error.code === 'closed';
    if (!closing) this.#opened = this.#open();
  }

  /** See `ChatsApi.setAside`. */
  setAside(): void {
    if (!('error' in this.#opened)) {
      throw new KangarooError('invalid-argument', 'The chats can be read: there is nothing to set aside.');
    }
    const { error } = this.#opened;
    if (error instanceof KangarooError && (error.code === 'store-damaged' || error.code === 'store-too-new')) {
      setStoreAside(this.#dataDir, Date.now());
    }
    this.#opened = this.#open();
  }

  /** Deletes for good what was in the trash for longer than it is kept; returns the ids of those chats. */
  purgeOld(nowMs: number): string[] {
    if ('error' in this.#opened) return [];
    const { chats, messages } = this.#opened;
    messages.purge(nowMs - trashMs);
    const old = chats.listTrash().filter(({ purgedAtMs }) => purgedAtMs <= nowMs);
    return old.filter((chat) => chats.purge(chat.id)).map((chat) => chat.id);
  }

  close(): void {
    if (!('error' in this.#opened)) this.#opened.close();
    this.#opened = { error: new KangarooError('closed', 'Kangaroo Chat is closing.') };
  }

  #open(): ChatStore | { error: unknown } {
    try {
      const store = openStore(this.#dataDir);
      store.chats.removeArriving();
      store.messages.failUnfinished({
        code: 'closed',
        message: 'Kangaroo Chat ended before this answer was finished. What had been written is kept; try again.',
      });
      return store;
    } catch (error) {
      return { error };
    }
  }
}
