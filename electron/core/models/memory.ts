// What the loaded model holds and what the machine has left, as a stream for a memory bar.
import { freemem, totalmem } from 'node:os';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { EngineApi, EngineMemory } from '../../contract/engine.ts';
import type { MemoryPart, MemoryPool, MemoryReport } from '../../contract/memory.ts';
import type { ModelState } from '../../contract/models.ts';
import { Queue } from '../../rpc/queue.ts';
import type { Watchable } from '../watchable.ts';
import type { Machine } from './fit.ts';

/** How often the free memory is looked at while somebody watches. */
const intervalMs = 2000;

/** How long what macOS told is believed: it has to be asked by a process. */
const vmStatMs = 1000;
let vmStat = { atMs: -vmStatMs, text: '' };

/** Free pages, and those that macOS would give up at once: `vm_stat`'s free, inactive, speculative and purgeable ones. */
export function availableInVmStat(text: string): number | null {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1]),
  );
  const bytes = pages.reduce((sum, count) => sum + count, 0) * pageBytes;
  return Number.isFinite(bytes) ? bytes : null;
}

/** `MemAvailable` of Linux: with the cached pages of files, which it would give up. */
export function availableInMeminfo(text: string): number | null {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

/** Node's own figure leaves out, on Linux and macOS, what the system caches and would give up. */
function availableBytes(): number {
  try {
    if (process.platform === 'linux') return availableInMeminfo(readFileSync('/proc/meminfo', 'utf8')) ?? freemem();
    if (process.platform === 'darwin') {
      const now = performance.now();
      if (now - vmStat.atMs >= vmStatMs)
        vmStat = { atMs: now, text: execFileSync('vm_stat', { encoding: 'utf8', timeout: 2000 }) };
      return availableInVmStat(vmStat.text) ?? freemem();
    }
  } catch {
    // Some containers have no /proc.
  }
  return freemem();
}

/** Cached pages of files count as a container's use, and are given up first: `active_file` and `inactive_file` of its statistics. */
export function reclaimableInContainer(statistics: string): number {
  const bytes = ['active_file', 'inactive_file'].map(
    (name) => new RegExp(`^(?:total_)?${name} (\\d+)$`, 'm').exec(statistics)?.[1],
  );
  return bytes.reduce((sum, text) => sum + Number(text ?? 0), 0);
}

/** Where the statistics of a container lie, as it sees them itself: of control groups version 2, then 1. */
const containerStatistics = ['/sys/fs/cgroup/memory.stat', '/sys/fs/cgroup/memory/memory.stat'];

function availableInContainer(): number {
  const path = containerStatistics.find((each) => existsSync(each));
  const reclaimable = path === undefined ? 0 : reclaimableInContainer(readFileSync(path, 'utf8'));
  return process.availableMemory() + reclaimable;
}

/** A container's limit counts, where there is one. */
function ramNow(): MemoryPool {
  const limit = process.constrainedMemory();
  const total = totalmem();
  const totalBytes = limit > 0 && limit < total ? limit : total;
  const free = totalBytes < total ? Math.min(availableInContainer(), availableBytes()) : availableBytes();
  return { totalBytes, freeBytes: Math.min(free, totalBytes) };
}

/** Weights of this size are read from memory, not from the processor's caches: their speed says something about others. */
const leastMeasuredBytes = 256 << 20;

const nothing: EngineMemory = { parts: [], gpus: [] };

/** Bytes of parts that a new load would find free again: weights in RAM are pages of a file, which the system counts as free. */
function freedBytes(parts: readonly MemoryPart[]): { ram: number; gpu: number } {
  const sum = (these: readonly MemoryPart[], key: 'ramBytes' | 'gpuBytes') => these.reduce((bytes, part) => bytes + part[key], 0);
  return {
    ram: sum(
      parts.filter(({ name }) => name !== 'weights'),
      'ramBytes',
    ),
    gpu: sum(parts, 'gpuBytes'),
  };
}

/** The machine as the next model finds it: what the loaded one holds will be free. */
export function machineOf(state: ModelState, { parts, gpus }: EngineMemory = nothing): Machine {
  const ram = ramNow();
  const freed = freedBytes(parts);
  const sum = (key: 'totalBytes' | 'freeBytes') => gpus.reduce((bytes, gpu) => bytes + gpu[key], 0);
  const weights = parts.find(({ name }) => name === 'weights');
  const weightBytes = weights ? weights.ramBytes + weights.gpuBytes : 0;
  const isMeasured = state.status === 'ready' && weightBytes >= leastMeasuredBytes;
  return {
    ram: { totalBytes: ram.totalBytes, freeBytes: Math.min(ram.totalBytes, ram.freeBytes + freed.ram) },
    // A Mac's GPU has no memory of its own.
    gpu:
      gpus.length === 0 || process.platform === 'darwin'
        ? null
        : { totalBytes: sum('totalBytes'), freeBytes: Math.min(sum('totalBytes'), sum('freeBytes') + freed.gpu) },
    bytesPerSecond: isMeasured ? state.costs.plainTokensPerSecond * weightBytes : null,
  };
}

/**
 * What the engine holds, as it was when it was last asked. It is asked while a model is loaded; a load asks before it begins,
 * so that the GPUs are known.
 */
export class EngineMemoryWatch {
  readonly #engine: EngineApi;
  readonly #state: Watchable<ModelState>;
  #last = nothing;

  constructor(engine: EngineApi, state: Watchable<ModelState>) {
    this.#engine = engine;
    this.#state = state;
  }

  get machine(): Machine {
    return machineOf(this.#state.value, this.#last);
  }

  /** Starts the engine where it does not run. That it cannot tell is no reason for anything else to fail. */
  async refresh(): Promise<void> {
    this.#last = await this.#engine.memory().catch(() => nothing);
  }

  /** Now, at every change of the model's state, and every two seconds. Ends with the state. */
  watch(): AsyncIterable<MemoryReport> {
    return { [Symbol.asyncIterator]: () => this.#iterate() };
  }

  #iterate(): Queue<MemoryReport> {
    const changes = this.#state.watch()[Symbol.asyncIterator]();
    const queue = new Queue<MemoryReport>({
      onReturn: () => {
        clearInterval(timer);
        void changes.return?.();
      },
    });
    const push = async () => {
      const { status } = this.#state.value;
      const isLoaded = status === 'ready' || status === 'calibrating';
      if (isLoaded) await this.refresh();
      queue.drain();
      queue.push({ parts: isLoaded ? this.#last.parts : [], ram: ramNow(), gpus: this.#last.gpus });
    };
    const timer = setInterval(() => void push(), intervalMs);
    timer.unref();
    void (async () => {
      while (!(await changes.next()).done) await push();
      clearInterval(timer);
      queue.end();
    })();
    return queue;
  }
}
