// The engine's process for unit tests: serves a scripted engine and a scripted training, and really dies when it is told to crash.
import type { EngineApi } from '../../../contract/engine.ts';
import { engineShape, trainingShape } from '../../../contract/index.ts';
import type { TrainingApi } from '../../../contract/training.ts';
import { processPipe } from '../../../rpc/process.ts';
import { serve } from '../../../rpc/server.ts';
import { ScriptedEngine } from './scripted-engine.ts';
import { ScriptedTraining } from './scripted-training.ts';

const crash = () => process.kill(process.pid, 'SIGKILL');
const training = new ScriptedTraining(crash);
const pipe = processPipe(process);
pipe.onClose(() => process.exit(0));
process.stderr.write('scripted engine: last words\n');
const engine: EngineApi & TrainingApi = Object.assign(new ScriptedEngine({ crash }), {
  train: training.train.bind(training),
  probe: training.probe.bind(training),
  hold: training.hold.bind(training),
  settle: training.settle.bind(training),
});
serve(pipe, engine, { ...engineShape, ...trainingShape });
