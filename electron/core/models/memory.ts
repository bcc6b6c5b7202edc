// What the loaded model holds and what the machine has left, as a stream for a memory bar.
import { freemem, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import type { MemoryPool, MemoryReport } from '../../contract/memory.ts';
import type { ModelState } from '../../contract/models.ts';
import { Queue } from '../../rpc/queue.ts';
import type { Watchable } from '../watchable.ts';

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
export function ramNow(): MemoryPool {
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
