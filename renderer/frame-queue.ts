// Gathers items and hands them on together, once per animation frame, so that a fast stream costs one render per frame.

export interface FrameQueue<T> {
  push(item: T): void;
  /** Forgets what was not handed on yet. */
  clear(): void;
}

/** A hidden page gets no frames; it is brought up to date this often. */
const hiddenIntervalMs = 500;

export function createFrameQueue<T>(onItems: (items: T[]) => void): FrameQueue<T> {
  let items: T[] = [];
  let cancel: (() => void) | null = null;

  function flush(): void {
    cancel?.();
    cancel = null;
    document.removeEventListener('visibilitychange', flush);
    const gathered = items;
    items = [];
    if (gathered.length > 0) onItems(gathered);
  }

  function schedule(): void {
    if (document.visibilityState === 'hidden') {
      const timer = setTimeout(flush, hiddenIntervalMs);
      cancel = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(flush);
      cancel = () => cancelAnimationFrame(frame);
    }
    // A frame that was asked for may never come once the page is hidden, and a timer is late once it is shown.
    document.addEventListener('visibilitychange', flush);
  }

  return {
    push(item) {
      items.push(item);
      if (!cancel) schedule();
    },
    clear() {
      items = [];
      cancel?.();
      cancel = null;
      document.removeEventListener('visibilitychange', flush);
    },
  };
}
