// Chats and their messages. What a message carries beyond its text (rounds, figures, error) is JSON of the contract's types.

export const chats0001 = `
  CREATE TABLE chats (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    -- The chat that was used last is the current one.
    used_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE INDEX chats_by_use ON chats (used_at_ms DESC);

  CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'failed')),
    created_at_ms INTEGER NOT NULL,
    rounds_json TEXT NOT NULL CHECK (json_valid(rounds_json)),
    stats_json TEXT CHECK (json_valid(stats_json)),
    stop_reason TEXT,
    error_json TEXT CHECK (json_valid(error_json)),
    -- Tokens per second over plain decoding's.
    speedup REAL,
    model_name TEXT,
    UNIQUE (chat_id, position)
  ) STRICT;

  CREATE INDEX messages_streaming ON messages (id) WHERE status = 'streaming';
`;
