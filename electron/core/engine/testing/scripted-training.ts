// A training for unit tests that need no model: it counts to ten, keeps how far it is in its folder, and does what its plan's `data`
// says. A double of the contract only; the process, its pipe and the jobs around it are real.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KangarooError } from '../../../contract/errors.ts';
import type { TrainingResult } from '../../../contract/adapters.ts';
import type { ProbeRequest, TrainingApi, TrainingEvent, TrainingPlan, TrainingSpeeds } from '../../../contract/training.ts';

const steps = 10;

export const scriptedResult: TrainingResult = {
  exitLayer: 2,
  threshold: 0.5,
  maxDraft: 4,
  draftVocabularySize: 0,
  tokens: 100,
  steps,
  loss: 1,
  agreement: 0.5,
  acceptanceByPosition: [0.5],
  tokensPerRound: 1.5,
  speeds: null,
  tookMs: 1,
  trainedAtMs: 1,
};

export const scriptedSpeeds: TrainingSpeeds = { generateMs: 7, captureMs: 3, trainMs: 5, exploreFactor: 1, measureFactor: 1 };

/** `crash`, `full` and `fail` happen at the fifth step, once in a folder. */
export class ScriptedTraining implements TrainingApi {
  readonly #crash: () => void;
  #held = false;
  #running = Promise.resolve();
  #settled = () => {};

  constructor(crash: () => void) {
    this.#crash = crash;
  }

  train(plan: TrainingPlan): AsyncIterable<TrainingEvent[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running = promise;
    const events = this.#events(plan);
    return {
      async *[Symbol.asyncIterator]() {
        try {
          yield* events;
        } finally {
          resolve();
        }
      },
    };
  }

  /** Takes until it is settled where the model's file is called `slow.gguf`. */
  async probe({ modelPath, folder }: ProbeRequest): Promise<TrainingSpeeds> {
    if (modelPath.endsWith('slow.gguf')) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#settled = resolve;
      await promise;
      throw new KangarooError('cancelled', 'The measurement was ended.');
    }
    writeFileSync(join(folder, 'probe.bin'), 'left behind');
    return scriptedSpeeds;
  }

  async hold(held: boolean): Promise<void> {
    this.#held = held;
  }

  settle(): Promise<void> {
    this.#settled();
    return this.#running;
  }

  async *#events({ folder, data, outPath }: TrainingPlan): AsyncGenerator<TrainingEvent[]> {
    const [stepFile, happened] = [join(folder, 'step'), join(folder, 'happened')];
    const begun = existsSync(stepFile) ? Number(readFileSync(stepFile, 'utf8')) : 0;
    for (let step = begun + 1; step <= steps; step++) {
      while (this.#held) await pause();
      await pause();
      if (step === 5 && !existsSync(happened)) {
        if (data !== '') writeFileSync(happened, '');
        if (data === 'crash') this.#crash();
        if (data === 'full') throw new KangarooError('disk-full', 'The disk is full. Free some space, then resume.');
        if (data === 'fail') throw new KangarooError('file-damaged', 'The model is damaged.');
      }
      writeFileSync(stepFile, String(step));
      yield [
        { type: 'progress', phase: 'train', done: step, total: steps, remainingMs: (steps - step) * 1000 },
        { type: 'point', point: { step, loss: 10 - step, heldOutLoss: null, agreement: null } },
      ];
    }
    writeFileSync(outPath, 'an adapter');
    yield [{ type: 'speeds', speeds: { ...scriptedSpeeds, trainMs: 11 } }];
    yield [{ type: 'done', result: scriptedResult }];
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
