// How far a training is, beside what its files tell: kept after every phase, so that none is done twice.
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomically } from '../write-atomically.ts';

const number = z.number();
const layer = z.object({
  exitLayer: number,
  agreement: number,
  predictedSpeedup: number,
  tokensPerRound: number,
  threshold: number,
  maxDraft: number,
});
const proposal = z.object({
  exitLayer: number,
  threshold: number,
  maxDraft: number,
  draftVocabularySize: number,
  draftVocabularyCoverage: number,
  predictedSpeedup: number,
});

const schema = z.object({
  /** Of earlier runs. */
  spentMs: number,
  explored: z.object({ layers: z.array(layer), proposal, draftVocabulary: z.array(z.int().nonnegative()) }).nullable(),
  trained: z.object({ steps: number, loss: number, agreement: number }).nullable(),
});

export type Progress = z.infer<typeof schema>;

/** The beginning where there is no such file, or none that can be read. */
export function readProgress(path: string): Progress {
  if (existsSync(path)) {
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      // Begun anew: what was written and captured is kept in files of its own.
    }
  }
  return { spentMs: 0, explored: null, trained: null };
}

export function writeProgress(path: string, progress: Progress): void {
  writeAtomically(path, `${JSON.stringify(progress)}\n`);
}
