// The process that trains, as the app holds it: the engine's worker once more. Started when there is something to train, ended when
// that is done, paused or failed, so that its memory goes back.
import { KangarooError } from '../../contract/errors.ts';
import { trainingShape } from '../../contract/index.ts';
import type { ProbeRequest, TrainingApi, TrainingEvent, TrainingPlan, TrainingSpeeds } from '../../contract/training.ts';
import { createClient } from '../../rpc/client.ts';
import type { EngineProcess, SpawnEngine } from '../engine/engine-process.ts';
import { exitText } from '../engine/exit.ts';

/** What keeping its state may take when it is paused: a large adapter's is most of a gigabyte. */
const settleMs = 30_000;

export class TrainingProcess {
  readonly #process: EngineProcess;
  readonly #client: TrainingApi;
  /** Resolves when the process has ended, with the error for whoever waited for it. */
  readonly #ended: Promise<KangarooError>;
  #events: AsyncIterator<TrainingEvent[]> | null = null;
  #left = false;

  constructor(spawn: SpawnEngine) {
    this.#process = spawn();
    this.#client = createClient<TrainingApi>(this.#process.pipe, trainingShape);
    this.#ended = new Promise((resolve) => {
      this.#process.onExit((exit) =>
        resolve(
          new KangarooError(
            'engine-crashed',
            `${exitText(exit, 'The training')} What was done so far is kept: resume it.`,
            exit.lastWords,
          ),
        ),
      );
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves with true at the end, with false when it was paused. Rejects as `TrainingApi.train` does, and with `engine-crashed`. */
  async train(plan: TrainingPlan, onEvents: (events: TrainingEvent[]) => void): Promise<boolean> {
    try {
      this.#events = this.#client.train(plan)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await this.#events.next();
        if (done) return !this.#left;
        if (!this.#left) onEvents(value);
      }
    } catch (error) {
      if (this.#left) return false;
      throw error instanceof KangarooError && error.code === 'closed' ? await this.#ended : error;
    }
  }

  /** Rejects as `TrainingApi.probe` does, with `engine-crashed`, and with `cancelled` where it was ended. */
  async probe(request: ProbeRequest): Promise<TrainingSpeeds> {
    try {
      return await this.#client.probe(request);
    } catch (error) {
      if (this.#left) throw new KangarooError('cancelled', 'The measurement was ended.');
      throw error instanceof KangarooError && error.code === 'closed' ? await this.#ended : error;
    }
  }

  async hold(held: boolean): Promise<void> {
    await this.#client.hold(held).catch(() => {}); // a process that is gone computes nothing
  }

  /** Pauses a training, waits until it has kept its state, and ends the process. Safe at any time, and twice. */
  async end(): Promise<void> {
    this.#left = true;
    void this.#events?.return?.();
    const late = new Promise<void>((resolve) => setTimeout(resolve, settleMs).unref());
    await Promise.race([this.#client.settle().catch(() => {}), late]);
    this.#process.kill();
    await this.#ended;
  }
}
