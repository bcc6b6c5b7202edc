// What the phases of a training really take, as speeds for the next estimate.
import type { TrainingPhase } from '../../contract/adapters.ts';
import type { TrainingSpeeds } from '../../contract/training.ts';
import type { TrainingWork } from './estimate.ts';

/** A phase that this run has done less of, or in less time, tells nothing: it went on where an earlier one was. */
const leastShare = 0.25;
const leastMs = 500;

const speedOf = {
  generate: 'generateMs',
  explore: 'exploreFactor',
  capture: 'captureMs',
  train: 'trainMs',
  measure: 'measureFactor',
} as const satisfies Record<keyof TrainingWork, keyof TrainingSpeeds>;

export class PhaseClock {
  readonly #work: TrainingWork;
  readonly #now: () => number;
  #speeds: TrainingSpeeds;
  #phase: TrainingPhase = 'load';
  #began = { ms: 0, done: 0 };
  #last = { ms: 0, done: 0, total: 0 };

  /** `speeds`: those that `work` was estimated with. */
  constructor(work: TrainingWork, speeds: TrainingSpeeds, now: () => number) {
    this.#work = work;
    this.#speeds = speeds;
    this.#now = now;
  }

  get speeds(): TrainingSpeeds {
    return this.#speeds;
  }

  /** Where a training is. True: a phase has ended, and `speeds` are new. */
  at(phase: TrainingPhase, done: number, total: number): boolean {
    const ms = this.#now();
    const isNew = phase !== this.#phase && this.end();
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#began = { ms, done };
    }
    this.#last = { ms, done, total };
    return isNew;
  }

  /** Of the last phase. True: it has told something. */
  end(): boolean {
    const { ms, done, total } = this.#last;
    const tookMs = ms - this.#began.ms;
    const share = total > 0 ? (done - this.#began.done) / total : 0;
    if (this.#phase === 'load' || share < leastShare || tookMs < leastMs) return false;
    this.#speeds = { ...this.#speeds, [speedOf[this.#phase]]: tookMs / (share * this.#work[this.#phase]) };
    return true;
  }
}
