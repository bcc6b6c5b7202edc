// Chats in SQLite: every method is one transaction that is on disk when it returns.
// A file that cannot be read is left as it is (`store-damaged`) until somebody asks to set it aside; none is ever deleted.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Chat, Message } from '../../contract/chats.ts';
import type { Draft, GenerationStats, Round } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import { migrate, readVersion } from './migrate.ts';

const fileName = 'chats.db';

/** A chat without its messages. */
export type ChatHead = Pick<Chat, 'id' | 'title' | 'createdAtMs'>;

interface ChatRow {
  id: string;
  title: string;
  created_at_ms: number;
}

interface MessageRow {
  id: string;
  role: Message['role'];
  text: string;
  status: Message['status'];
  created_at_ms: number;
  rounds_json: string;
  stats_json: string | null;
  stop_reason: string | null;
  error_json: string | null;
  speedup: number | null;
  model_name: string | null;
}

/** Later than any other use, even where the clock went back. */
const latestUse = 'max(@nowMs, (SELECT coalesce(max(used_at_ms), 0) + 1 FROM chats))';

const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
const parsed = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));

function toRow(message: Message): MessageRow {
  return {
    id: message.id,
    role: message.role,
    text: message.text,
    status: message.status,
    created_at_ms: message.createdAtMs,
    rounds_json: JSON.stringify(message.rounds),
    stats_json: json(message.stats),
    stop_reason: message.stopReason,
    error_json: json(message.error),
    speedup: message.speedup,
    model_name: message.modelName,
  };
}

/** Fields that drafts, rounds and statistics of earlier versions do not have. */
const draftDefaults = { source: 'adapter' } satisfies Partial<Draft>;
const roundDefaults = { discarded: 0, paused: false, expectedSpeedup: null } satisfies Partial<Round>;
const statsDefaults = {
  discarded: 0,
  pausedRounds: 0,
  plainStepMs: null,
  lookedUp: 0,
  lookedUpAccepted: 0,
  contextShifts: 0,
  computeMs: null,
} satisfies Partial<GenerationStats>;

function withDefaults(round: Round): Round {
  return { ...roundDefaults, ...round, drafts: round.drafts.map((draft) => ({ ...draftDefaults, ...draft })) };
}

function withStatsDefaults(stats: Partial<GenerationStats>, rounds: readonly Round[]): GenerationStats {
  const roundsMs = rounds.reduce((ms, round) => ms + round.draftMs + round.verifyMs, 0);
  return { ...statsDefaults, roundsMs, ...stats } as GenerationStats;
}

function fromRow(row: MessageRow): Message {
  const rounds = (parsed<Round[]>(row.rounds_json) ?? []).map(withDefaults);
  const stats = parsed<GenerationStats>(row.stats_json);
  return {
    id: row.id,
    role: row.role,
    text: row.text,
    status: row.status,
    createdAtMs: row.created_at_ms,
    rounds,
    stats: stats && withStatsDefaults(stats, rounds),
    stopReason: row.stop_reason as Message['stopReason'],
    error: parsed<NonNullable<Message['error']>>(row.error_json),
    speedup: row.speedup,
    modelName: row.model_name,
  };
}

/** SQLite's errors as ours. */
function storeError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_FULL') {
    return new KangarooError('disk-full', 'The chat was not saved: the disk is full. Free some space and try again.', code);
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return damaged(path, `${code}: ${error.message}`);
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    const message = `The chats in ${path} cannot be opened. Check the rights of the file and of its folder.`;
    return new KangarooError('file-not-readable', message, `${code}: ${error.message}`);
  }
  return new KangarooError('internal', `The chats could not be read or written: ${error.message}`, error.stack);
}

function damaged(path: string, detail: string): KangarooError {
  const message =
    `The chats in ${path} cannot be read: the file is damaged. Nothing was changed. ` +
    'Set the file aside to start with an empty list; it is kept.';
  return new KangarooError('store-damaged', message, detail);
}

export function storePath(dataDir: string): string {
  return join(dataDir, fileName);
}

/**
 * Renames a damaged database and what belongs to it, so that the next start makes a new one. Only at somebody's request.
 * Returns the new path.
 */
export function setStoreAside(dataDir: string, nowMs: number): string {
  const path = storePath(dataDir);
  const target = `${path}.set-aside-${new Date(nowMs).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}

/** Throws `store-damaged`, `store-too-new`, `file-not-readable`, `disk-full`. */
export function openStore(dataDir: string): ChatStore {
  const path = storePath(dataDir);
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    // A later version's file is not even switched to WAL.
    readVersion(database);
    const check = database.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok') throw damaged(path, String(check));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, (version) => `${path}.version-${version}-${Date.now()}.backup`);
    return new ChatStore(database, path);
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
}

export class ChatStore {
  readonly #database: Database.Database;
  readonly #path: string;

  constructor(database: Database.Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** The chat that was used last. */
  current(): Chat | null {
    const sql = 'SELECT id, title, created_at_ms FROM chats ORDER BY used_at_ms DESC LIMIT 1';
    return this.#run(() => this.#complete(this.#database.prepare<[], ChatRow>(sql).get()));
  }

  find(chatId: string): Chat | null {
    const sql = 'SELECT id, title, created_at_ms FROM chats WHERE id = ?';
    return this.#run(() => this.#complete(this.#database.prepare<[string], ChatRow>(sql).get(chatId)));
  }

  /** It is the current chat from now on. */
  insertChat(chat: ChatHead): void {
    const sql = `INSERT INTO chats (id, title, created_at_ms, used_at_ms) VALUES (@id, @title, @createdAtMs, ${latestUse})`;
    this.#run(() => this.#database.prepare(sql).run({ ...chat, nowMs: chat.createdAtMs }));
  }

  /** Makes it the current chat. */
  touchChat(chatId: string, title: string, nowMs: number): void {
    const sql = `UPDATE chats SET title = @title, used_at_ms = ${latestUse} WHERE id = @chatId`;
    this.#run(() => this.#database.prepare(sql).run({ chatId, title, nowMs }));
  }

  /** The messages and the chat's title and time of use: all or nothing. */
  appendTurn(chatId: string, messages: readonly Message[], title: string, nowMs: number): void {
    this.#transact(() => {
      this.appendMessages(chatId, messages);
      this.touchChat(chatId, title, nowMs);
    });
  }

  /** All or none, after the messages that are there. */
  appendMessages(chatId: string, messages: readonly Message[]): void {
    const insert = this.#database.prepare(
      `INSERT INTO messages (id, chat_id, position, role, text, status, created_at_ms, rounds_json, stats_json, stop_reason,
         error_json, speedup, model_name)
       VALUES (@id, @chat_id, (SELECT coalesce(max(position), -1) + 1 FROM messages WHERE chat_id = @chat_id), @role, @text,
         @status, @created_at_ms, @rounds_json, @stats_json, @stop_reason, @error_json, @speedup, @model_name)`,
    );
    this.#transact(() => {
      for (const message of messages) insert.run({ ...toRow(message), chat_id: chatId });
    });
  }

  /** What users wrote, in all chats, the latest first. */
  userPrompts(): string[] {
    const sql = "SELECT text FROM messages WHERE role = 'user' ORDER BY created_at_ms DESC";
    return this.#run(() => (this.#database.prepare(sql).all() as { text: string }[]).map(({ text }) => text));
  }

  updateMessage(message: Message): void {
    const sql =
      'UPDATE messages SET text = @text, status = @status, rounds_json = @rounds_json, stats_json = @stats_json, ' +
      'stop_reason = @stop_reason, error_json = @error_json, speedup = @speedup, model_name = @model_name WHERE id = @id';
    this.#run(() => this.#database.prepare(sql).run(toRow(message)));
  }

  /** Removes one message and puts another in its place, at the end. */
  replaceMessage(chatId: string, oldId: string, message: Message): void {
    this.#transact(() => {
      this.#database.prepare('DELETE FROM messages WHERE id = ?').run(oldId);
      this.appendMessages(chatId, [message]);
    });
  }

  /** Answers that a process left unfinished when it died become `failed` with this error. */
  failUnfinished(error: NonNullable<Message['error']>): void {
    const sql = "UPDATE messages SET status = 'failed', error_json = ? WHERE status = 'streaming'";
    this.#run(() => this.#database.prepare(sql).run(JSON.stringify(error)));
  }

  close(): void {
    this.#database.close();
  }

  #complete(row: ChatRow | undefined): Chat | null {
    if (!row) return null;
    const sql =
      'SELECT id, role, text, status, created_at_ms, rounds_json, stats_json, stop_reason, error_json, speedup, model_name ' +
      'FROM messages WHERE chat_id = ? ORDER BY position';
    const messages = this.#database.prepare<[string], MessageRow>(sql).all(row.id).map(fromRow);
    return { id: row.id, title: row.title, createdAtMs: row.created_at_ms, messages };
  }

  #transact(work: () => void): void {
    this.#run(this.#database.transaction(work));
  }

  #run<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }
}
