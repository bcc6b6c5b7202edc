// Which tokens an adapter may draft: the fewest that cover nearly all of what the model writes. A shorter list makes the head of a
// draft step cheaper; a token that is not in it can never be drafted. The list is chosen by predicted speedup.
import type { HeldOutAnswer } from './prediction.ts';

export interface DraftVocabulary {
  /** Ascending; empty: all tokens. */
  tokenIds: number[];
  /** Of held-out tokens, how many are in it, 0…1. */
  coverage: number;
}

/** How often each token was written. */
export function countTokens(answers: Iterable<readonly number[]>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const answer of answers) for (const id of answer) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Of all that was written, what the list leaves out: one in fifty, a hundred, …; 0 takes every token that was ever written. */
const leftOut = [0.02, 0.01, 0.005, 0.002, 0.001, 0];
/** Kernels work on blocks of rows. */
const blockRows = 64;

/**
 * Lists to choose from, the shortest first, the full vocabulary last. `counts` are of the training text; `heldOut` tells how much
 * of other text they cover. Lists that are no shorter than half the vocabulary save too little to be worth a gap.
 */
export function candidateVocabularies(
  counts: ReadonlyMap<number, number>,
  heldOut: readonly (readonly number[])[],
  vocabularySize: number,
): DraftVocabulary[] {
  const byCount = [...counts].toSorted(([firstId, first], [secondId, second]) => second - first || firstId - secondId);
  const written = byCount.reduce((sum, [, count]) => sum + count, 0);
  const found: DraftVocabulary[] = [];
  for (const share of leftOut) {
    let [size, covered] = [0, 0];
    while (size < byCount.length && covered < written * (1 - share)) covered += byCount[size++]?.[1] ?? 0;
    const rounded = Math.min(Math.ceil(size / blockRows) * blockRows, byCount.length);
    if (rounded === 0 || rounded > vocabularySize / 2 || found.some(({ tokenIds }) => tokenIds.length === rounded)) continue;
    const tokenIds = byCount
      .slice(0, rounded)
      .map(([id]) => id)
      .toSorted((first, second) => first - second);
    found.push({ tokenIds, coverage: coverageOf(tokenIds, heldOut) });
  }
  return [...found, { tokenIds: [], coverage: 1 }];
}

/** A head of more rows than that is most of a step: layers are compared with a list instead. */
const largeVocabulary = 32_768;
/** About what a model writes of its own vocabulary in a few hundred answers. */
const usualSize = 8192;

/** The list that layers are compared with: all that was ever written, where the whole head would cost too much; else empty. */
export function exploredVocabulary(counts: ReadonlyMap<number, number>, vocabularySize: number): number[] {
  if (vocabularySize <= largeVocabulary || counts.size > vocabularySize / 2) return [];
  return [...counts.keys()].toSorted((first, second) => first - second);
}

/** How long that list will be, before anything is written; 0: the whole vocabulary. */
export function exploredVocabularySize(vocabularySize: number): number {
  return vocabularySize <= largeVocabulary ? 0 : usualSize;
}

function coverageOf(tokenIds: readonly number[], texts: readonly (readonly number[])[]): number {
  const list = new Set(tokenIds);
  let [inside, all] = [0, 0];
  for (const text of texts) {
    for (const id of text) inside += list.has(id) ? 1 : 0;
    all += text.length;
  }
  return all > 0 ? inside / all : 0;
}

/** What the adapter would get right if it drafted from the list only. */
export function restrictedTo(list: DraftVocabulary, answers: readonly HeldOutAnswer[]): HeldOutAnswer[] {
  if (list.tokenIds.length === 0) return [...answers];
  const known = new Set(list.tokenIds);
  return answers.map((answer) => ({
    ...answer,
    agrees: Uint8Array.from(answer.agrees, (right, at) => (right && known.has(answer.tokens[at] ?? -1) ? 1 : 0)),
  }));
}
