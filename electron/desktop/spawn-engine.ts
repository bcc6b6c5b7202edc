// Starts the engine in one of Electron's utility processes: the same worker and pipe as elsewhere, its death reported once.
import type * as Electron from 'electron';
import type { EngineExit, EngineProcess, SpawnEngine } from '../core/engine/engine-process.ts';
import { utilityProcessPipe } from '../rpc/message-port.ts';

/** How much of stderr is kept, in characters. */
const lastWordsLength = 4000;

export interface SpawnOptions {
  utilityProcess: Pick<typeof Electron.utilityProcess, 'fork'>;
  /** The bundled worker. */
  workerPath: string;
  /** Folder that holds the native addon and the starter model. */
  root: string;
}

/** The `spawnEngine` of the desktop shell. */
export function spawnUtility(options: SpawnOptions): SpawnEngine {
  return () => start(options);
}

function start({ utilityProcess, workerPath, root }: SpawnOptions): EngineProcess {
  const child = utilityProcess.fork(workerPath, [root], {
    serviceName: 'Kangaroo engine',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const listeners: ((exit: EngineExit) => void)[] = [];
  let lastWords = '';
  let exit: EngineExit | null = null;

  const remember = (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLength);
  };
  child.stderr?.on('data', (chunk: Buffer | string) => remember(String(chunk)));
  // V8 gave up, for example for want of memory; the exit follows. Without a listener Electron would throw here.
  child.on('error', (type, location) => remember(`${type} in ${location}`));
  child.on('exit', (code) => {
    exit = { code, signal: null, lastWords };
    for (const listener of listeners) listener(exit);
  });

  return {
    get pid() {
      return child.pid;
    },
    pipe: utilityProcessPipe(child),
    kill() {
      // Electron's own kill asks politely, and an engine that hangs in native code does not listen.
      if (child.pid === undefined) child.kill();
      else if (!exit) process.kill(child.pid, 'SIGKILL');
    },
    onExit(listener) {
      if (exit) listener(exit);
      else listeners.push(listener);
    },
  };
}
