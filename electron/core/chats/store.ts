// Everything about chats that is on disk, in one SQLite file.
import { openChatDatabase, type ChatDatabase } from './database.ts';
import { ChatTable } from './chat-table.ts';
import { MessageTree } from './message-tree.ts';
import { PresetTable } from './presets.ts';
import { searchChats } from './search.ts';
import { allTotals, branchTotals } from './totals.ts';

export interface ChatStore {
  chats: ChatTable;
  messages: MessageTree;
  presets: PresetTable;
  search(query: string): ReturnType<typeof searchChats>;
  /** Of the branch that ends with this message; without one, of all answers that are kept. */
  totals(leafKey?: number | null): ReturnType<typeof allTotals>;
  /** All of it or nothing. */
  transact<T>(work: () => T): T;
  close(): void;
}

/** Throws `store-damaged`, `store-too-new`, `file-not-readable`, `disk-full`. */
export function openStore(dataDir: string): ChatStore {
  const database: ChatDatabase = openChatDatabase(dataDir);
  return {
    chats: new ChatTable(database),
    messages: new MessageTree(database),
    presets: new PresetTable(database),
    search: (query) => searchChats(database, query),
    totals: (leafKey) => (leafKey === undefined ? allTotals(database) : branchTotals(database, leafKey)),
    transact: (work) => database.transact(work),
    close: () => database.close(),
  };
}
