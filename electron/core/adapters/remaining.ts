// How long it still takes: the phase under way by its own speed, those behind it as they were estimated.
import { trainingPhases, type TrainingPhase } from '../../contract/adapters.ts';

/** Before that a phase's own speed says nothing. */
const leastMs = 1500;

export class Remaining {
  readonly #expectedMs: Record<TrainingPhase, number>;
  #phase: TrainingPhase = 'load';
  #startedAtMs: number;
  #startedWith = 0;
  readonly #now: () => number;

  constructor(expectedMs: Record<TrainingPhase, number>, now: () => number = () => performance.now()) {
    this.#expectedMs = expectedMs;
    this.#now = now;
    this.#startedAtMs = now();
  }

  /** What is left when `done` of `total` of a phase is done. */
  at(phase: TrainingPhase, done: number, total: number): number {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#startedAtMs = this.#now();
      this.#startedWith = done; // what an earlier run has done took no time in this one
    }
    const later = trainingPhases.slice(trainingPhases.indexOf(phase) + 1).reduce((sum, each) => sum + this.#expectedMs[each], 0);
    if (total <= 0) return later + this.#expectedMs[phase];
    const tookMs = this.#now() - this.#startedAtMs;
    const share = (done - this.#startedWith) / total;
    const left = (total - done) / total;
    const ownMs = tookMs >= leastMs && share > 0 ? (tookMs / share) * left : this.#expectedMs[phase] * left;
    return later + ownMs;
  }
}
