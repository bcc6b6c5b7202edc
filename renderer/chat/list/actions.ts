// What can be done with a chat of the list, from its menu, by keys and from the command palette.
import type { ChatEntry, Folder } from '../../../electron/contract/chat-list.ts';
import { requireClient } from '../../connection-store.ts';
import { attempt, tell } from '../../layout/happenings.tsx';
import { useView } from '../../layout/view-store.ts';
import { goTo } from '../../route.ts';
import { useChat } from '../chat-store.ts';
import { byUse, useChatList } from './list-store.ts';
import { listText } from './strings.ts';

const chats = () => requireClient().chats;

export function titleOf({ title, firstWords }: Pick<ChatEntry, 'title' | 'firstWords'>): string {
  return title || firstWords || listText.untitled;
}

/** Shows a chat, wherever in the app the user is; a list that lay over the chat goes. */
export async function openChat(chatId: string, messageId?: string): Promise<void> {
  goTo({ view: 'chat' });
  useView.setState({ drawer: null });
  await useChat.getState().open(chatId, messageId);
}

export async function newChat(): Promise<void> {
  goTo({ view: 'chat' });
  useView.setState({ drawer: null });
  await useChat.getState().newChat();
  document.getElementById('composer')?.focus();
}

/** The chat before (-1) or behind (1) the one that is shown, in the order of use. */
export async function openNeighbour(step: -1 | 1): Promise<void> {
  const all = byUse(useChatList.getState().chats);
  const now = all.findIndex(({ id }) => id === useChat.getState().chat?.id);
  const next = all[now + step];
  if (next) await openChat(next.id);
}

export async function rename(chatId: string, title: string): Promise<void> {
  await attempt(() => chats().rename(chatId, title));
}

export async function setPinned(chatId: string, pinned: boolean): Promise<void> {
  await attempt(() => chats().setPinned(chatId, pinned));
}

export async function setFolder(chatId: string, folderId: string | null): Promise<void> {
  await attempt(() => chats().setFolder(chatId, folderId));
}

export async function duplicate(chatId: string): Promise<void> {
  await attempt(async () => openChat(await chats().duplicate(chatId)));
}

/** Into the trash; where it is the one that is shown, the next one takes its place. */
export async function remove(chat: ChatEntry): Promise<void> {
  const shown = useChat.getState().chat?.id === chat.id;
  const others = byUse(useChatList.getState().chats).filter(({ id }) => id !== chat.id);
  if (!(await attempt(() => chats().trash(chat.id)))) return;
  if (shown) {
    const [next] = others;
    if (next) await useChat.getState().open(next.id);
    else await useChat.getState().newChat();
  }
  tell({
    title: listText.removed(titleOf(chat)),
    text: listText.removedText,
    async undo() {
      await chats().restore(chat.id);
      if (shown) await openChat(chat.id);
    },
  });
}

export async function createFolder(name: string): Promise<Folder | null> {
  let folder: Folder | null = null;
  await attempt(async () => {
    folder = await chats().createFolder(name);
  });
  return folder;
}

export async function renameFolder(folderId: string, name: string): Promise<void> {
  await attempt(() => chats().renameFolder(folderId, name));
}

/** Its chats stay; undone, they are in a folder of that name again. */
export async function removeFolder({ id, name }: Folder): Promise<void> {
  const inside = (useChatList.getState().chats ?? []).filter(({ folderId }) => folderId === id);
  if (!(await attempt(() => chats().deleteFolder(id)))) return;
  tell({
    title: listText.folderRemoved(name),
    async undo() {
      const folder = await chats().createFolder(name);
      await Promise.all(inside.map((chat) => chats().setFolder(chat.id, folder.id)));
    },
  });
}
