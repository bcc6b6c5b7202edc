// The library: its folders, what is known of the models in them, and what was moved to the trash.

export const library0002 = `
  CREATE TABLE library_folders (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL CHECK (source IN ('kangaroo', 'lm-studio', 'ollama', 'hugging-face')),
    is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
    added_at_ms INTEGER NOT NULL
  ) STRICT;

  -- A row stays while its file is away: only the user forgets it.
  CREATE TABLE library_models (
    id TEXT PRIMARY KEY,
    -- The first file. Where it lies, or lay before it was put into quarantine.
    path TEXT NOT NULL UNIQUE,
    -- Null: a file that was opened by itself.
    folder_id TEXT REFERENCES library_folders (id) ON DELETE CASCADE,
    found_name TEXT NOT NULL,
    -- The user's name for it.
    given_name TEXT,
    size_bytes INTEGER NOT NULL,
    modified_at_ms INTEGER NOT NULL,
    -- All files, in order: a JSON array of paths.
    paths_json TEXT NOT NULL CHECK (json_valid(paths_json)),
    -- What the header told when the file had this size and time; null before it was read.
    facts_json TEXT CHECK (json_valid(facts_json)),
    -- Why it is damaged.
    problem_json TEXT CHECK (json_valid(problem_json)),
    -- Where the files lie in quarantine, a JSON array; null while they are in their place.
    quarantine_json TEXT CHECK (json_valid(quarantine_json)),
    -- No model that can chat (an adapter, a projector): remembered so that it is not read again.
    kind TEXT NOT NULL DEFAULT 'model' CHECK (kind IN ('model', 'adapter', 'other')),
    adapter_path TEXT,
    -- Whether the user chose the adapter, or chose none: then no other is paired with it.
    adapter_chosen INTEGER NOT NULL DEFAULT 0 CHECK (adapter_chosen IN (0, 1)),
    sha256 TEXT CHECK (length(sha256) = 64),
    origin_json TEXT CHECK (json_valid(origin_json)),
    -- Of drafting over plain decoding: the sum over answers, and how many.
    speedup_sum REAL NOT NULL DEFAULT 0,
    speedup_answers INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE library_trash (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    trashed_at_ms INTEGER NOT NULL,
    -- Where each file was and where it is now: a JSON array of { from, to }; empty for a file that only left the list.
    moved_json TEXT NOT NULL CHECK (json_valid(moved_json)),
    -- The row of library_models as it was.
    model_json TEXT NOT NULL CHECK (json_valid(model_json))
  ) STRICT;

  -- The endpoint of the hub, the model that was loaded last, how models were loaded.
  CREATE TABLE library_values (
    name TEXT PRIMARY KEY,
    value_json TEXT NOT NULL CHECK (json_valid(value_json))
  ) STRICT;
`;
