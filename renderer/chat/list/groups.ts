// In which order and under which headings the chats are listed.
import type { ChatEntry, Folder } from '../../../electron/contract/chat-list.ts';
import { listText } from './strings.ts';

export interface ChatGroup {
  key: string;
  title: string;
  chats: ChatEntry[];
}

export interface GroupedChats {
  pinned: ChatEntry[];
  folders: { folder: Folder; chats: ChatEntry[] }[];
  /** All else, by when they were last used. */
  dates: ChatGroup[];
}

const dayMs = 86_400_000;

/** `chats`: in any order; each appears once: pinned, else in its folder, else under its date. */
export function groupChats(chats: readonly ChatEntry[], folders: readonly Folder[], nowMs: number): GroupedChats {
  const newest = [...chats].sort((a, b) => b.usedAtMs - a.usedAtMs);
  const pinned = newest.filter((chat) => chat.pinned);
  const known = new Set(folders.map(({ id }) => id));
  const inFolder = (chat: ChatEntry) => chat.folderId !== null && known.has(chat.folderId);
  const rest = newest.filter((chat) => !chat.pinned);
  const dates: ChatGroup[] = [];
  for (const chat of rest.filter((each) => !inFolder(each))) {
    const title = dateTitle(chat.usedAtMs, nowMs);
    const last = dates.at(-1);
    if (last?.title === title) last.chats.push(chat);
    else dates.push({ key: title, title, chats: [chat] });
  }
  return {
    pinned,
    folders: folders.map((folder) => ({ folder, chats: rest.filter(({ folderId }) => folderId === folder.id) })),
    dates,
  };
}

function dateTitle(atMs: number, nowMs: number): string {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  if (atMs >= midnight) return listText.today;
  // Some days have 23 or 25 hours: half a day's tolerance, then the day's own beginning.
  const yesterday = new Date(midnight - dayMs / 2).setHours(0, 0, 0, 0);
  if (atMs >= yesterday) return listText.yesterday;
  if (atMs >= midnight - 7 * dayMs) return listText.week;
  if (atMs >= midnight - 30 * dayMs) return listText.month;
  return listText.monthText(atMs);
}
