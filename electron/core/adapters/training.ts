// The service of the process that trains: one training at a time, at a lower priority than what people look at.
import { constants, setPriority } from 'node:os';
import { KangarooError } from '../../contract/errors.ts';
import type { ProbeRequest, TrainingApi, TrainingEvent, TrainingPlan, TrainingSpeeds } from '../../contract/training.ts';
import { Queue } from '../../rpc/queue.ts';
import type { NativeAddon } from '../engine/addon.ts';
import { Gate } from './gate.ts';
import { trainAdapter } from './pipeline.ts';
import { probeModel } from './speed-probe.ts';

export class Training implements TrainingApi {
  readonly #addon: NativeAddon;
  #gate: Gate | null = null;
  #endProbe: (() => void) | null = null;
  #held = false;
  #running: Promise<void> = Promise.resolve();

  constructor(addon: NativeAddon) {
    this.#addon = addon;
  }

  train(plan: TrainingPlan): AsyncIterable<TrainingEvent[]> {
    return { [Symbol.asyncIterator]: () => this.#start(plan) };
  }

  async probe(request: ProbeRequest): Promise<TrainingSpeeds> {
    if (this.#gate) throw new KangarooError('busy', 'A training is under way already.');
    lowerPriority();
    const ended = new AbortController();
    const gate = new Gate(ended.signal);
    gate.hold(this.#held);
    this.#gate = gate;
    this.#endProbe = () => ended.abort(new KangarooError('cancelled', 'The measurement was ended.'));
    const probing = probeModel(this.#addon, request, gate).finally(() => {
      this.#gate = null;
      this.#endProbe = null;
    });
    this.#running = probing.then(
      () => {},
      () => {},
    );
    return probing;
  }

  async hold(held: boolean): Promise<void> {
    this.#held = held;
    this.#gate?.hold(held);
  }

  async settle(): Promise<void> {
    this.#endProbe?.();
    await this.#running;
  }

  #start(plan: TrainingPlan): AsyncIterator<TrainingEvent[]> {
    const paused = new AbortController();
    const queue = new Queue<TrainingEvent[]>({
      onReturn: () => paused.abort(new KangarooError('cancelled', 'The training was paused.')),
    });
    if (this.#gate) {
      queue.fail(new KangarooError('busy', 'A training is under way already.'));
      return queue;
    }
    lowerPriority();
    const gate = new Gate(paused.signal);
    gate.hold(this.#held);
    this.#gate = gate;
    const training = trainAdapter({
      addon: this.#addon,
      plan,
      gate,
      onEvent: (event) => queue.push([event]),
    });
    this.#running = training
      .then(
        () => queue.end(),
        (error: unknown) => queue.fail(error),
      )
      .finally(() => (this.#gate = null));
    return queue;
  }
}

/** Somebody works on this machine. Where it is not allowed, training goes on as any program. */
function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // For example in some containers.
  }
}
