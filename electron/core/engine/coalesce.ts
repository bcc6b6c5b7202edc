// Slows a stream of batches down to about one per interval: the first at once, the others merged, the last without delay.
import { Queue } from '../../rpc/queue.ts';

/**
 * Nothing is lost or reordered. What waits because the reader is slow is merged too, so it is one batch however long it
 * takes. Leaving the result leaves the source.
 */
export function coalesce<T>(source: AsyncIterable<T[]>, intervalMs: number): AsyncIterable<T[]> {
  return { [Symbol.asyncIterator]: () => start(source, intervalMs) };
}

function start<T>(source: AsyncIterable<T[]>, intervalMs: number): AsyncIterator<T[]> {
  const iterator = source[Symbol.asyncIterator]();
  let pending: T[] = [];
  let lastSentMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const queue = new Queue<T[]>({
    onTake: () => {
      // The reader is back for more: what came while it was away may go.
      queueMicrotask(schedule);
    },
    onReturn: () => {
      clearTimeout(timer);
      void iterator.return?.();
    },
  });

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const batch = pending;
    pending = [];
    lastSentMs = performance.now();
    queue.push(batch);
  }

  function schedule(): void {
    if (timer !== undefined || pending.length === 0 || queue.length > 0) return;
    const waitMs = lastSentMs + intervalMs - performance.now();
    if (waitMs <= 0) flush();
    else timer = setTimeout(flush, waitMs);
  }

  void (async () => {
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) break;
        pending.push(...value);
        schedule();
      }
      flush();
      queue.end();
    } catch (error) {
      flush();
      queue.fail(error);
    }
  })();
  return queue;
}
