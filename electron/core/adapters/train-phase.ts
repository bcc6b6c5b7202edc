// The adapter learns: the native trainer's steps, interrupted while somebody waits for an answer.
import type {
  NativeTrainer,
  NativeTrainingEvaluation,
  NativeTrainingOptions,
  NativeTrainingResult,
  NativeTrainingStep,
} from '../engine/addon-training.ts';
import type { Gate } from './gate.ts';

export interface Training {
  trainer: NativeTrainer;
  gate: Gate;
  options: Pick<
    NativeTrainingOptions,
    'captured' | 'heldOut' | 'statePath' | 'adapterPath' | 'exitLayer' | 'steps' | 'positionsPerStep' | 'evaluateEvery'
  > &
    Partial<NativeTrainingOptions>;
  onStep: (step: NativeTrainingStep) => void;
  onEvaluation: (evaluation: NativeTrainingEvaluation) => void;
}

/** To the last step. Rejects with what the gate's signal was aborted with; the state is kept then. */
export async function trainSteps({ trainer, gate, options, onStep, onEvaluation }: Training): Promise<NativeTrainingResult> {
  const all: NativeTrainingOptions = {
    learningRate: 0,
    warmupSteps: -1,
    weightDecay: 0,
    seed: 1,
    saveEvery: 50,
    threads: 0,
    draftVocab: new Int32Array(),
    resume: true,
    name: '',
    license: '',
    data: '',
    ...options,
  };
  return gate.run(
    () => {
      const { promise, cancel } = trainer.train(all, (events) => {
        for (const event of events) {
          if (event.type === 'step') onStep(event);
          else onEvaluation(event);
        }
      });
      return { result: promise, stop: cancel };
    },
    ({ finished }) => !finished,
  );
}
