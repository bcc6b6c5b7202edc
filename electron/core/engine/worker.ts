// The engine's process, or that of a training: loads the addon and serves its contract to its parent, until the parent goes away.
// Started with the project's root as its argument. A missing addon is an answer to every call, not a crash.
import type { EngineApi } from '../../contract/engine.ts';
import { engineShape, trainingShape } from '../../contract/index.ts';
import type { TrainingApi } from '../../contract/training.ts';
import { emitterPortPipe, type EmitterPort } from '../../rpc/message-port.ts';
import { processPipe } from '../../rpc/process.ts';
import { serve } from '../../rpc/server.ts';
import { Training } from '../adapters/training.ts';
import { loadAddon } from './addon.ts';
import { coalesce } from './coalesce.ts';
import { Engine } from './engine.ts';

/** One animation frame: the screen shows no more than that. */
const batchIntervalMs = 16;
/** What keeping the conversations' caches and freeing the model may take when the parent is gone. */
const farewellMs = 5000;

let engine: Engine | undefined;

function theEngine(): Engine {
  engine ??= new Engine(loadAddon(process.argv[2] ?? process.cwd()));
  return engine;
}

let training: Training | undefined;

function theTraining(): Training {
  training ??= new Training(loadAddon(process.argv[2] ?? process.cwd()));
  return training;
}

const trainer: TrainingApi = {
  train: (plan) => theTraining().train(plan),
  probe: async (request) => theTraining().probe(request),
  hold: async (held) => theTraining().hold(held),
  settle: async () => training?.settle(),
};

const service: EngineApi = {
  load: (request) => theEngine().load(request),
  unload: async () => theEngine().unload(),
  attach: async (adapterPath) => theEngine().attach(adapterPath),
  measure: async () => theEngine().measure(),
  memory: async () => theEngine().memory(),
  generate: (request) => coalesce(theEngine().generate(request), batchIntervalMs),
  logits: async (request) => theEngine().logits(request),
  stop: async (conversationId) => theEngine().stop(conversationId),
  forget: async (conversationId) => theEngine().forget(conversationId),
  countTokens: async (text) => theEngine().countTokens(text),
  version: async () => theEngine().version(),
};

// Electron's utility processes speak through `process.parentPort`, Node's children through their IPC channel.
const { parentPort } = process as unknown as { parentPort?: EmitterPort };
const pipe = parentPort ? emitterPortPipe(parentPort) : processPipe(process);

pipe.onClose(() => {
  setTimeout(() => process.exit(0), farewellMs).unref();
  void Promise.all([engine?.unload(), training?.settle()]).finally(() => process.exit(0));
});

// Ctrl+C reaches every process of a terminal: the parent decides when this one ends.
process.on('SIGINT', () => {});

// An engine or a training: the app starts a process for each.
serve(pipe, { ...service, ...trainer }, { ...engineShape, ...trainingShape });
