// Which entries of the command palette a few typed letters mean.

/** Small letters without accents. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/**
 * How well `title` is meant by `query`, from 0 on, smaller is better; null: not at all. Every word of the query must begin a
 * word of the title, or stand in it.
 */
function rank(title: string, query: string): number | null {
  const text = plain(title);
  let sum = 0;
  for (const word of plain(query).split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return null;
    const begins = at === 0 || new RegExp(`[^\\p{L}\\p{N}]${escape(word)}`, 'u').test(text);
    sum += begins ? Math.min(at, 20) : 100 + at;
  }
  return sum;
}

function escape(word: string): string {
  return word.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

/** Those that are meant, best first; all of them, in their order, for an empty query. */
export function matching<T>(entries: readonly T[], titleOf: (entry: T) => string, query: string): T[] {
  return entries
    .map((entry) => ({ entry, rank: rank(titleOf(entry), query) }))
    .filter((each): each is { entry: T; rank: number } => each.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}
