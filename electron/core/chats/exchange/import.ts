// Stores the conversations of a file, one after the other.
import { randomUUID } from 'node:crypto';
import type { ImportReport } from '../../../contract/exchange.ts';
import type { ChatStore } from '../store.ts';
import { insertPortable } from './portable.ts';
import { readConversations, type Conversations } from './read-conversations.ts';

function folderOf(store: ChatStore, name: string): string {
  const known = store.chats.folders().find((folder) => folder.name.toLowerCase() === name.toLowerCase());
  if (known) return known.id;
  const folder = { id: randomUUID(), name };
  store.chats.insertFolder(folder);
  return folder.id;
}

/** What the database refuses (a full disk) ends the import with that error, and what came before it stays. */
export async function storeConversations(store: ChatStore, { format, all }: Conversations): Promise<ImportReport> {
  const report: ImportReport = { format, imported: [], failed: [] };
  for await (const conversation of all) {
    if ('failed' in conversation) {
      report.failed.push(conversation.failed);
      continue;
    }
    const { chat } = conversation;
    const stored = await insertPortable(store, chat, chat.folder ? folderOf(store, chat.folder) : null);
    report.imported.push({ chatId: stored.id, title: chat.title, messages: chat.messages.length });
  }
  return report;
}

/** Of a text that is here already. Rejects with `file-damaged` where it is no export. */
export async function importChats(store: ChatStore, text: string): Promise<ImportReport> {
  return storeConversations(store, readConversations(text));
}
