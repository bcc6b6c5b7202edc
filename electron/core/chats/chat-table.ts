// Chats without their messages, and folders: the list, the trash, titles, drafts and settings.
// Every method is one transaction that is on disk when it returns.
import { randomUUID } from 'node:crypto';
import type { ChatEntry, Folder, TrashedChat } from '../../contract/chat-list.ts';
import type { ChatSettings } from '../../contract/chats.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { AnswerSettings } from '../../contract/settings.ts';
import type { ChatDatabase } from './database.ts';
import { firstWordsOf } from './turns.ts';

/** Who gave a chat its title: nobody yet, its first message, the model, or the user. */
export type TitleSource = 'none' | 'text' | 'model' | 'user';

/** A chat as it is stored, without its messages. */
export interface StoredChat {
  key: number;
  id: string;
  title: string;
  titleSource: TitleSource;
  folderId: string | null;
  pinned: boolean;
  createdAtMs: number;
  usedAtMs: number;
  /** The last message of the active branch; null: there is none. */
  leafKey: number | null;
  draft: string;
  settings: ChatSettings;
}

interface ChatRow {
  key: number;
  id: string;
  title: string;
  title_source: TitleSource;
  folder_id: string | null;
  pinned: number;
  created_at_ms: number;
  used_at_ms: number;
  trashed_at_ms: number | null;
  leaf_key: number | null;
  draft: string;
  system_prompt: string | null;
  overrides_json: string;
  first_text: string | null;
}

/** In place of the time at which a chat was put into the trash. */
const arriving = -1;
const trashDays = 30;
export const trashMs = trashDays * 24 * 60 * 60 * 1000;

/** Later than any other use, even where the clock went back. */
const latestUse = 'max(@nowMs, (SELECT coalesce(max(used_at_ms), 0) + 1 FROM chats))';

/** The first message's beginning, as much as the first words may need. */
const firstText =
  '(SELECT substr(text, 1, 400) FROM messages WHERE chat_key = c.key AND parent_key IS NULL AND deleted_at_ms IS NULL ' +
  'ORDER BY key LIMIT 1)';

function storedChat(row: ChatRow): StoredChat {
  return {
    key: row.key,
    id: row.id,
    title: row.title,
    titleSource: row.title_source,
    folderId: row.folder_id,
    pinned: row.pinned === 1,
    createdAtMs: row.created_at_ms,
    usedAtMs: row.used_at_ms,
    leafKey: row.leaf_key,
    draft: row.draft,
    settings: { systemPrompt: row.system_prompt, overrides: JSON.parse(row.overrides_json) as Partial<AnswerSettings> },
  };
}

type Entry = Omit<ChatEntry, 'answering'>;

function entryOf(row: ChatRow): Entry {
  const { id, title, folderId, pinned, createdAtMs, usedAtMs } = storedChat(row);
  return { id, title, folderId, pinned, createdAtMs, usedAtMs, firstWords: firstWordsOf(row.first_text ?? '') };
}

export class ChatTable {
  readonly #database: ChatDatabase;

  constructor(database: ChatDatabase) {
    this.#database = database;
  }

  find(id: string): StoredChat | null {
    const row = this.#database.get<ChatRow>('SELECT * FROM chats WHERE id = ? AND trashed_at_ms IS NULL', id);
    return row ? storedChat(row) : null;
  }

  /** The chat that was made current last and is not in the trash; else the one used last. */
  current(): StoredChat | null {
    const sql =
      'SELECT chats.* FROM chats LEFT JOIN current ON chat_id = chats.id WHERE trashed_at_ms IS NULL ' +
      'ORDER BY chat_id IS NULL, used_at_ms DESC LIMIT 1';
    const row = this.#database.get<ChatRow>(sql);
    return row ? storedChat(row) : null;
  }

  makeCurrent(id: string): void {
    this.#database.run('INSERT INTO current VALUES (1, ?) ON CONFLICT DO UPDATE SET chat_id = excluded.chat_id', id);
  }

  insert(chat: Partial<StoredChat> & { title: string; titleSource: TitleSource; createdAtMs: number }): StoredChat {
    const id = chat.id ?? randomUUID();
    const { title, titleSource, folderId = null, pinned = false, createdAtMs, settings } = chat;
    this.#database.run(
      `INSERT INTO chats (id, title, title_source, folder_id, pinned, created_at_ms, used_at_ms, draft, system_prompt,
         overrides_json)
       VALUES (@id, @title, @titleSource, @folderId, @pinned, @createdAtMs, coalesce(@usedAtMs, ${latestUse}), @draft,
         @systemPrompt, @overrides)`,
      {
        id,
        title,
        titleSource,
        folderId,
        pinned: Number(pinned),
        createdAtMs,
        nowMs: createdAtMs,
        usedAtMs: chat.usedAtMs ?? null,
        draft: chat.draft ?? '',
        systemPrompt: settings?.systemPrompt ?? null,
        overrides: JSON.stringify(settings?.overrides ?? {}),
      },
    );
    const stored = this.find(id);
    if (!stored) throw new KangarooError('internal', 'The chat that was just stored is not there.');
    return stored;
  }

  /** A chat whose messages come in over some time: until `arrived` it is nowhere to be found, and the next start removes it. */
  insertArriving(chat: Parameters<ChatTable['insert']>[0]): StoredChat {
    return this.#database.transact(() => {
      const stored = this.insert(chat);
      this.#database.run(`UPDATE chats SET trashed_at_ms = ${arriving} WHERE key = ?`, stored.key);
      return stored;
    });
  }

  arrived(key: number): void {
    this.#database.run(`UPDATE chats SET trashed_at_ms = NULL WHERE key = ? AND trashed_at_ms = ${arriving}`, key);
  }

  /** Removes what has not arrived: this one, or all. */
  removeArriving(key: number | null = null): void {
    this.#database.run(`DELETE FROM chats WHERE trashed_at_ms = ${arriving} AND key = coalesce(?, key)`, key);
  }

  touch(key: number, nowMs: number): void {
    this.#database.run(`UPDATE chats SET used_at_ms = ${latestUse} WHERE key = @key`, { key, nowMs });
  }

  setTitle(key: number, title: string, source: TitleSource): void {
    this.#database.run('UPDATE chats SET title = ?, title_source = ? WHERE key = ?', title, source, key);
  }

  setPinned(key: number, pinned: boolean): void {
    this.#database.run('UPDATE chats SET pinned = ? WHERE key = ?', Number(pinned), key);
  }

  setFolder(key: number, folderId: string | null): void {
    this.#database.run('UPDATE chats SET folder_id = ? WHERE key = ?', folderId, key);
  }

  setDraft(key: number, draft: string): void {
    this.#database.run('UPDATE chats SET draft = ? WHERE key = ?', draft, key);
  }

  setSettings(key: number, { systemPrompt, overrides }: ChatSettings): void {
    const sql = 'UPDATE chats SET system_prompt = ?, overrides_json = ? WHERE key = ?';
    this.#database.run(sql, systemPrompt, JSON.stringify(overrides), key);
  }

  /** All that are not in the trash; used last comes first. */
  list(): Entry[] {
    const sql = `SELECT c.*, ${firstText} AS first_text FROM chats c WHERE trashed_at_ms IS NULL ORDER BY used_at_ms DESC`;
    return this.#database.all<ChatRow>(sql).map(entryOf);
  }

  entry(id: string): Entry | null {
    const sql = `SELECT c.*, ${firstText} AS first_text FROM chats c WHERE id = ? AND trashed_at_ms IS NULL`;
    const row = this.#database.get<ChatRow>(sql, id);
    return row ? entryOf(row) : null;
  }

  trash(key: number, nowMs: number): void {
    this.#database.run('UPDATE chats SET trashed_at_ms = ? WHERE key = ?', nowMs, key);
  }

  /** False where it is not in the trash. */
  restore(id: string): boolean {
    const sql = 'UPDATE chats SET trashed_at_ms = NULL WHERE id = ? AND trashed_at_ms >= 0';
    return this.#database.run(sql, id).changes === 1;
  }

  /** Deletes it for good; false where it is not in the trash. */
  purge(id: string): boolean {
    return this.#database.run('DELETE FROM chats WHERE id = ? AND trashed_at_ms >= 0', id).changes === 1;
  }

  /** What is in the trash, newest first. */
  listTrash(): TrashedChat[] {
    const sql = `SELECT c.*, ${firstText} AS first_text FROM chats c WHERE trashed_at_ms >= 0 ORDER BY trashed_at_ms DESC`;
    return this.#database.all<ChatRow>(sql).map((row) => {
      const trashedAtMs = row.trashed_at_ms ?? 0;
      const { id, title, firstWords } = entryOf(row);
      return { id, title, firstWords, trashedAtMs, purgedAtMs: trashedAtMs + trashMs };
    });
  }

  folders(): Folder[] {
    return this.#database.all<Folder>('SELECT id, name FROM folders ORDER BY name');
  }

  hasFolder(id: string): boolean {
    return this.#database.get('SELECT 1 FROM folders WHERE id = ?', id) !== undefined;
  }

  /** Another folder has this name, whatever its case. */
  isFolderName(name: string, exceptId = ''): boolean {
    return this.#database.get('SELECT 1 FROM folders WHERE name = ? AND id <> ?', name, exceptId) !== undefined;
  }

  insertFolder(folder: Folder): void {
    this.#database.run('INSERT INTO folders VALUES (?, ?)', folder.id, folder.name);
  }

  renameFolder({ id, name }: Folder): void {
    this.#database.run('UPDATE folders SET name = ? WHERE id = ?', name, id);
  }

  /** Its chats stay. */
  deleteFolder(id: string): void {
    this.#database.run('DELETE FROM folders WHERE id = ?', id);
  }
}
