// What the loaded model holds and what the machine has left, as a stream for a memory bar.
import { freemem, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import type { MemoryPool, MemoryReport } from '../../contract/memory.ts';
import type { ModelState } from '../../contract/models.ts';
import { Queue } from '../../rpc/queue.ts';
import type { Watchable } from '../watchable.ts';
import type { Machine } from './fit.ts';

/** How often the free memory is looked at while somebody watches. */
const intervalMs = 2000;

/** Linux counts a file's cached pages as used in `freemem`: what `MemAvailable` says could be had. */
function availableBytes(): number {
  if (process.platform !== 'linux') return freemem();
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Some containers have no /proc.
  }
  return freemem();
}

/** A container's limit counts, where there is one. */
function ramNow(): MemoryPool {
  const limit = process.constrainedMemory();
  const total = totalmem();
  const totalBytes = limit > 0 && limit < total ? limit : total;
  const free = totalBytes < total ? Math.min(process.availableMemory(), availableBytes()) : availableBytes();
  return { totalBytes, freeBytes: Math.min(free, totalBytes) };
}

function report(state: ModelState): MemoryReport {
  const parts = state.status === 'ready' || state.status === 'calibrating' ? state.loaded.memory : [];
  return { parts, ram: ramNow(), gpus: [] };
}

/** Weights of this size are read from memory, not from the processor's caches: their speed says something about others. */
const leastMeasuredBytes = 256 << 20;

/** The machine as the next model finds it: what the loaded one holds will be free, but for its weights, which are cached pages. */
export function machineOf(state: ModelState): Machine {
  const { totalBytes, freeBytes } = ramNow();
  const loaded = state.status === 'ready' || state.status === 'calibrating' ? state.loaded : null;
  const parts = loaded?.memory ?? [];
  const held = parts.filter(({ name }) => name !== 'weights').reduce((sum, part) => sum + part.ramBytes, 0);
  const weights = parts.find(({ name }) => name === 'weights');
  const weightBytes = weights ? weights.ramBytes + weights.gpuBytes : 0;
  const isMeasured = state.status === 'ready' && weightBytes >= leastMeasuredBytes;
  return {
    ram: { totalBytes, freeBytes: Math.min(totalBytes, freeBytes + held) },
    gpu: null,
    bytesPerSecond: isMeasured ? state.costs.plainTokensPerSecond * weightBytes : null,
  };
}

/** Now, at every change of the model's state, and every two seconds. Ends with the state. */
export function watchMemory(state: Watchable<ModelState>): AsyncIterable<MemoryReport> {
  return {
    [Symbol.asyncIterator]() {
      const changes = state.watch()[Symbol.asyncIterator]();
      const queue = new Queue<MemoryReport>({
        onReturn: () => {
          clearInterval(timer);
          void changes.return?.();
        },
      });
      const push = () => {
        queue.drain();
        queue.push(report(state.value));
      };
      const timer = setInterval(push, intervalMs);
      timer.unref();
      void (async () => {
        for (;;) {
          const { done } = await changes.next();
          if (done) break;
          push();
        }
        clearInterval(timer);
        queue.end();
      })();
      return queue;
    },
  };
}
