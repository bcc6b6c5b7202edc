// Branches, folders, the trash, presets, search, and rounds in a table of their own instead of JSON in each message.
import type { Database } from 'better-sqlite3';
import type { Draft, GenerationStats, Round } from '../../../contract/engine.ts';
import { encodeRounds } from '../round-codec.ts';

const tables = `
  DROP INDEX chats_by_use;
  DROP INDEX messages_streaming;
  ALTER TABLE messages RENAME TO messages_0001;
  ALTER TABLE chats RENAME TO chats_0001;

  CREATE TABLE folders (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE
  ) STRICT;

  CREATE TABLE presets (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    system_prompt TEXT NOT NULL,
    overrides_json TEXT NOT NULL CHECK (json_valid(overrides_json))
  ) STRICT;

  -- The id of the current chat.
  CREATE TABLE current (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    chat_id TEXT NOT NULL
  ) STRICT;

  -- Keys stay when the file is vacuumed: the search index refers to them.
  CREATE TABLE chats (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    -- Who gave the title: nobody yet, the first words of the first message, the model, or the user.
    title_source TEXT NOT NULL CHECK (title_source IN ('none', 'text', 'model', 'user')),
    folder_id TEXT REFERENCES folders (id) ON DELETE SET NULL,
    pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL,
    -- In the trash since then.
    trashed_at_ms INTEGER,
    -- The last message of the active branch.
    leaf_key INTEGER,
    draft TEXT NOT NULL DEFAULT '',
    system_prompt TEXT,
    overrides_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(overrides_json))
  ) STRICT;

  CREATE INDEX chats_by_use ON chats (used_at_ms DESC);
  CREATE INDEX chats_by_folder ON chats (folder_id);

  -- No cascade from parent to child: SQLite recurses, and chats are deeper than it may.
  CREATE TABLE messages (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    chat_key INTEGER NOT NULL REFERENCES chats (key) ON DELETE CASCADE,
    parent_key INTEGER REFERENCES messages (key),
    -- Messages before it on its branch.
    depth INTEGER NOT NULL,
    -- Where the branch goes on that was active last.
    active_child_key INTEGER,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    -- While an answer streams, only what it said before its rounds, if anything: the rest is in them.
    text TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'failed')),
    created_at_ms INTEGER NOT NULL,
    round_count INTEGER NOT NULL DEFAULT 0,
    stats_json TEXT CHECK (json_valid(stats_json)),
    continuations INTEGER NOT NULL DEFAULT 0,
    time_to_first_token_ms REAL,
    stop_reason TEXT,
    error_json TEXT CHECK (json_valid(error_json)),
    -- Tokens per second over plain decoding's.
    speedup REAL,
    model_name TEXT,
    answered_with_json TEXT CHECK (json_valid(answered_with_json)),
    -- Taken away since then, together with the message that was asked for.
    deleted_at_ms INTEGER,
    deleted_with_key INTEGER
  ) STRICT;

  CREATE INDEX messages_by_parent ON messages (parent_key, chat_key);
  CREATE INDEX messages_by_chat ON messages (chat_key);
  CREATE INDEX messages_streaming ON messages (key) WHERE status = 'streaming';
  CREATE INDEX messages_deleted ON messages (deleted_with_key) WHERE deleted_with_key IS NOT NULL;

  CREATE TABLE attachments (
    message_key INTEGER NOT NULL REFERENCES messages (key) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message_key, place)
  ) STRICT, WITHOUT ROWID;

  -- Chunks in order, as round-codec.ts writes them.
  CREATE TABLE rounds (
    key INTEGER PRIMARY KEY,
    message_key INTEGER NOT NULL REFERENCES messages (key) ON DELETE CASCADE,
    data BLOB NOT NULL
  ) STRICT;

  CREATE INDEX rounds_by_message ON rounds (message_key);
`;

/** Answers are found when they are finished: an index of what is being written would be written again each second. */
const search = `
  CREATE VIRTUAL TABLE messages_text USING fts5 (
    text, content = 'messages', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
  );
  CREATE TRIGGER messages_text_insert AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN
    INSERT INTO messages_text (rowid, text) VALUES (new.key, new.text);
  END;
  CREATE TRIGGER messages_text_delete AFTER DELETE ON messages WHEN old.status <> 'streaming' BEGIN
    INSERT INTO messages_text (messages_text, rowid, text) VALUES ('delete', old.key, old.text);
  END;
  CREATE TRIGGER messages_text_update AFTER UPDATE OF text, status ON messages BEGIN
    INSERT INTO messages_text (messages_text, rowid, text)
      SELECT 'delete', old.key, old.text WHERE old.status <> 'streaming';
    INSERT INTO messages_text (rowid, text) SELECT new.key, new.text WHERE new.status <> 'streaming';
  END;

  CREATE VIRTUAL TABLE chats_title USING fts5 (
    title, content = 'chats', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
  );
  CREATE TRIGGER chats_title_insert AFTER INSERT ON chats BEGIN
    INSERT INTO chats_title (rowid, title) VALUES (new.key, new.title);
  END;
  CREATE TRIGGER chats_title_delete AFTER DELETE ON chats BEGIN
    INSERT INTO chats_title (chats_title, rowid, title) VALUES ('delete', old.key, old.title);
  END;
  CREATE TRIGGER chats_title_update AFTER UPDATE OF title ON chats BEGIN
    INSERT INTO chats_title (chats_title, rowid, title) VALUES ('delete', old.key, old.title);
    INSERT INTO chats_title (rowid, title) VALUES (new.key, new.title);
  END;
`;

/** Titles were the beginning of the first message; answers were one after the other, so a message's parent is the one before. */
const contents = `
  INSERT INTO chats (id, title, title_source, created_at_ms, used_at_ms)
    SELECT id, title, CASE WHEN EXISTS (SELECT 1 FROM messages_0001 WHERE chat_id = chats_0001.id) THEN 'text' ELSE 'none' END,
      created_at_ms, used_at_ms
    FROM chats_0001 ORDER BY created_at_ms;
  INSERT INTO messages (id, chat_key, depth, role, text, status, created_at_ms, stop_reason, error_json, speedup, model_name)
    SELECT old.id, chats.key, row_number() OVER (PARTITION BY old.chat_id ORDER BY old.position) - 1, old.role,
      iif(old.status = 'streaming', '', old.text), old.status, old.created_at_ms, old.stop_reason, old.error_json, old.speedup, old.model_name
    FROM messages_0001 old JOIN chats ON chats.id = old.chat_id ORDER BY chats.key, old.position;
  UPDATE messages SET parent_key = key - 1 WHERE depth > 0;
  UPDATE messages SET active_child_key = key + 1 WHERE EXISTS (SELECT 1 FROM messages c WHERE c.parent_key = messages.key);
  UPDATE chats SET leaf_key = (SELECT max(key) FROM messages WHERE chat_key = chats.key);
  INSERT INTO current SELECT 1, id FROM chats ORDER BY used_at_ms DESC LIMIT 1;
`;

/** Fields that drafts, rounds and statistics of the first versions do not have. */
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

function convertRounds(database: Database): void {
  const keys = database.prepare<[], number>("SELECT key FROM messages WHERE role = 'assistant'").pluck().all();
  const read = database.prepare<[number], { rounds_json: string; stats_json: string | null }>(
    'SELECT rounds_json, old.stats_json FROM messages JOIN messages_0001 old USING (id) WHERE key = ?',
  );
  const insert = database.prepare('INSERT INTO rounds (message_key, data) VALUES (?, ?)');
  const update = database.prepare('UPDATE messages SET round_count = ?, stats_json = ? WHERE key = ?');
  for (const key of keys) {
    // One at a time: all rounds of all chats may be more than memory holds.
    const { rounds_json = '[]', stats_json = null } = read.get(key) ?? {};
    const rounds = (JSON.parse(rounds_json) as Round[]).map((round) => ({
      ...roundDefaults,
      ...round,
      drafts: round.drafts.map((draft) => ({ ...draftDefaults, ...draft })),
    }));
    if (rounds.length > 0) insert.run(key, encodeRounds(rounds));
    const roundsMs = rounds.reduce((ms, round) => ms + round.draftMs + round.verifyMs, 0);
    const stats = stats_json === null ? null : { ...statsDefaults, roundsMs, ...(JSON.parse(stats_json) as object) };
    update.run(rounds.length, stats && JSON.stringify(stats), key);
  }
}

export function tree0002(database: Database): void {
  database.exec(tables);
  database.exec(search);
  database.exec(contents);
  convertRounds(database);
  database.exec('DROP TABLE messages_0001; DROP TABLE chats_0001;');
}
