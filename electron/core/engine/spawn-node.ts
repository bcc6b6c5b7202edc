// Starts the engine's process with Node's own fork. It ends with its parent, however that ends: its channel closes.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { processPipe } from '../../rpc/process.ts';
import type { EngineExit, EngineProcess, SpawnEngine } from './engine-process.ts';

/** How much of stderr is kept, in characters. */
const lastWordsLength = 4000;
/** How long they are waited for once the process is gone. */
const lastWordsMs = 500;

/** `worker`: what to run, by default the engine's worker as it lies in the project. */
export function spawnNode(root: string, worker = join(root, 'electron', 'core', 'engine', 'worker.ts')): SpawnEngine {
  return () => start(root, worker);
}

function start(root: string, worker: string): EngineProcess {
  const child = fork(worker, [root], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const pipe = processPipe(child);
  const listeners: ((exit: EngineExit) => void)[] = [];
  let lastWords = '';
  let exit: EngineExit | null = null;

  function ended(code: number | null, signal: string | null): void {
    if (exit) return;
    exit = { code, signal, lastWords };
    for (const listener of listeners) listener(exit);
  }

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLength);
  });
  // The last of stderr may come after 'exit'. ('close' would wait for it, but never comes after a `disconnect`.)
  child.on('exit', (code, signal) => {
    const { stderr } = child;
    if (!stderr || stderr.closed) return ended(code, signal);
    stderr.once('close', () => ended(code, signal));
    setTimeout(() => ended(code, signal), lastWordsMs).unref();
  });
  child.on('error', (error) => {
    lastWords += error.message;
    pipe.close(error.message);
    if (child.pid === undefined) ended(null, null);
  });

  return {
    pid: child.pid,
    pipe,
    kill: () => child.kill('SIGKILL'),
    onExit(listener) {
      if (exit) listener(exit);
      else listeners.push(listener);
    },
  };
}
