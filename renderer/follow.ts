// Follows a stream of the core for as long as its connection lasts.
import { toErrorShape, type ErrorShape } from '../electron/contract/errors.ts';

/**
 * Hands on every item until the stream ends or `signal` aborts. An error that is not the loss of the connection is
 * reported: losing it shows elsewhere and is followed by a new stream.
 */
export async function follow<T>(
  stream: AsyncIterable<T>,
  signal: AbortSignal,
  onItem: (item: T) => void,
  onError: (error: ErrorShape) => void,
): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  const leave = () => void iterator.return?.();
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const result = await iterator.next();
      if (result.done || signal.aborted) return;
      onItem(result.value);
    }
  } catch (error) {
    const shape = toErrorShape(error);
    if (!signal.aborted && shape.code !== 'closed' && shape.code !== 'cancelled') onError(shape);
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}
