// Trainings on the disk: a folder each, with what is known of it in `job.json`. They outlive the app, whatever ends it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCodes } from '../../contract/errors.ts';
import { trainingPhases, type TrainingChoices, type TrainingJob } from '../../contract/adapters.ts';
import type { TrainingPlan } from '../../contract/training.ts';
import { writeAtomically } from '../write-atomically.ts';
import { layerSchema, proposalSchema } from './layer-schemas.ts';
import { speedsSchema } from './training-speeds.ts';

/** A training as it is kept. */
export interface StoredJob {
  job: TrainingJob;
  plan: TrainingPlan;
}

/** One that waits for its turn. */
export function newJob(
  id: string,
  model: { id: string; name: string },
  choices: TrainingChoices,
  createdAtMs: number,
): TrainingJob {
  return {
    id,
    modelId: model.id,
    modelName: model.name,
    choices,
    createdAtMs,
    status: 'queued',
    phase: 'load',
    fraction: 0,
    done: 0,
    total: 0,
    remainingMs: null,
    error: null,
    layers: [],
    proposal: null,
    points: [],
    result: null,
    adapterId: null,
  };
}

const number = z.number();
const point = z.object({ step: number, loss: number, heldOutLoss: number.nullable(), agreement: number.nullable() });
const speeds = z.object({
  plainTokensPerSecond: number,
  kangarooTokensPerSecond: number,
  autoTokensPerSecond: number,
  kangarooSpeedup: number,
  autoSpeedup: number,
  kangarooSpeedupQuartiles: z.tuple([number, number]).nullable().default(null),
  autoSpeedupQuartiles: z.tuple([number, number]).nullable().default(null),
  questions: number,
});

/** Also how an adapter's file keeps it. */
export const trainingResultSchema = z.object({
  exitLayer: number,
  threshold: number,
  maxDraft: number,
  draftVocabularySize: number,
  tokens: number,
  steps: number,
  loss: number,
  agreement: number,
  acceptanceByPosition: z.array(number),
  tokensPerRound: number,
  speeds: speeds.nullable(),
  tookMs: number,
  trainedAtMs: number,
});

const stored: z.ZodType<StoredJob> = z.object({
  job: z.object({
    id: z.string(),
    modelId: z.string(),
    modelName: z.string(),
    choices: z.object({
      amount: z.enum(['quick', 'standard', 'thorough']),
      useChats: z.boolean(),
      exitLayer: number.nullable(),
    }),
    createdAtMs: number,
    status: z.enum(['queued', 'running', 'yielding', 'paused', 'completed', 'failed']),
    phase: z.enum(trainingPhases),
    fraction: number,
    done: number,
    total: number,
    remainingMs: number.nullable(),
    error: z.object({ code: z.enum(errorCodes), message: z.string(), detail: z.string().exactOptional() }).nullable(),
    layers: z.array(layerSchema),
    proposal: proposalSchema.nullable(),
    points: z.array(point),
    result: trainingResultSchema.nullable(),
    adapterId: z.string().nullable(),
  }),
  plan: z.object({
    folder: z.string(),
    modelPath: z.string(),
    adapterPath: z.string().nullable(),
    outPath: z.string(),
    tokens: number,
    exitLayer: number.nullable(),
    steps: number.nullable(),
    data: z.string(),
    gpuLayers: number,
    speeds: speedsSchema.nullable().default(null),
  }),
});

const fileName = 'job.json';

export class JobStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where a training's files lie. */
  folderOf(jobId: string): string {
    return join(this.folder, jobId);
  }

  /** All that can be read, oldest first. A folder without a readable `job.json` is none, and is removed. */
  load(): StoredJob[] {
    const jobs: StoredJob[] = [];
    if (!existsSync(this.folder)) return jobs;
    for (const { name } of readdirSync(this.folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
      try {
        jobs.push(stored.parse(JSON.parse(readFileSync(join(this.folder, name, fileName), 'utf8'))));
      } catch {
        rmSync(join(this.folder, name), { recursive: true, force: true });
      }
    }
    return jobs.toSorted((first, second) => first.job.createdAtMs - second.job.createdAtMs);
  }

  /** Throws as `node:fs` does. */
  save(job: StoredJob): void {
    mkdirSync(this.folderOf(job.job.id), { recursive: true });
    writeAtomically(join(this.folderOf(job.job.id), fileName), `${JSON.stringify(job)}\n`);
  }

  /** Of a training that has ended nothing is needed but what it reached. */
  tidy(jobId: string): void {
    for (const name of readdirSync(this.folderOf(jobId))) {
      if (name !== fileName) rmSync(join(this.folderOf(jobId), name), { recursive: true, force: true });
    }
  }

  /** With everything that it had on the disk, but for its adapter. */
  remove(jobId: string): void {
    rmSync(this.folderOf(jobId), { recursive: true, force: true });
  }
}
