// The download queue, its files, and how much of each of their parts is on disk for certain.

export const downloads0001 = `
  CREATE TABLE downloads (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    repo TEXT NOT NULL,
    revision TEXT NOT NULL,
    -- Where the finished files go; the partial ones lie there too, under names that no library reads.
    folder TEXT NOT NULL,
    -- Order in the queue; gaps are allowed.
    position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'paused', 'publishing', 'completed', 'failed')),
    added_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    -- Why it began anew, if it did: a JSON array of the contract's notices.
    notices_json TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notices_json)),
    error_json TEXT CHECK (json_valid(error_json))
  ) STRICT;

  CREATE TABLE download_files (
    download_id TEXT NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- In the repository, with slashes.
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- What the file has to hash to, in hexadecimal; null until the hub has told.
    sha256 TEXT CHECK (length(sha256) = 64),
    -- Which version of the file the parts belong to, as the server names it.
    etag TEXT,
    -- Whether the server answers ranges; null until it was asked.
    ranges INTEGER CHECK (ranges IN (0, 1)),
    part_bytes INTEGER NOT NULL CHECK (part_bytes > 0),
    verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- 1 once its hash was wrong and it is being fetched a second time: a second wrong hash is the end.
    refetched INTEGER NOT NULL DEFAULT 0 CHECK (refetched IN (0, 1)),
    PRIMARY KEY (download_id, position)
  ) STRICT;

  -- A row is written only after the bytes that it claims were synced.
  CREATE TABLE download_parts (
    download_id TEXT NOT NULL,
    file_position INTEGER NOT NULL,
    part INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL CHECK (received_bytes >= 0),
    PRIMARY KEY (download_id, file_position, part),
    FOREIGN KEY (download_id, file_position) REFERENCES download_files (download_id, position) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
`;
