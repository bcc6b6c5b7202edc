// Adapters as a page has them: those of every model, their trainings, the trash. Every method checks its arguments; what trains runs in
// a process of its own, and what comes out of it drafts at once where its model is loaded.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type {
  Adapter,
  AdapterModel,
  AdaptersApi,
  AdaptersState,
  TrainingAmount,
  TrainingChoices,
  TrainingEstimate,
  TrashedAdapter,
} from '../../contract/adapters.ts';
import { KangarooError, type ErrorShape } from '../../contract/errors.ts';
import type { LibraryModel } from '../../contract/library.ts';
import { filePath, flag, integer, oneOf, parseArgument, text } from '../arguments.ts';
import type { SpawnEngine } from '../engine/engine-process.ts';
import { shapeOf } from '../models/facts.ts';
import { readModelFile } from '../models/gguf/files.ts';
import type { Library } from '../models/library/library.ts';
import { machineOf } from '../models/memory.ts';
import type { Models } from '../models/models.ts';
import { shownError } from '../shown-error.ts';
import { Watchable } from '../watchable.ts';
import { asDiskFull, availableBytes, diskFull } from './disk.ts';
import { estimateTraining, layersToCompare, stepsFor, trainingTokens } from './estimate.ts';
import { newJob, type StoredJob } from './job-store.ts';
import { isUnderWay, TrainingJobs } from './jobs.ts';
import { KeptAdapters } from './kept.ts';
import { modelBytesOf } from './layer-costs.ts';
import { bundledQuestions } from './questions.ts';
import { AdapterShelf } from './shelf.ts';
import { guessedSpeeds, RememberedSpeeds, speedsFrom } from './training-speeds.ts';

export interface AdaptersOptions {
  root: string;
  dataDir: string;
  spawn: SpawnEngine;
  library: Library;
  models: Models;
  /** The user's own questions, of all chats. */
  userPrompts: () => string[];
  /** Tokens of every amount; the usual ones where left out. */
  tokens?: Record<TrainingAmount, number>;
}

const choicesSchema = z.strictObject({
  amount: oneOf('quick', 'standard', 'thorough'),
  useChats: flag(),
  exitLayer: integer(1, 1000).nullable(),
}) satisfies z.ZodType<TrainingChoices>;

const idSchema = text(1, 4096);

/** Some of them may be too long for a model, or leave it without words. */
const probedQuestions = 12;

/** A change that comes sooner after the last one waits: curves grow by many points a second. */
const publishEveryMs = 250;

export class Adapters implements AdaptersApi {
  readonly #options: AdaptersOptions;
  readonly #kept: KeptAdapters;
  readonly #jobs: TrainingJobs;
  readonly #speeds: RememberedSpeeds;
  readonly #state = new Watchable<AdaptersState>({ models: [], adapters: [], trash: [], jobs: [] });
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: AdaptersOptions) {
    this.#options = options;
    const folder = join(options.dataDir, 'adapters');
    this.#kept = new KeptAdapters(new AdapterShelf(folder), options.library);
    this.#speeds = new RememberedSpeeds(join(folder, 'training-speeds.json'));
    this.#jobs = new TrainingJobs({
      folder: join(folder, 'training'),
      spawn: options.spawn,
      onChange: () => this.#changed(),
      onSpeeds: ({ job }, speeds) => {
        const model = options.library.find(job.modelId);
        if (model) this.#speeds.keep(speedKeyOf(model), speeds);
      },
      onCompleted: (stored) => this.#completed(stored),
    });
    void this.#followLibrary();
  }

  watch(): AsyncIterable<AdaptersState> {
    return this.#state.watch();
  }

  async estimate(modelId: string, choices: TrainingChoices): Promise<TrainingEstimate> {
    const model = this.#model(modelId);
    const { amount, exitLayer } = parseArgument(choicesSchema, choices, 'choices');
    if (model.problem) throw new KangarooError(model.problem.code, model.problem.message);
    const { header, sizeBytes } = await readModelFile(model.library.path);
    const shape = shapeOf(header);
    if (exitLayer !== null && exitLayer >= shape.layers) {
      throw new KangarooError('invalid-argument', `\`exitLayer\` must be below the model's ${shape.layers} layers.`);
    }
    const bytes = modelBytesOf(header);
    const { models } = this.#options;
    const tokens = (this.#options.tokens ?? trainingTokens)[amount];
    const known = this.#speeds.of(speedKeyOf(model.library));
    const { state } = models;
    const costs = state.status === 'ready' && state.model.id === model.library.id ? state.costs : null;
    const input = {
      tokens,
      steps: stepsFor(tokens),
      layers: exitLayer === null ? layersToCompare(shape.layers) : [exitLayer],
      shape,
      bytes,
      fileBytes: sizeBytes,
      speeds: known ?? (costs ? speedsFrom(costs, bytes) : guessedSpeeds(bytes)),
      basis: known ? ('measured' as const) : ('guessed' as const),
      availableBytes: availableBytes(this.#options.dataDir),
      // What chats stays loaded.
      availableMemoryBytes: models.machine.gpu?.freeBytes ?? machineOf({ status: 'unloaded' }).ram.freeBytes,
    };
    const estimate = estimateTraining(input);
    return { ...estimate, problem: this.#problemOf(estimate) };
  }

  async timeTraining(modelId: string): Promise<void> {
    const { library: model, problem } = this.#model(modelId);
    if (problem) throw new KangarooError(problem.code, problem.message);
    const questions = bundledQuestions(this.#options.root).slice(0, probedQuestions);
    const { path: modelPath, adapterPath } = model;
    const speeds = await this.#jobs.probe({ modelPath, adapterPath, questions, gpuLayers: -1 });
    this.#speeds.keep(speedKeyOf(model), speeds);
  }

  async start(modelId: string, choices: TrainingChoices): Promise<string> {
    const parsed = parseArgument(choicesSchema, choices, 'choices');
    const { library: model } = this.#model(modelId);
    const estimate = await this.estimate(modelId, parsed);
    if (estimate.problem) throw new KangarooError(estimate.problem.code, estimate.problem.message);
    if (this.#jobs.list.some((job) => job.modelId === model.id && (isUnderWay(job) || job.status === 'paused'))) {
      throw new KangarooError('busy', `An adapter for ${model.name} is being trained already. Resume or cancel that one first.`);
    }
    const id = randomUUID();
    const own = parsed.useChats ? this.#options.userPrompts() : [];
    const folder = this.#jobs.folderOf(id);
    try {
      mkdirSync(folder, { recursive: true });
      writeQuestions(join(folder, 'questions.jsonl'), [...bundledQuestions(this.#options.root), ...own]);
      this.#jobs.add(newJob(id, model, parsed, Date.now()), {
        folder,
        modelPath: model.path,
        adapterPath: model.adapterPath,
        outPath: join(folder, 'adapter.gguf'),
        tokens: estimate.tokens,
        exitLayer: parsed.exitLayer,
        steps: stepsFor(estimate.tokens),
        data: `the model's own answers to the app's questions${own.length > 0 ? ` and ${own.length} of the user's` : ''}`,
        gpuLayers: -1,
        speeds: this.#speeds.of(speedKeyOf(model)),
      });
    } catch (error) {
      throw asDiskFull(error, folder);
    }
    return id;
  }

  async pause(jobId: string): Promise<void> {
    await this.#jobs.pause(parseArgument(idSchema, jobId, 'jobId'));
  }

  async resume(jobId: string): Promise<void> {
    await this.#jobs.resume(parseArgument(idSchema, jobId, 'jobId'));
  }

  async cancel(jobId: string): Promise<void> {
    await this.#jobs.cancel(parseArgument(idSchema, jobId, 'jobId'));
  }

  async use(modelId: string, adapterId: string | null): Promise<void> {
    const { library: model } = this.#model(modelId);
    const id = parseArgument(idSchema.nullable(), adapterId, 'adapterId');
    const path = id === null ? null : this.#adapter(id).path;
    await this.#options.library.setAdapter(model.id, path);
  }

  async trash(adapterId: string): Promise<TrashedAdapter> {
    return this.#shown(this.#kept.trash(this.#adapter(adapterId)));
  }

  async restore(trashedId: string): Promise<Adapter> {
    return this.#shown(this.#kept.restore(parseArgument(idSchema, trashedId, 'trashedId')));
  }

  async purge(trashedId: string): Promise<void> {
    await this.#shown(this.#kept.purge(parseArgument(idSchema, trashedId, 'trashedId')));
  }

  async import(path: string): Promise<Adapter> {
    return this.#shown(this.#kept.import(parseArgument(filePath(), path, 'path'), null));
  }

  async export(adapterId: string, path: string): Promise<void> {
    await this.#kept.export(this.#adapter(adapterId), parseArgument(filePath(), path, 'path'));
  }

  /** Whether somebody waits for an answer: then training waits. */
  yieldTo(answering: boolean): void {
    this.#jobs.yieldTo(answering);
  }

  async close(): Promise<void> {
    await this.#jobs.close();
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#state.close();
  }

  async #completed({ job, plan }: StoredJob): Promise<{ adapterId: string }> {
    const path = await this.#kept.shelf.adopt(plan.outPath, `${job.modelName} adapter`);
    const model = this.#options.library.find(job.modelId);
    if (model?.problem === null) await this.#options.library.setAdapter(model.id, path);
    return { adapterId: path };
  }

  async #followLibrary(): Promise<void> {
    for await (const _ of this.#options.library.watch()) this.#changed();
  }

  #changed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#publish().catch(shownError);
    }, publishEveryMs);
  }

  /** Resolves when the state tells of it. */
  async #shown<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    await this.#publish();
    return done;
  }

  async #publish(): Promise<void> {
    const adapters = await this.#kept.list();
    if (this.#closed) return;
    this.#state.set({
      models: this.#options.library.models.map(modelOf),
      adapters,
      trash: this.#kept.trashed(),
      jobs: this.#jobs.list,
    });
  }

  #problemOf(estimate: Omit<TrainingEstimate, 'problem'>): ErrorShape | null {
    const { diskBytes, adapterBytes, availableBytes, memoryBytes, availableMemoryBytes } = estimate;
    if (diskBytes + adapterBytes > availableBytes) {
      const { code, message } = diskFull(this.#kept.shelf.folder, diskBytes + adapterBytes);
      return { code, message };
    }
    if (memoryBytes <= availableMemoryBytes) return null;
    const inGigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    const message = `Training needs about ${inGigabytes(memoryBytes)} of memory, and ${inGigabytes(availableMemoryBytes)} are free. Unload the model that is loaded, close other programs, or train a smaller model.`;
    return { code: 'out-of-memory', message };
  }

  #model(modelId: unknown): AdapterModel & { library: LibraryModel } {
    const id = parseArgument(idSchema, modelId, 'modelId');
    const library = this.#options.library.find(id);
    if (!library) throw new KangarooError('invalid-argument', `There is no model ${JSON.stringify(id)} in the library.`);
    return { ...modelOf(library), library };
  }

  #adapter(adapterId: unknown): Adapter {
    const id = parseArgument(idSchema, adapterId, 'adapterId');
    const found = this.#state.value.adapters.find((adapter) => adapter.id === id);
    if (!found) throw new KangarooError('invalid-argument', 'This adapter is not there any more.');
    return found;
  }
}

function modelOf(model: LibraryModel): AdapterModel {
  const { id, name, adapterPath, problem, facts } = model;
  const refused = facts && 'reason' in facts.support ? facts.support.reason : null;
  return {
    modelId: id,
    name,
    adapterId: adapterPath,
    layers: facts?.layers ?? 0,
    problem: problem ?? (refused ? { code: 'unsupported-architecture', message: refused } : null),
  };
}

/** A file that is replaced by another one is another model. */
const speedKeyOf = ({ path, sizeBytes }: LibraryModel) => `${path} of ${sizeBytes} bytes`;

function writeQuestions(path: string, questions: readonly string[]): void {
  writeFileSync(path, questions.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
}
