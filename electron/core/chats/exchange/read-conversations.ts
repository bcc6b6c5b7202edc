// Reads the text of a file of exported chats, whichever app wrote it. Every conversation is read on its own: a damaged one is
// named and keeps no other out. Touches no database, so that a thread of its own can do it.
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import type { ImportReport } from '../../../contract/exchange.ts';
import { exportFormat, exportVersion } from './export.ts';
import { parseChatGpt, parseOpenWebUi } from './foreign-formats.ts';
import { parseOwnChat } from './own-format.ts';
import type { PortableChat } from './portable.ts';

type ReadChat = PortableChat & { folder?: string | null };

/** One conversation of a file: the chat, or why it is none. */
export type Conversation = { chat: ReadChat } | { failed: ImportReport['failed'][number] };

export interface Conversations {
  format: ImportReport['format'];
  /** In the file's order. */
  all: Iterable<Conversation> | AsyncIterable<Conversation>;
}

const damaged = (message: string, detail?: string) => new KangarooError('file-damaged', message, detail);

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}

interface Found {
  format: ImportReport['format'];
  conversations: unknown[];
  parse(value: unknown): ReadChat;
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

/** Throws `file-damaged` where the text is none of the formats; conversations are read as they are asked for. */
export function readConversations(text: string): Conversations & { all: Iterable<Conversation> } {
  // Some editors write a byte order mark.
  const { format, conversations, parse } = recognise(text.replace(/^\uFEFF/, ''));
  function* all(): Generator<Conversation> {
    for (const [place, conversation] of conversations.entries()) {
      let read: Conversation;
      try {
        read = { chat: parse(conversation) };
      } catch (error) {
        read = { failed: { place, title: titleIn(conversation), reason: reasonOf(error) } };
      }
      // It may be large, and is not needed again.
      conversations[place] = null;
      yield read;
    }
  }
  return { format, all: all() };
}
