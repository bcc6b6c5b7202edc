// What the work of a training costs per token: guessed from a model's size, timed by a probe, or remembered from its last training.
import { cpus } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Costs } from '../../contract/engine.ts';
import type { TrainingSpeeds } from '../../contract/training.ts';
import { writeAtomically } from '../write-atomically.ts';
import type { ModelBytes } from './layer-costs.ts';

/**
 * From the plain speed of the model: a pass over several tokens at once costs less per token by what `verifyMs` tells; a step of
 * training goes through head and adapter about three times, in F32, which costs two to four times what quantised rows do (measured on
 * the starter and on a model of Llama-3.2-1B's shape: docs/training.md).
 */
export function speedsFrom(costs: Pick<Costs, 'verifyMs'>, bytes: ModelBytes): TrainingSpeeds {
  const plainMs = costs.verifyMs[0] ?? 0;
  const rows = Math.max(1, costs.verifyMs.length);
  const captureMs = (costs.verifyMs[rows - 1] ?? plainMs) / rows;
  const all = bytes.layers.reduce((sum, each) => sum + each, 0) + bytes.head;
  const share = all > 0 ? (bytes.head + bytes.adapter) / all : 1;
  return { generateMs: plainMs, captureMs, trainMs: 8 * captureMs * share, exploreFactor: 1, measureFactor: 1 };
}

/** Memory reads weights at about this rate on a machine that nothing is known of. */
const guessedBytesPerSecond = 10e9;

export function guessedSpeeds(bytes: ModelBytes): TrainingSpeeds {
  const all = bytes.layers.reduce((sum, each) => sum + each, 0) + bytes.head;
  const plainMs = Math.max(0.2, (all / guessedBytesPerSecond) * 1000);
  return speedsFrom({ verifyMs: [plainMs, 1.5 * plainMs, 2 * plainMs, 2 * plainMs] }, bytes);
}

const positive = z.number().positive();

export const speedsSchema: z.ZodType<TrainingSpeeds> = z.object({
  generateMs: positive,
  captureMs: positive,
  trainMs: positive,
  exploreFactor: positive,
  measureFactor: positive,
});

/** By model and machine, in one file of the app's; one that is damaged is begun anew. */
export class RememberedSpeeds {
  readonly #path: string;
  readonly #known: Record<string, TrainingSpeeds>;

  constructor(path: string) {
    this.#path = path;
    this.#known = readSpeeds(path);
  }

  /** Null where nothing was timed. `modelKey` tells a model's file from every other, also when it is replaced. */
  of(modelKey: string): TrainingSpeeds | null {
    return this.#known[keyOf(modelKey)] ?? null;
  }

  /** What cannot be written is known until the app ends. */
  keep(modelKey: string, speeds: TrainingSpeeds): void {
    this.#known[keyOf(modelKey)] = speeds;
    try {
      writeAtomically(this.#path, `${JSON.stringify(this.#known, null, 2)}\n`);
    } catch (error) {
      console.error(`The speeds of a training could not be kept: ${String(error)}`);
    }
  }
}

/** A folder that moves to another machine must not take its speeds along. */
function keyOf(modelKey: string): string {
  const cores = cpus();
  return `${modelKey} on ${cores.length} × ${cores[0]?.model ?? 'unknown'}`;
}

function readSpeeds(path: string): Record<string, TrainingSpeeds> {
  if (!existsSync(path)) return {};
  try {
    return z.record(z.string(), speedsSchema).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
