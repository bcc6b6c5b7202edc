// What automatic drafting learned of a model's drafts (native/src/calibration.h), kept between runs: one file for each pair
// of model and adapter. A file that is damaged, of another version or of another pair is ignored, and replaced.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterInfo, ModelInfo } from '../../contract/engine.ts';
import { writeAtomically } from '../write-atomically.ts';

const version = 1;

/** Whose drafts they are. */
export interface DraftingPair {
  model: Pick<ModelInfo, 'name' | 'fingerprint' | 'fileType' | 'sizeBytes'>;
  /** Its checksum, for one that was trained again has the same shape. */
  adapter: (Pick<AdapterInfo, 'name' | 'exitLayer'> & { checksum: string }) | null;
}

function identityOf({ model, adapter }: DraftingPair) {
  const { name, fingerprint, fileType, sizeBytes } = model;
  return {
    model: { name, fingerprint, fileType, sizeBytes },
    adapter: adapter && { name: adapter.name, exitLayer: adapter.exitLayer, checksum: adapter.checksum },
  };
}

const stored = z.object({ version: z.literal(version), of: z.unknown(), learned: z.array(z.number()).min(1).max(100_000) });

export class Learned {
  readonly #folder: string;
  readonly #path: string;
  readonly #of: ReturnType<typeof identityOf>;
  #numbers: number[] | null;

  constructor(folder: string, pair: DraftingPair) {
    this.#of = identityOf(pair);
    this.#folder = folder;
    const name = createHash('sha256').update(JSON.stringify(this.#of)).digest('hex').slice(0, 32);
    this.#path = join(folder, `${name}.json`);
    this.#numbers = this.#read();
  }

  /** For `NativeSession.relearn`; null where nothing is known yet. */
  get numbers(): number[] | null {
    return this.#numbers;
  }

  /** Takes what a session has learned, and writes it where that is news. Never throws: the next answer tries again. */
  update(numbers: number[]): void {
    if (numbers.length === 0 || JSON.stringify(numbers) === JSON.stringify(this.#numbers)) return;
    this.#numbers = numbers;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeAtomically(this.#path, `${JSON.stringify({ version, of: this.#of, learned: numbers })}\n`);
    } catch (error) {
      console.error(`What drafting learned could not be kept in ${this.#path}: ${String(error)}`);
    }
  }

  #read(): number[] | null {
    try {
      const { of, learned } = stored.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      return JSON.stringify(of) === JSON.stringify(this.#of) ? learned : null;
    } catch {
      return null;
    }
  }
}
