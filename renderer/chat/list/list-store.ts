// The list of all chats and folders, as the core tells it, and what is searched for in it.
import { create } from 'zustand';
import type { ChatEntry, ChatListEvent, Folder } from '../../../electron/contract/chat-list.ts';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { AppApi } from '../../../electron/contract/index.ts';
import { follow } from '../../follow.ts';

interface ListStore {
  /** Null until the core has told it. */
  chats: readonly ChatEntry[] | null;
  folders: readonly Folder[];
  error: ErrorShape | null;
  query: string;
  /** The chat whose title is being written. */
  renaming: string | null;
  closedFolders: ReadonlySet<string>;
  attach(client: AppApi, signal: AbortSignal): void;
  search(query: string): void;
  rename(chatId: string | null): void;
  toggleFolder(folderId: string): void;
}

type List = Pick<ListStore, 'chats' | 'folders'>;

/** A list and an event make the next list. */
function applyListEvent({ chats, folders }: List, event: ChatListEvent): List {
  const known = chats ?? [];
  switch (event.type) {
    case 'snapshot':
      return { chats: event.chats, folders: event.folders };
    case 'chat':
      return { chats: [event.chat, ...known.filter(({ id }) => id !== event.chat.id)], folders };
    case 'removed':
      return { chats: known.filter(({ id }) => id !== event.chatId), folders };
    case 'folders':
      return { chats, folders: event.folders };
  }
}

export const useChatList = create<ListStore>()((set) => ({
  chats: null,
  folders: [],
  error: null,
  query: '',
  renaming: null,
  closedFolders: new Set(),
  attach(client, signal) {
    void follow(
      client.chats.watchList(),
      signal,
      (event) => set((state) => ({ ...applyListEvent(state, event), error: null })),
      (error) => set({ error: toErrorShape(error) }),
    );
  },
  search: (query) => set({ query }),
  rename: (renaming) => set({ renaming }),
  toggleFolder: (folderId) =>
    set(({ closedFolders }) => {
      const closed = new Set(closedFolders);
      if (!closed.delete(folderId)) closed.add(folderId);
      return { closedFolders: closed };
    }),
}));

/** The chats in the order in which the arrow keys and shortcuts go through them: newest first. */
export function byUse(chats: readonly ChatEntry[] | null): ChatEntry[] {
  return [...(chats ?? [])].sort((a, b) => b.usedAtMs - a.usedAtMs);
}
