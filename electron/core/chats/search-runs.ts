// Search in texts whose scripts do not part words by spaces: every word of the query must be in the text, anywhere.
import type { SearchHit, TextRange } from '../../contract/chat-list.ts';
import type { ChatDatabase } from './database.ts';

/** Scripts without spaces between words, and Hangul, whose words grow at both ends. */
const runScripts = String.raw`\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}`;
const run = new RegExp(`[${runScripts}]`, 'u');
/** Where a script changes, a word ends: 東京trip is two. */
const word = new RegExp(
  String.raw`(?:(?=[\p{L}\p{N}\p{M}])[${runScripts}])+|(?:(?![${runScripts}])[\p{L}\p{N}\p{M}\p{Co}])+`,
  'gu',
);

/** The index knows three characters at a time; a shorter word is looked for in every text. */
const shortestIndexed = 3;
/** Characters around the first match of a snippet. */
const [before, behind] = [40, 100];

/** Null where the query has no words. */
export function wordsOf(query: string): string[] | null {
  return query.match(word);
}

export function hasRuns(query: string): boolean {
  return run.test(query);
}

/** A message that was found, and its chat. */
export interface MessageRow {
  chat_id: string;
  title: string;
  id: string;
  role: 'user' | 'assistant';
  created_at_ms: number;
}

/** Latest first. `messages_runs_docsize` is FTS5's own list of what is indexed. */
export function searchRuns(database: ChatDatabase, words: readonly string[], most: number): SearchHit[] {
  const long = words.filter((each) => [...each].length >= shortestIndexed);
  const short = words.filter((each) => [...each].length < shortestIndexed);
  const indexed = 'm.key IN (SELECT rowid FROM messages_runs WHERE messages_runs MATCH ?)';
  const conditions = [
    ...(long.length > 0 ? [indexed] : ['m.key IN (SELECT id FROM messages_runs_docsize)']),
    ...short.map(() => 'm.text LIKE ?'),
  ];
  const rows = database.all<MessageRow & { text: string }>(
    `SELECT c.id AS chat_id, c.title, m.id, m.role, m.created_at_ms, m.text
     FROM messages m JOIN chats c ON c.key = m.chat_key
     WHERE ${conditions.join(' AND ')} AND c.trashed_at_ms IS NULL AND m.deleted_at_ms IS NULL
     ORDER BY m.created_at_ms DESC LIMIT ${most}`,
    ...(long.length > 0 ? [long.map((each) => `"${each}"`).join(' ')] : []),
    ...short.map((each) => `%${each}%`),
  );
  return rows.map(({ chat_id: chatId, title, id, role, created_at_ms: createdAtMs, text }) => {
    const message = { id, role, createdAtMs, ...snippetOf(text, words) };
    return { chatId, title, titleMatches: placesOf(title, words), message };
  });
}

/** Chats whose title has all words; used last comes first. Titles are few and short. */
export function searchTitles(database: ChatDatabase, words: readonly string[], most: number): SearchHit[] {
  const rows = database.all<{ id: string; title: string }>(
    `SELECT id, title FROM chats WHERE ${words.map(() => 'title LIKE ?').join(' AND ')} AND trashed_at_ms IS NULL
     ORDER BY used_at_ms DESC LIMIT ${most}`,
    ...words.map((each) => `%${each}%`),
  );
  return rows.map(({ id, title }) => ({ chatId: id, title, titleMatches: placesOf(title, words), message: null }));
}

/** The text around its first match, in one line; a character that the cut halves is left out. */
function snippetOf(text: string, words: readonly string[]): { snippet: string; matches: TextRange[] } {
  const first = placesOf(text, words)[0]?.start ?? 0;
  const from = first <= before ? 0 : first - before;
  const cut = text
    .slice(from, first + behind)
    .toWellFormed()
    .replaceAll(/\s/g, ' ')
    .replaceAll('\u{fffd}', '');
  const snippet = `${from > 0 ? '…' : ''}${cut}${first + behind < text.length ? '…' : ''}`;
  return { snippet, matches: placesOf(snippet, words) };
}

/** Where the words are, in order, none over another. */
function placesOf(text: string, words: readonly string[]): TextRange[] {
  const lower = text.toLowerCase();
  // A letter that is longer in lower case would move what follows.
  const searched = lower.length === text.length ? lower : text;
  const found: TextRange[] = [];
  for (const each of words) {
    const wanted = searched === lower ? each.toLowerCase() : each;
    for (let at = searched.indexOf(wanted); at >= 0; at = searched.indexOf(wanted, at + wanted.length)) {
      found.push({ start: at, length: wanted.length });
    }
  }
  const places: TextRange[] = [];
  for (const place of found.toSorted((a, b) => a.start - b.start)) {
    const last = places.at(-1);
    if (!last || place.start >= last.start + last.length) places.push(place);
  }
  return places;
}
