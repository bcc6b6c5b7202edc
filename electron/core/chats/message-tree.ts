// The messages of chats, as trees: every message follows one other; the active branch of a chat ends at its leaf.
// Every method is one transaction that is on disk when it returns. Chats are given by their key.
import type { Attachment, AttachmentInfo, Message, TreeNode } from '../../contract/chats.ts';
import { messagesPerPage } from '../../contract/chats.ts';
import type { Round } from '../../contract/engine.ts';
import type { ChatDatabase } from './database.ts';
import { messageColumns, messageOf, stateOf, type MessageContent, type MessageRow } from './message-rows.ts';
import { decodeRounds, encodeRounds, textOfRounds } from './round-codec.ts';
import { firstWordsOf, type Said } from './turns.ts';

/** Bytes of text and of what answers carry beside it; a page has one message at least. */
const bytesPerPage = 1 << 20;
/** Of a text, as much as its first words may need. */
const firstTextLength = 400;

export class MessageTree {
  readonly #database: ChatDatabase;

  constructor(database: ChatDatabase) {
    this.#database = database;
  }

  /**
   * The newest messages of the branch that ends with this one, oldest first, as many as a page holds, and how many come
   * before them. `all`: the whole branch.
   */
  branch(leafKey: number | null, all = false): { messages: Message[]; earlier: number } {
    const rows = this.#database.all<MessageRow>(
      `WITH RECURSIVE branch (key, parent_key, count, bytes) AS (
         SELECT key, parent_key, 1, 0 FROM messages WHERE key = @leafKey
         UNION ALL
         SELECT m.key, m.parent_key, count + 1,
           bytes + octet_length(m.text) + octet_length(coalesce(m.answered_with_json, '')) + 1000
         FROM branch JOIN messages m ON m.key = branch.parent_key WHERE count < @most AND bytes < @mostBytes
       )
       SELECT ${messageColumns} FROM branch JOIN messages m USING (key) ORDER BY m.depth`,
      { leafKey, most: all ? 1e9 : messagesPerPage, mostBytes: all ? 1e12 : bytesPerPage },
    );
    return { messages: rows.map((row) => this.#complete(row)), earlier: rows[0]?.depth ?? 0 };
  }

  find(chatKey: number, id: string): { key: number; message: Message; parentKey: number | null } | null {
    const row = this.#row(chatKey, id);
    return row ? { key: row.key, message: this.#complete(row), parentKey: row.parent_key } : null;
  }

  /** Puts a message behind another, or at the beginning, and makes it the leaf of the active branch. Returns its key. */
  append(chatKey: number, parentKey: number | null, message: MessageContent, attachments: readonly Attachment[] = []): number {
    return this.#database.transact(() => {
      const { key } = this.#database.run(
        `INSERT INTO messages (id, chat_key, parent_key, depth, role, text, status, created_at_ms, stats_json, continuations,
           time_to_first_token_ms, stop_reason, error_json, speedup, model_name, answered_with_json)
         VALUES (@id, @chatKey, @parentKey, coalesce((SELECT depth + 1 FROM messages WHERE key = @parentKey), 0), @role, @text,
           @status, @createdAtMs, @stats, @continuations, @timeToFirstTokenMs, @stopReason, @error, @speedup, @modelName,
           @answeredWith)`,
        { ...stateOf(message), chatKey, parentKey, role: message.role, createdAtMs: message.createdAtMs },
      );
      for (const [place, { name, text }] of attachments.entries()) {
        this.#database.run('INSERT INTO attachments VALUES (?, ?, ?, ?)', key, place, name, text);
      }
      if (parentKey !== null) this.#database.run('UPDATE messages SET active_child_key = ? WHERE key = ?', key, parentKey);
      this.#database.run('UPDATE chats SET leaf_key = ? WHERE key = ?', key, chatKey);
      return key;
    });
  }

  /** The state of a message, and the rounds that came since it was stored last. `textBefore`: see `stateOf`. */
  update(message: MessageContent, newRounds: readonly Round[], textBefore = ''): void {
    this.#database.transact(() => {
      this.#database.run(
        `UPDATE messages SET text = @text, status = @status, stats_json = @stats, continuations = @continuations,
           time_to_first_token_ms = @timeToFirstTokenMs, stop_reason = @stopReason, error_json = @error, speedup = @speedup,
           model_name = @modelName, answered_with_json = @answeredWith, round_count = round_count + @newRounds WHERE id = @id`,
        { ...stateOf(message, textBefore), newRounds: newRounds.length },
      );
      const insert = 'INSERT INTO rounds (message_key, data) SELECT key, ? FROM messages WHERE id = ?';
      if (newRounds.length > 0) this.#database.run(insert, encodeRounds(newRounds), message.id);
      if (message.status !== 'streaming') this.#joinRounds(message.id);
    });
  }

  rounds(messageKey: number): Round[] {
    return this.#chunks(messageKey).flatMap((data) => decodeRounds(data));
  }

  attachments(messageKey: number): Attachment[] {
    return this.#database.all<Attachment>('SELECT name, text FROM attachments WHERE message_key = ? ORDER BY place', messageKey);
  }

  /** What the user wrote, in all chats and branches that are not in the trash, the latest first. */
  userPrompts(): string[] {
    const rows = this.#database.all<{ text: string }>(
      `SELECT m.text FROM messages m JOIN chats c ON c.key = m.chat_key
       WHERE m.role = 'user' AND m.deleted_at_ms IS NULL AND c.trashed_at_ms IS NULL ORDER BY m.created_at_ms DESC`,
    );
    return rows.map(({ text }) => text);
  }

  /** What a whole branch says, from the beginning on. */
  said(leafKey: number | null): Said[] {
    const rows = this.#database.all<{ key: number; role: Message['role']; text: string; attached: number }>(
      `WITH RECURSIVE branch (key, parent_key) AS (
         SELECT key, parent_key FROM messages WHERE key = ?
         UNION ALL SELECT m.key, m.parent_key FROM branch JOIN messages m ON m.key = branch.parent_key
       )
       SELECT m.key, m.role, m.text, EXISTS (SELECT 1 FROM attachments WHERE message_key = m.key) AS attached
       FROM branch JOIN messages m USING (key) ORDER BY m.depth`,
      leafKey,
    );
    return rows.map(({ key, role, text, attached }) => {
      return { role, text, attachments: attached ? this.attachments(key) : [] };
    });
  }

  /** All messages of a chat, parents before their children. */
  keys(chatKey: number): number[] {
    const sql = 'SELECT key FROM messages WHERE chat_key = ? AND deleted_at_ms IS NULL ORDER BY key';
    return this.#database.all<{ key: number }>(sql, chatKey).map(({ key }) => key);
  }

  /** From the beginning of a branch to its end. */
  branchKeys(leafKey: number | null): number[] {
    const sql =
      'WITH RECURSIVE branch (key, parent_key, depth) AS (SELECT key, parent_key, depth FROM messages WHERE key = ? UNION ALL ' +
      'SELECT m.key, m.parent_key, m.depth FROM branch JOIN messages m ON m.key = branch.parent_key) ' +
      'SELECT key FROM branch ORDER BY depth';
    return this.#database.all<{ key: number }>(sql, leafKey).map(({ key }) => key);
  }

  at(key: number): Message | null {
    const row = this.#database.get<MessageRow>(`SELECT ${messageColumns} FROM messages m WHERE m.key = ?`, key);
    return row ? this.#complete(row) : null;
  }

  /** Makes the branch of this message the active one, down to where it was last. */
  select(chatKey: number, key: number): void {
    this.#database.transact(() => {
      this.#database.run(
        `WITH RECURSIVE up (key, parent_key) AS (
           SELECT key, parent_key FROM messages WHERE key = ?
           UNION ALL SELECT m.key, m.parent_key FROM up JOIN messages m ON m.key = up.parent_key
         )
         UPDATE messages SET active_child_key = up.key FROM up WHERE messages.key = up.parent_key`,
        key,
      );
      // Where what was active is gone, the newest takes its place.
      const leaf = this.#database.get<{ key: number }>(
        `WITH RECURSIVE down (key) AS (
           SELECT ?
           UNION ALL
           SELECT (SELECT c.key FROM messages c WHERE c.parent_key = m.key AND c.deleted_at_ms IS NULL
                   ORDER BY c.key = m.active_child_key DESC, c.key DESC LIMIT 1) AS next
           FROM down JOIN messages m ON m.key = down.key WHERE next IS NOT NULL
         )
         SELECT down.key FROM down JOIN messages USING (key) ORDER BY depth DESC LIMIT 1`,
        key,
      );
      this.#database.run('UPDATE chats SET leaf_key = ? WHERE key = ?', leaf?.key ?? key, chatKey);
    });
  }

  tree(chatKey: number, leafKey: number | null): TreeNode[] {
    const active = new Set(
      this.#database
        .all<{ id: string }>(
          `WITH RECURSIVE up (id, parent_key) AS (
             SELECT id, parent_key FROM messages WHERE key = ?
             UNION ALL SELECT m.id, m.parent_key FROM up JOIN messages m ON m.key = up.parent_key
           ) SELECT id FROM up`,
          leafKey,
        )
        .map(({ id }) => id),
    );
    const rows = this.#database.all<MessageRow>(
      `SELECT m.id, p.id AS parent_id, m.role, m.status, m.created_at_ms, substr(m.text, 1, ${firstTextLength}) AS text
       FROM messages m LEFT JOIN messages p ON p.key = m.parent_key
       WHERE m.chat_key = ? AND m.deleted_at_ms IS NULL ORDER BY m.depth, m.key`,
      chatKey,
    );
    return rows.map((row) => ({
      id: row.id,
      parentId: row.parent_id,
      role: row.role,
      status: row.status,
      createdAtMs: row.created_at_ms,
      firstWords: firstWordsOf(row.text),
      active: active.has(row.id),
    }));
  }

  /** Takes it and all that follows it away; the branch beside it, or the one before it, becomes active if it was. */
  remove(chatKey: number, { key, parentKey }: { key: number; parentKey: number | null }, nowMs: number): void {
    this.#database.transact(() => {
      this.#database.run(
        `WITH RECURSIVE gone (key) AS (
           SELECT @key UNION ALL SELECT m.key FROM gone JOIN messages m ON m.parent_key = gone.key WHERE m.deleted_at_ms IS NULL
         )
         UPDATE messages SET deleted_at_ms = @nowMs, deleted_with_key = @key WHERE key IN gone`,
        { key, nowMs },
      );
      const leafGone =
        'SELECT 1 FROM chats JOIN messages ON messages.key = leaf_key WHERE chats.key = ? AND deleted_at_ms NOTNULL';
      if (!this.#database.get(leafGone, chatKey)) return;
      const nearest = this.#database.get<{ key: number }>(
        `SELECT key FROM messages WHERE chat_key = @chatKey AND parent_key IS @parentKey AND deleted_at_ms IS NULL
         ORDER BY abs(key - @key) LIMIT 1`,
        { chatKey, parentKey, key },
      );
      const next = nearest?.key ?? parentKey;
      if (next === null) this.#database.run('UPDATE chats SET leaf_key = NULL WHERE key = ?', chatKey);
      else this.select(chatKey, next);
    });
  }

  /** False where nothing was taken away with this message, or what it follows is itself away. */
  restore(chatKey: number, id: string): boolean {
    return this.#database.transact(() => {
      const row = this.#database.get<{ key: number }>(
        `SELECT m.key FROM messages m LEFT JOIN messages p ON p.key = m.parent_key
         WHERE m.id = ? AND m.chat_key = ? AND m.deleted_with_key = m.key AND p.deleted_at_ms IS NULL`,
        id,
        chatKey,
      );
      if (!row) return false;
      const sql = 'UPDATE messages SET deleted_at_ms = NULL, deleted_with_key = NULL WHERE deleted_with_key = ?';
      this.#database.run(sql, row.key);
      this.select(chatKey, row.key);
      return true;
    });
  }

  /** For good, unless something follows that was taken away and may come back: an answer that says nothing. */
  discard(chatKey: number, { key, parentKey }: { key: number; parentKey: number | null }): void {
    this.#database.transact(() => {
      this.#database.run('UPDATE chats SET leaf_key = ? WHERE key = ? AND leaf_key = ?', parentKey, chatKey, key);
      const unfollowed = 'NOT EXISTS (SELECT 1 FROM messages c WHERE c.parent_key = messages.key)';
      this.#database.run(`DELETE FROM messages WHERE key = ? AND ${unfollowed}`, key);
    });
  }

  /** Deletes for good what was taken away before then. */
  purge(beforeMs: number): void {
    this.#database.run('DELETE FROM messages WHERE deleted_at_ms < ?', beforeMs);
  }

  /** Answers that a process left unfinished when it died become `failed` with this error and what they had. */
  failUnfinished(error: NonNullable<Message['error']>): void {
    this.#database.transact(() => {
      for (const { key, id } of this.#database.all<MessageRow>("SELECT key, id FROM messages WHERE status = 'streaming'")) {
        const sql = "UPDATE messages SET status = 'failed', text = text || ?, error_json = ? WHERE key = ?";
        this.#database.run(sql, textOfRounds(this.rounds(key)), JSON.stringify(error), key);
        this.#joinRounds(id);
      }
    });
  }

  #row(chatKey: number, id: string): MessageRow | undefined {
    const sql = `SELECT ${messageColumns} FROM messages m WHERE m.id = ? AND m.chat_key = ? AND m.deleted_at_ms IS NULL`;
    return this.#database.get<MessageRow>(sql, id, chatKey);
  }

  #complete(row: MessageRow): Message {
    const siblings = this.#database.all<{ id: string }>(
      'SELECT id FROM messages WHERE chat_key = ? AND parent_key IS ? AND deleted_at_ms IS NULL ORDER BY key',
      row.chat_key,
      row.parent_key,
    );
    const attachments =
      row.role === 'user'
        ? this.#database.all<AttachmentInfo>(
            'SELECT name, octet_length(text) AS sizeBytes FROM attachments WHERE message_key = ? ORDER BY place',
            row.key,
          )
        : [];
    return messageOf(
      row,
      siblings.map(({ id }) => id),
      attachments,
    );
  }

  #chunks(messageKey: number): Buffer[] {
    const sql = 'SELECT data FROM rounds WHERE message_key = ? ORDER BY key';
    return this.#database.all<{ data: Buffer }>(sql, messageKey).map(({ data }) => data);
  }

  /** Chunks of a second each are small, and deflate small ones badly: a finished answer has one. */
  #joinRounds(id: string): void {
    const key = this.#database.get<{ key: number }>('SELECT key FROM messages WHERE id = ?', id)?.key;
    if (key === undefined) return;
    const chunks = this.#chunks(key);
    if (chunks.length < 2) return;
    const joined = encodeRounds(chunks.flatMap((data) => decodeRounds(data)));
    this.#database.run('DELETE FROM rounds WHERE message_key = ?', key);
    this.#database.run('INSERT INTO rounds (message_key, data) VALUES (?, ?)', key, joined);
  }
}
