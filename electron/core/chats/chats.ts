// The chats' service: what pages ask, given to who knows it, and told to the others whom it concerns.
import { shownError } from '../shown-error.ts';
import type { AnswerOptions, Chat, ChatEvent, ChatsApi, ChatSettings, SendOptions } from '../../contract/chats.ts';
import type { Folder, Preset } from '../../contract/chat-list.ts';
import type { EngineApi } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { ExportRequest, ImportReport } from '../../contract/exchange.ts';
import { integer, parseArgument } from '../arguments.ts';
import type { KeptStates } from '../engine/kept-states.ts';
import type { Models } from '../models/models.ts';
import type { Answered } from '../proofs/proofs.ts';
import type { SettingsStore } from '../settings.ts';
import type { StoredChat } from './chat-table.ts';
import { Conversations } from './conversations.ts';
import { exportChats } from './exchange/export.ts';
import { storeConversations } from './exchange/import.ts';
import { insertPortable, messagesOf, portableHead } from './exchange/portable.ts';
import { Uploads } from './exchange/uploads.ts';
import { ChatLists } from './lists.ts';
import {
  parseChatSettings,
  parseCountable,
  parseDraft,
  parseExportRequest,
  parsePinned,
  parseQuery,
  parseTitle,
} from './requests.ts';
import { parseId, Shelf } from './shelf.ts';

/** How often the trash is looked through while the app runs. */
const purgeIntervalMs = 24 * 60 * 60 * 1000;

export interface ChatsParts {
  dataDir: string;
  engine: EngineApi;
  models: Models;
  settings: SettingsStore;
  /** Where caches of chats lie, whether or not an engine has a model and knows of them. */
  kept: Pick<KeptStates, 'forget'>;
}

export class Chats implements ChatsApi {
  readonly #parts: ChatsParts;
  readonly #shelf: Shelf;
  readonly #conversations: Conversations;
  readonly #lists: ChatLists;
  readonly #uploads = new Uploads();
  readonly #purging: NodeJS.Timeout;

  constructor(parts: ChatsParts) {
    this.#parts = parts;
    this.#shelf = new Shelf(parts.dataDir);
    const changed = (chatId: string) => this.#lists.changed(chatId);
    this.#conversations = new Conversations({ ...parts, shelf: this.#shelf, changed });
    this.#lists = new ChatLists(this.#shelf, (chatId) => this.#conversations.isAnswering(chatId));
    this.#purgeOld();
    this.#purging = setInterval(() => this.#purgeOld(), purgeIntervalMs).unref();
  }

  async current(): Promise<Chat> {
    return this.#conversations.current();
  }

  async create(): Promise<Chat> {
    return this.#conversations.create();
  }

  async open(chatId: string): Promise<Chat> {
    return this.#conversations.open(chatId);
  }

  watch(chatId: string): AsyncIterable<ChatEvent> {
    return this.#conversations.watch(chatId);
  }

  async earlier(chatId: string, beforeId: string) {
    return this.#conversations.earlier(chatId, beforeId);
  }

  async rounds(chatId: string, messageId: string) {
    return this.#conversations.rounds(chatId, messageId);
  }

  async totals(chatId: string | null) {
    const { store } = this.#shelf;
    return chatId === null ? store.totals() : store.totals(this.#shelf.require(chatId).leafKey);
  }

  async attachment(chatId: string, messageId: string, place: number) {
    return this.#conversations.attachment(chatId, messageId, parseArgument(integer(0, 1000), place, 'place'));
  }

  async send(chatId: string, text: string, options?: SendOptions): Promise<void> {
    this.#conversations.send(chatId, text, options);
  }

  stop(chatId: string): Promise<void> {
    return this.#conversations.stop(chatId);
  }

  async edit(chatId: string, messageId: string, text: string, options?: SendOptions): Promise<void> {
    this.#conversations.edit(chatId, messageId, text, options);
  }

  async regenerate(chatId: string, messageId: string, options?: AnswerOptions): Promise<void> {
    this.#conversations.regenerate(chatId, messageId, options);
  }

  async continueAnswer(chatId: string, messageId: string, options?: AnswerOptions): Promise<void> {
    this.#conversations.continueAnswer(chatId, messageId, options);
  }

  async select(chatId: string, messageId: string): Promise<void> {
    this.#conversations.select(chatId, messageId);
  }

  async tree(chatId: string) {
    return this.#conversations.tree(chatId);
  }

  async deleteMessage(chatId: string, messageId: string): Promise<void> {
    this.#conversations.deleteMessage(chatId, messageId);
  }

  async restoreMessage(chatId: string, messageId: string): Promise<void> {
    this.#conversations.restoreMessage(chatId, messageId);
  }

  watchList() {
    return this.#lists.watch();
  }

  async rename(chatId: string, title: string): Promise<void> {
    this.#change(chatId, ({ key }) => this.#shelf.store.chats.setTitle(key, parseTitle(title), 'user'));
  }

  async setPinned(chatId: string, pinned: boolean): Promise<void> {
    this.#change(chatId, ({ key }) => this.#shelf.store.chats.setPinned(key, parsePinned(pinned)));
  }

  async setFolder(chatId: string, folderId: string | null): Promise<void> {
    const id = folderId === null ? null : this.#lists.requireFolder(folderId);
    this.#change(chatId, ({ key }) => this.#shelf.store.chats.setFolder(key, id));
  }

  async duplicate(chatId: string): Promise<string> {
    const { store } = this.#shelf;
    const chat = this.#shelf.require(chatId);
    const copy = { ...portableHead(store, chat), createdAtMs: Date.now(), usedAtMs: Date.now(), pinned: false };
    const { id } = await insertPortable(store, { ...copy, messages: [...messagesOf(store, chat, true)] }, chat.folderId);
    this.#lists.changed(id);
    return id;
  }

  async trash(chatId: string): Promise<void> {
    const { id } = this.#shelf.require(chatId);
    await this.#conversations.end(id);
    // Meanwhile another page may have put it there.
    const chat = this.#shelf.store.chats.find(id);
    if (chat) this.#shelf.store.chats.trash(chat.key, Date.now());
    this.#lists.changed(id);
  }

  async restore(chatId: string): Promise<void> {
    const id = parseId(chatId, 'chatId');
    if (!this.#shelf.store.chats.restore(id)) throw notInTrash();
    this.#lists.changed(id);
  }

  async purge(chatId: string): Promise<void> {
    const id = parseId(chatId, 'chatId');
    if (!this.#shelf.store.chats.purge(id)) throw notInTrash();
    await this.#forget(id);
  }

  async listTrash() {
    return this.#shelf.store.chats.listTrash();
  }

  async createFolder(name: string): Promise<Folder> {
    return this.#lists.createFolder(name);
  }

  async renameFolder(folderId: string, name: string): Promise<void> {
    this.#lists.renameFolder(folderId, name);
  }

  async deleteFolder(folderId: string): Promise<void> {
    this.#lists.deleteFolder(folderId);
  }

  async search(query: string) {
    return this.#shelf.store.search(parseQuery(query));
  }

  async setSettings(chatId: string, settings: Partial<ChatSettings>): Promise<void> {
    const given = parseChatSettings(settings);
    this.#change(chatId, (chat) => this.#shelf.store.chats.setSettings(chat.key, { ...chat.settings, ...given }));
  }

  async saveDraft(chatId: string, text: string): Promise<void> {
    this.#shelf.store.chats.setDraft(this.#shelf.require(chatId).key, parseDraft(text));
  }

  async countTokens(text: string): Promise<number> {
    this.#parts.models.requirePromising();
    return this.#parts.engine.countTokens(parseCountable(text));
  }

  watchPresets(): AsyncIterable<Preset[]> {
    return this.#lists.watchPresets();
  }

  async savePreset(preset: Omit<Preset, 'id'> & { id?: string }): Promise<Preset> {
    return this.#lists.savePreset(preset);
  }

  async deletePreset(presetId: string): Promise<void> {
    this.#lists.deletePreset(presetId);
  }

  async *export(request: ExportRequest): AsyncGenerator<string> {
    const { store } = this.#shelf;
    yield* exportChats(store, parseExportRequest(request), Date.now());
  }

  async beginImport(): Promise<string> {
    return this.#uploads.begin();
  }

  async appendImport(importId: string, piece: string): Promise<void> {
    this.#uploads.append(importId, piece);
  }

  async finishImport(importId: string): Promise<ImportReport> {
    const reader = this.#uploads.take(importId);
    try {
      return await storeConversations(this.#shelf.store, await reader.read());
    } finally {
      reader.stop();
      this.#lists.changedAll();
    }
  }

  async cancelImport(importId: string): Promise<void> {
    this.#uploads.cancel(importId);
  }

  async setAside(): Promise<Chat> {
    this.#shelf.setAside();
    const chat = this.#conversations.current();
    this.#lists.changedAll();
    return chat;
  }

  /** See `Conversations.answered`. */
  answered(chatId: string, messageId: string): Answered {
    return this.#conversations.answered(chatId, messageId);
  }

  /** The user's own questions, of all chats; none where the chats cannot be read. */
  userPrompts(): string[] {
    try {
      return this.#shelf.store.messages.userPrompts();
    } catch (error) {
      shownError(error);
      return [];
    }
  }

  /** Stops the answers under way, keeps them, and closes the database. */
  async close(): Promise<void> {
    clearInterval(this.#purging);
    this.#uploads.close();
    await this.#conversations.close();
    this.#lists.close();
    this.#shelf.close();
  }

  #change(chatId: string, change: (chat: StoredChat) => void): void {
    const chat = this.#shelf.require(chatId);
    change(chat);
    this.#conversations.headChanged(chat.id);
  }

  #purgeOld(): void {
    try {
      for (const id of this.#shelf.purgeOld(Date.now())) void this.#forget(id);
    } catch (error) {
      // The disk may be full: it is tried again tomorrow.
      console.error(error);
    }
  }

  /** What the engine has in memory, and what it has written: that there is no engine must not keep a chat's text on the disk. */
  async #forget(chatId: string): Promise<void> {
    const { engine, kept, models } = this.#parts;
    if (models.loadedId !== null) await engine.forget(chatId).catch(() => {});
    await kept.forget(chatId);
  }
}

function notInTrash(): KangarooError {
  return new KangarooError('invalid-argument', 'This chat is not in the trash any more.');
}
