// The engine's process as its host holds it. Each shell has its own way to start one.
import type { Pipe } from '../../rpc/pipe.ts';

/** How a process ended. Electron reports no signal, only a code. */
export interface EngineExit {
  code: number | null;
  signal: string | null;
  /** The last lines that it wrote to stderr, for a log. */
  lastWords?: string;
}

export interface EngineProcess {
  readonly pid: number | undefined;
  readonly pipe: Pipe;
  /** At once, without a farewell. */
  kill(): void;
  /** Called once, at once where it has ended already. */
  onExit(listener: (exit: EngineExit) => void): void;
}

export type SpawnEngine = () => EngineProcess;
