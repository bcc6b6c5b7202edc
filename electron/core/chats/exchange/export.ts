// Chats as the text of a file, in pieces that messages between processes can carry.
import type { ExportRequest } from '../../../contract/exchange.ts';
import type { StoredChat } from '../chat-table.ts';
import type { ChatStore } from '../store.ts';
import { attachmentText } from '../turns.ts';
import { messagesOf, portableHead } from './portable.ts';

/** UTF-16 units. */
const pieceLength = 200_000;

export const exportFormat = 'kangaroo-chat';
export const exportVersion = 1;

/** The pieces of the file; chats that are gone meanwhile are left out. */
export function* exportChats(store: ChatStore, request: ExportRequest, nowMs: number): Generator<string> {
  const ids = request.chatIds ?? store.chats.list().map(({ id }) => id);
  const chats = (function* () {
    for (const id of ids) {
      const chat = store.chats.find(id);
      if (chat) yield chat;
    }
  })();
  const parts = request.format === 'json' ? json(store, chats, request.rounds, nowMs) : markdown(store, chats);
  yield* inPieces(parts);
}

function* json(store: ChatStore, chats: Iterable<StoredChat>, rounds: boolean, nowMs: number): Generator<string> {
  const names = new Map(store.chats.folders().map(({ id, name }) => [id, name]));
  yield `{"format":"${exportFormat}","version":${exportVersion},"exportedAtMs":${nowMs},"chats":[`;
  let comma = '\n';
  for (const chat of chats) {
    const folder = chat.folderId === null ? null : (names.get(chat.folderId) ?? null);
    yield `${comma}${JSON.stringify({ ...portableHead(store, chat), folder }).slice(0, -1)},"messages":[`;
    comma = '\n';
    for (const message of messagesOf(store, chat, rounds)) {
      yield `${comma}${JSON.stringify(message)}`;
      comma = ',\n';
    }
    yield ']}';
    comma = ',\n';
  }
  yield '\n]}\n';
}

function* markdown(store: ChatStore, chats: Iterable<StoredChat>): Generator<string> {
  let between = '';
  for (const chat of chats) {
    const date = (ms: number) => new Date(ms).toISOString();
    // A JSON string is a YAML string too.
    yield `${between}---\ntitle: ${JSON.stringify(chat.title)}\ncreated: ${date(chat.createdAtMs)}\n`;
    yield `used: ${date(chat.usedAtMs)}\napplication: Kangaroo Chat\n`;
    const { systemPrompt } = chat.settings;
    if (systemPrompt) yield `system_prompt: ${JSON.stringify(systemPrompt)}\n`;
    yield `---\n\n# ${chat.title}\n`;
    for (const key of store.messages.branchKeys(chat.leafKey)) {
      const message = store.messages.at(key);
      if (!message) continue;
      const who = message.role === 'user' ? 'You' : (message.modelName ?? 'Assistant');
      yield `\n## ${who}\n\n`;
      for (const attachment of store.messages.attachments(key)) yield `${attachmentText(attachment)}\n\n`;
      yield `${message.text.trim()}\n`;
    }
    between = '\n';
  }
}

/** Small parts together, large ones cut, never inside a character. */
function* inPieces(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    while (piece.length >= pieceLength) {
      const high = piece.charCodeAt(pieceLength - 1);
      const end = high >= 0xd800 && high <= 0xdbff ? pieceLength - 1 : pieceLength;
      yield piece.slice(0, end);
      piece = piece.slice(end);
    }
  }
  if (piece !== '') yield piece;
}
