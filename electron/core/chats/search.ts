// Full-text search over titles and messages, as one types: every word of the query is the beginning of a word that is there,
// whatever its case and accents (SQLite FTS5, unicode61). In scripts without spaces between words they may be anywhere.
import type { SearchHit, TextRange } from '../../contract/chat-list.ts';
import type { ChatDatabase } from './database.ts';
import { hasRuns, searchRuns, searchTitles, wordsOf, type MessageRow } from './search-runs.ts';

const mostHits = 50;
/** Words around the matches in a snippet, at most. */
const snippetWords = 24;
/** Noncharacters of Unicode: no text has them around a word by chance, and if one does, its snippet shows one match more. */
const [opening, closing] = ['\u{fdd0}', '\u{fdd1}'];
const marks = /[\u{fdd0}\u{fdd1}]/gu;

/** Each word in quotes, so that nothing in it is FTS5's syntax, and open at its end. Null: the query has no words. */
function matchOf(query: string): string | null {
  const words = query.match(/[\p{L}\p{N}\p{M}\p{Co}]+/gu);
  return words && words.map((word) => `"${word}"*`).join(' ');
}

/** A marked text without its marks, and where they were. */
function unmark(marked: string): { text: string; matches: TextRange[] } {
  const matches: TextRange[] = [];
  let text = '';
  for (const [index, part] of marked.split(opening).entries()) {
    const end = part.indexOf(closing);
    if (index > 0 && end > 0) matches.push({ start: text.length, length: end });
    text += part.replace(marks, '');
  }
  return { text, matches };
}

interface TitleRow {
  id: string;
  title: string;
  marked: string;
}

export function searchChats(database: ChatDatabase, query: string): SearchHit[] {
  const words = wordsOf(query);
  if (words === null) return [];
  // A word of such a script is in no other texts; others may stand between its characters.
  const others = searchRuns(database, words, mostHits);
  if (hasRuns(query)) return [...searchTitles(database, words, mostHits), ...others].slice(0, mostHits);
  const parted = searchParted(database, query);
  const known = new Set(parted.map(({ message }) => message?.id));
  return [...parted, ...others.filter(({ message }) => !known.has(message?.id))].slice(0, mostHits);
}

/** Where words are parted by spaces. */
function searchParted(database: ChatDatabase, query: string): SearchHit[] {
  const match = matchOf(query);
  if (match === null) return [];
  const titles = database.all<TitleRow>(
    `SELECT c.id, c.title, highlight(chats_title, 0, '${opening}', '${closing}') AS marked
     FROM chats_title JOIN chats c ON c.key = chats_title.rowid
     WHERE chats_title MATCH ? AND c.trashed_at_ms IS NULL ORDER BY chats_title.rank, c.used_at_ms DESC LIMIT ${mostHits}`,
    match,
  );
  const found = titles.map(({ id, title, marked }): SearchHit => {
    return { chatId: id, title, titleMatches: unmark(marked).matches, message: null };
  });
  const texts = database.all<MessageRow & { marked: string }>(
    `SELECT c.id AS chat_id, c.title, m.id, m.role, m.created_at_ms,
       snippet(messages_text, 0, '${opening}', '${closing}', '…', ${snippetWords}) AS marked
     FROM messages_text JOIN messages m ON m.key = messages_text.rowid JOIN chats c ON c.key = m.chat_key
     WHERE messages_text MATCH ? AND c.trashed_at_ms IS NULL AND m.deleted_at_ms IS NULL
     ORDER BY messages_text.rank, m.created_at_ms DESC LIMIT ${mostHits}`,
    match,
  );
  const inTexts = texts.map((row): SearchHit => {
    const { text: snippet, matches } = unmark(row.marked);
    const message = { id: row.id, role: row.role, createdAtMs: row.created_at_ms, snippet, matches };
    const titleMatches = found.find(({ chatId }) => chatId === row.chat_id)?.titleMatches ?? [];
    return { chatId: row.chat_id, title: row.title, titleMatches, message };
  });
  return [...found, ...inTexts];
}
