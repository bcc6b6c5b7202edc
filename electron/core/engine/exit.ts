// Says in words how the engine's process ended, and what to do about it.
import { KangarooError } from '../../contract/errors.ts';
import type { EngineExit } from './engine-process.ts';

/** Where only a code is known: a shell's 128 + n, and Windows' access violation. */
const signalsByCode: Readonly<Record<number, string>> = {
  9: 'SIGKILL',
  11: 'SIGSEGV',
  134: 'SIGABRT',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  3221225477: 'access violation',
};

/** What happened to a process, without what to do about it. */
export function exitText({ code, signal }: EngineExit, what = 'The engine'): string {
  const name = signal ?? (code === null ? undefined : signalsByCode[code]);
  if (name === 'SIGKILL') return `${what} was stopped by the system (SIGKILL), perhaps because memory ran out.`;
  if (name !== undefined) return `${what} crashed (${name}).`;
  if (code === null) return `${what} could not be started.`;
  return `${what} ended unexpectedly (exit code ${code}).`;
}

/** `engine-crashed`, with the process's last words for the log. */
export function exitError(exit: EngineExit): KangarooError {
  return new KangarooError('engine-crashed', `${exitText(exit)} It starts again by itself; try again.`, exit.lastWords);
}

/** `engine-crashed`, when it is not started again. */
export function gaveUpError(exit: EngineExit, crashes: number): KangarooError {
  const advice = 'It is not started again by itself. Load a smaller model, or the same one once more.';
  return new KangarooError(
    'engine-crashed',
    `${exitText(exit)} That was ${crashes} times in a row without an answer. ${advice}`,
    exit.lastWords,
  );
}
