// How far a training is, beside what its files tell: kept after every phase, so that none is done twice.
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomically } from '../write-atomically.ts';
import { layerSchema, proposalSchema } from './layer-schemas.ts';

const number = z.number();

const schema = z.object({
  /** Of earlier runs. */
  spentMs: number,
  /** Tells the model's file from every other; null: not known yet. */
  model: z.string().nullable().default(null),
  explored: z
    .object({ layers: z.array(layerSchema), proposal: proposalSchema, draftVocabulary: z.array(z.int().nonnegative()) })
    .nullable(),
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
  return { spentMs: 0, model: null, explored: null, trained: null };
}

export function writeProgress(path: string, progress: Progress): void {
  writeAtomically(path, `${JSON.stringify(progress)}\n`);
}
