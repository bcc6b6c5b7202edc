// Search inside of runs of characters: texts in scripts that do not part words by spaces, indexed by three characters at a time.
// Other texts are left out: there the index would be larger than they are, and nobody looks for the middle of a word.

/** Tibetan, Thai, Lao, Burmese, Khmer, kana, Han, Hangul: see `runScripts` in search.ts. */
const ranges = [
  [0x0e00, 0x0fff],
  [0x1000, 0x109f],
  [0x1780, 0x17ff],
  [0x2e80, 0x9fff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xff66, 0xff9f],
  [0x20000, 0x323af],
];
const pattern = `*[${ranges.map((range) => range.map((code) => String.fromCodePoint(code)).join('-')).join('')}]*`;
const indexed = (row: string) => `${row}.status <> 'streaming' AND ${row}.text GLOB '${pattern}'`;

export const runs0003 = `
  CREATE VIEW messages_in_runs AS SELECT m.key, m.text FROM messages m WHERE ${indexed('m')};

  CREATE VIRTUAL TABLE messages_runs USING fts5 (
    text, content = 'messages_in_runs', content_rowid = 'key', tokenize = 'trigram'
  );
  CREATE TRIGGER messages_runs_insert AFTER INSERT ON messages WHEN ${indexed('new')} BEGIN
    INSERT INTO messages_runs (rowid, text) VALUES (new.key, new.text);
  END;
  CREATE TRIGGER messages_runs_delete AFTER DELETE ON messages WHEN ${indexed('old')} BEGIN
    INSERT INTO messages_runs (messages_runs, rowid, text) VALUES ('delete', old.key, old.text);
  END;
  CREATE TRIGGER messages_runs_update AFTER UPDATE OF text, status ON messages BEGIN
    INSERT INTO messages_runs (messages_runs, rowid, text) SELECT 'delete', old.key, old.text WHERE ${indexed('old')};
    INSERT INTO messages_runs (rowid, text) SELECT new.key, new.text WHERE ${indexed('new')};
  END;

  INSERT INTO messages_runs (messages_runs) VALUES ('rebuild');
`;
