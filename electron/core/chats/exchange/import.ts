// Takes in a file of exported chats. Every conversation is read on its own: a damaged one is named and keeps no other out.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import type { ImportReport } from '../../../contract/exchange.ts';
import type { ChatStore } from '../store.ts';
import { exportFormat, exportVersion } from './export.ts';
import { parseChatGpt, parseOpenWebUi } from './foreign-formats.ts';
import { parseOwnChat } from './own-format.ts';
import { insertPortable, type PortableChat } from './portable.ts';

type Format = ImportReport['format'];

interface Found {
  format: Format;
  conversations: unknown[];
  parse(value: unknown): PortableChat & { folder?: string | null };
}

const damaged = (message: string, detail?: string) => new KangarooError('file-damaged', message, detail);

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}

function recognise(text: string): Found {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw damaged('The file is not JSON, or not all of it: nothing was imported. Export it once more.', String(error));
  }
  if (has(file, 'format') && file.format === exportFormat && has(file, 'chats') && Array.isArray(file.chats)) {
    if (!has(file, 'version') || file.version !== exportVersion) {
      throw damaged('The file was exported by another version of Kangaroo Chat, which this one does not know. Update the app.');
    }
    return { format: exportFormat, conversations: file.chats, parse: parseOwnChat };
  }
  const conversations: unknown[] = Array.isArray(file) ? file : [file];
  // By the first that can be told: others may be damaged.
  for (const conversation of conversations) {
    if (has(conversation, 'mapping')) return { format: 'chatgpt', conversations, parse: parseChatGpt };
    if (has(conversation, 'chat')) return { format: 'open-webui', conversations, parse: parseOpenWebUi };
  }
  throw damaged(
    'This is no file of chats: it is neither an export of Kangaroo Chat, nor of Open WebUI, nor the conversations.json of a ' +
      'ChatGPT export. Nothing was imported.',
  );
}

/** What is wrong with a conversation, in a few words. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return issue ? `${issue.path.map(String).join('.') || 'the conversation'}: ${issue.message}` : 'it is not understood';
  }
  return error instanceof Error ? error.message : String(error);
}

function titleIn(value: unknown): string {
  const title = has(value, 'title') ? value.title : has(value, 'chat') && has(value.chat, 'title') ? value.chat.title : '';
  return typeof title === 'string' ? title.slice(0, 200) : '';
}

function folderOf(store: ChatStore, name: string): string {
  const known = store.chats.folders().find((folder) => folder.name.toLowerCase() === name.toLowerCase());
  if (known) return known.id;
  const folder = { id: randomUUID(), name };
  store.chats.insertFolder(folder);
  return folder.id;
}

/**
 * Rejects with `file-damaged` where the file is none of the formats; what the database refuses (a full disk) ends the import with
 * that error, and what came before it stays.
 */
export async function importChats(store: ChatStore, text: string): Promise<ImportReport> {
  const { format, conversations, parse } = recognise(text);
  const report: ImportReport = { format, imported: [], failed: [] };
  for (const [place, conversation] of conversations.entries()) {
    let chat: ReturnType<Found['parse']>;
    try {
      chat = parse(conversation);
    } catch (error) {
      report.failed.push({ place, title: titleIn(conversation), reason: reasonOf(error) });
      continue;
    }
    const stored = insertPortable(store, chat, chat.folder ? folderOf(store, chat.folder) : null);
    report.imported.push({ chatId: stored.id, title: chat.title, messages: chat.messages.length });
    // Answers are being written meanwhile.
    await nextTurn();
  }
  return report;
}
