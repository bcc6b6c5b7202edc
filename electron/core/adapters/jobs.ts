// The trainings: one at a time in a process of its own, the others wait. Each is kept on the disk, so that it goes on after a pause, a
// restart of the app or a crash. While an answer is written for the user, it computes nothing.
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { KangarooError } from '../../contract/errors.ts';
import type { TrainingJob, TrainingPoint } from '../../contract/adapters.ts';
import type { ProbeRequest, TrainingEvent, TrainingPlan, TrainingSpeeds } from '../../contract/training.ts';
import type { SpawnEngine } from '../engine/engine-process.ts';
import { shownError } from '../shown-error.ts';
import { JobStore, type StoredJob } from './job-store.ts';
import { TrainingProcess } from './training-process.ts';

export interface JobsOptions {
  /** Every training has a folder in it. */
  folder: string;
  spawn: SpawnEngine;
  /** Something changed that a page may want to show. */
  onChange(): void;
  /** What the work of a training really took, as far as it has got. */
  onSpeeds(stored: StoredJob, speeds: TrainingSpeeds): void;
  /** A training has ended well: its adapter is at `plan.outPath`. What it rejects with fails the training. */
  onCompleted(stored: StoredJob): Promise<{ adapterId: string }>;
}

/** Points of the curves that are kept; of more, every second one goes. */
const mostPoints = 240;
/** Progress is written this often at most: what is lost of it is only the display's. */
const saveEveryMs = 5000;

interface Running {
  stored: StoredJob;
  process: TrainingProcess;
  /** Resolves when the process is gone. */
  finished: Promise<void>;
  /** Why it ends before its end. */
  ending: 'pause' | 'cancel' | 'close' | null;
  savedAtMs: number;
}

export class TrainingJobs {
  readonly #options: JobsOptions;
  readonly #store: JobStore;
  readonly #jobs: StoredJob[];
  #running: Running | null = null;
  #probe: TrainingProcess | null = null;
  #held = false;
  #closed = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#store = new JobStore(options.folder);
    this.#jobs = this.#store.load();
    for (const stored of this.#jobs) {
      // It ran when the app ended: nobody is surprised by a machine that is busy right after the start.
      if (isUnderWay(stored.job)) this.#update(stored, { status: 'paused', remainingMs: null });
    }
  }

  get list(): TrainingJob[] {
    return this.#jobs.map(({ job }) => job);
  }

  /** Where the files of a training that is to be added go. */
  folderOf(jobId: string): string {
    return this.#store.folderOf(jobId);
  }

  /** Puts a training at the end of the queue. Throws as `node:fs` does. */
  add(job: TrainingJob, plan: TrainingPlan): void {
    const stored = { job, plan };
    this.#store.save(stored);
    this.#jobs.push(stored);
    this.#options.onChange();
    this.#next();
  }

  /** Throws `invalid-argument` for an unknown id. */
  async pause(jobId: string): Promise<void> {
    const stored = this.#require(jobId);
    if (this.#running?.stored === stored) await this.#end('pause');
    if (stored.job.status === 'queued') this.#update(stored, { status: 'paused' });
  }

  async resume(jobId: string): Promise<void> {
    const stored = this.#require(jobId);
    const { status } = stored.job;
    if (status !== 'paused' && status !== 'failed') return;
    this.#update(stored, { status: 'queued', error: null });
    this.#next();
  }

  /** Also takes an ended one off the list. */
  async cancel(jobId: string): Promise<void> {
    const stored = this.#require(jobId);
    if (this.#running?.stored === stored) await this.#end('cancel');
    const index = this.#jobs.indexOf(stored);
    if (index !== -1) this.#jobs.splice(index, 1);
    this.#store.remove(jobId);
    this.#options.onChange();
    this.#next();
  }

  /**
   * Times the work of a training in a process of its own, in a folder of its own. Rejects with `busy` while one runs, with `cancelled`
   * where one begins meanwhile, and as `TrainingApi.probe` does.
   */
  async probe(request: Omit<ProbeRequest, 'folder'>): Promise<TrainingSpeeds> {
    if (this.#running || this.#probe || this.#closed) {
      throw new KangarooError('busy', 'A training is under way already. Its model can be timed when it has ended.');
    }
    const folder = this.#store.folderOf(`probe-${randomUUID()}`);
    mkdirSync(folder, { recursive: true });
    const probe = new TrainingProcess(this.#options.spawn);
    this.#probe = probe;
    try {
      if (this.#held) await probe.hold(true);
      return await probe.probe({ ...request, folder });
    } finally {
      this.#probe = null;
      await probe.end();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Whether somebody waits for an answer: then training waits. */
  yieldTo(answering: boolean): void {
    if (this.#held === answering) return;
    this.#held = answering;
    void this.#probe?.hold(answering);
    const running = this.#running;
    if (!running) return;
    void running.process.hold(answering);
    this.#update(running.stored, { status: answering ? 'yielding' : 'running' });
  }

  /** Keeps what is under way for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#probe?.end();
    await this.#end('close');
  }

  #require(jobId: unknown): StoredJob {
    const found = this.#jobs.find(({ job }) => job.id === jobId);
    if (!found) throw new KangarooError('invalid-argument', 'This training is not on the list any more.');
    return found;
  }

  /** Starts the first one that waits, if none runs. */
  #next(): void {
    if (this.#running || this.#closed) return;
    const stored = this.#jobs.find(({ job }) => job.status === 'queued');
    if (!stored) return;
    void this.#probe?.end(); // they would disturb each other
    let process: TrainingProcess;
    try {
      process = new TrainingProcess(this.#options.spawn);
    } catch (error) {
      this.#update(stored, { status: 'failed', error: shownError(error) });
      return this.#next();
    }
    const running: Running = { stored, process, finished: Promise.resolve(), ending: null, savedAtMs: Date.now() };
    this.#running = running;
    this.#update(stored, {
      status: this.#held ? 'yielding' : 'running',
      error: null,
      phase: 'load',
      fraction: 0,
      done: 0,
      total: 0,
    });
    running.finished = this.#run(running).finally(() => {
      this.#running = null;
      this.#next();
    });
  }

  async #run(running: Running): Promise<void> {
    const { stored, process } = running;
    try {
      if (this.#held) await process.hold(true);
      const completed = await process.train(stored.plan, (events) => this.#take(running, events));
      if (running.ending === null && completed) {
        const { adapterId } = await this.#options.onCompleted(stored);
        this.#store.tidy(stored.job.id);
        this.#update(stored, { status: 'completed', phase: 'measure', fraction: 1, remainingMs: 0, adapterId });
      } else {
        this.#update(stored, { status: 'paused', remainingMs: null });
      }
    } catch (error) {
      const shape = shownError(error);
      // These end when the user does something about it, or by themselves: nothing was lost.
      const waits = shape.code === 'disk-full' || shape.code === 'engine-crashed' || shape.code === 'closed';
      this.#update(stored, { status: waits ? 'paused' : 'failed', error: shape, remainingMs: null });
    } finally {
      await process.end();
    }
  }

  async #end(why: NonNullable<Running['ending']>): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.ending = why;
    await running.process.end();
    await running.finished;
  }

  #take(running: Running, events: readonly TrainingEvent[]): void {
    const { stored } = running;
    let important = false;
    for (const event of events) {
      const { job } = stored;
      if (event.type === 'progress') {
        const { phase, done, total, remainingMs } = event;
        important ||= phase !== job.phase;
        stored.job = { ...job, phase, done, total, remainingMs, fraction: total > 0 ? Math.min(1, done / total) : 0 };
      } else if (event.type === 'layers') {
        stored.job = { ...job, layers: event.layers, proposal: event.proposal };
        important = true;
      } else if (event.type === 'point') {
        stored.job = { ...job, points: withPoint(job.points, event.point) };
      } else if (event.type === 'done') {
        stored.job = { ...job, result: event.result };
        important = true;
      } else if (event.type === 'speeds') {
        this.#options.onSpeeds(stored, event.speeds);
      }
    }
    const now = Date.now();
    if (important || now - running.savedAtMs >= saveEveryMs) {
      running.savedAtMs = now;
      this.#save(stored);
    }
    this.#options.onChange();
  }

  #update(stored: StoredJob, change: Partial<TrainingJob>): void {
    stored.job = { ...stored.job, ...change };
    this.#save(stored);
    this.#options.onChange();
  }

  /** A job that was removed stays so; a full disk forgets a little progress. */
  #save(stored: StoredJob): void {
    if (!this.#jobs.includes(stored)) return;
    try {
      this.#store.save(stored);
    } catch (error) {
      console.error(`The progress of a training could not be kept: ${String(error)}`);
    }
  }
}

export const isUnderWay = ({ status }: TrainingJob) => status === 'running' || status === 'yielding' || status === 'queued';

/** A training that went on from an earlier state tells some points again: the later ones count. */
export function withPoint(points: readonly TrainingPoint[], point: TrainingPoint): TrainingPoint[] {
  const before = points.filter(({ step }) => step < point.step);
  const kept = before.length < mostPoints ? before : before.filter((each, index) => index % 2 === 0 || each.heldOutLoss !== null);
  return [...kept, point];
}
