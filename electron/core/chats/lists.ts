// The list of chats as pages follow it, with folders, the trash and presets.
import { randomUUID } from 'node:crypto';
import type { ChatEntry, ChatListEvent, Folder, Preset } from '../../contract/chat-list.ts';
import { KangarooError } from '../../contract/errors.ts';
import { Queue } from '../../rpc/queue.ts';
import { Watchable } from '../watchable.ts';
import { parseFolderName, parsePreset } from './requests.ts';
import { notThere, parseId, type Shelf } from './shelf.ts';

/** A page that lags by more than this gets one snapshot in place of all that. */
const mostWaiting = 256;

export class ChatLists {
  readonly #shelf: Shelf;
  readonly #isAnswering: (chatId: string) => boolean;
  readonly #watchers = new Set<Queue<ChatListEvent>>();
  #presets: Watchable<Preset[]> | null = null;

  constructor(shelf: Shelf, isAnswering: (chatId: string) => boolean) {
    this.#shelf = shelf;
    this.#isAnswering = isAnswering;
  }

  watch(): AsyncIterable<ChatListEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const watcher: Queue<ChatListEvent> = new Queue<ChatListEvent>({ onReturn: () => this.#watchers.delete(watcher) });
        watcher.push(this.#snapshot());
        this.#watchers.add(watcher);
        return watcher;
      },
    };
  }

  /** A chat appeared, changed or went away: tells every page what is so now. */
  changed(chatId: string): void {
    if (this.#watchers.size === 0) return;
    const entry = this.#shelf.store.chats.entry(chatId);
    const chat: ChatEntry | null = entry && { ...entry, answering: this.#isAnswering(chatId) };
    this.#emit(chat ? { type: 'chat', chat } : { type: 'removed', chatId });
  }

  /** Many chats changed at once, or all of them. */
  changedAll(): void {
    for (const watcher of this.#watchers) {
      watcher.drain();
      watcher.push(this.#snapshot());
    }
    if (this.#presets) this.#presets.set(this.#shelf.store.presets.list());
  }

  createFolder(name: string): Folder {
    const folder = { id: randomUUID(), name: parseFolderName(name) };
    this.#requireNewName(folder.name);
    this.#shelf.store.chats.insertFolder(folder);
    this.#foldersChanged();
    return folder;
  }

  renameFolder(folderId: string, name: string): void {
    const folder = { id: this.requireFolder(folderId), name: parseFolderName(name) };
    this.#requireNewName(folder.name, folder.id);
    this.#shelf.store.chats.renameFolder(folder);
    this.#foldersChanged();
  }

  deleteFolder(folderId: string): void {
    this.#shelf.store.chats.deleteFolder(this.requireFolder(folderId));
    this.changedAll();
  }

  /** Its id; throws `invalid-argument` where there is none. */
  requireFolder(folderId: unknown): string {
    const id = parseId(folderId, 'folderId');
    if (!this.#shelf.store.chats.hasFolder(id)) throw notThere('This folder does not exist any more.', 'Choose another.');
    return id;
  }

  watchPresets(): AsyncIterable<Preset[]> {
    this.#presets ??= new Watchable(this.#shelf.store.presets.list());
    return this.#presets.watch();
  }

  savePreset(unchecked: unknown): Preset {
    const { id, ...checked } = parsePreset(unchecked);
    const { presets } = this.#shelf.store;
    const others = presets.list();
    if (id !== null && !others.some((other) => other.id === id)) {
      throw notThere('This preset does not exist any more.', 'Save it under a name of its own.');
    }
    const preset = { ...checked, id: id ?? randomUUID() };
    const taken = others.some((other) => other.id !== preset.id && other.name.toLowerCase() === preset.name.toLowerCase());
    if (taken) throw new KangarooError('invalid-argument', `There is a preset ${JSON.stringify(preset.name)} already.`);
    presets.save(preset);
    this.#presets?.set(presets.list());
    return preset;
  }

  deletePreset(presetId: string): void {
    this.#shelf.store.presets.delete(parseId(presetId, 'presetId'));
    this.#presets?.set(this.#shelf.store.presets.list());
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
    this.#presets?.close();
  }

  #requireNewName(name: string, exceptId?: string): void {
    if (!this.#shelf.store.chats.isFolderName(name, exceptId)) return;
    throw new KangarooError('invalid-argument', `There is a folder ${JSON.stringify(name)} already. Choose another name.`);
  }

  #foldersChanged(): void {
    this.#emit({ type: 'folders', folders: this.#shelf.store.chats.folders() });
  }

  #emit(event: ChatListEvent): void {
    for (const watcher of this.#watchers) {
      if (watcher.length < mostWaiting) {
        watcher.push(event);
      } else {
        watcher.drain();
        watcher.push(this.#snapshot());
      }
    }
  }

  #snapshot(): ChatListEvent {
    const { chats } = this.#shelf.store;
    const entries = chats.list().map((entry) => ({ ...entry, answering: this.#isAnswering(entry.id) }));
    return { type: 'snapshot', chats: entries, folders: chats.folders() };
  }
}
