// Gathers items and hands them on together in animation frames, so that a fast stream costs few renders. A text that grows
// looks the same at 30 frames a second as at 60, for half the work.

export interface FrameQueue<T> {
  push(item: T): void;
  /** Forgets what was not handed on yet. */
  clear(): void;
}

/** Two frames of a 60 Hz display, less a little: frames do not come exactly on time. */
const shortestIntervalMs = 30;
/** A hidden page gets no frames; it is brought up to date this often. */
const hiddenIntervalMs = 500;

/**
 * The first item after a pause is handed on in the very next frame. `intervalMs` says, by what was just handed on, how long the
 * next hand-over should wait.
 */
export function createFrameQueue<T>(
  onItems: (items: T[]) => void,
  intervalMs: (items: readonly T[]) => number = () => shortestIntervalMs,
): FrameQueue<T> {
  let items: T[] = [];
  let frame: number | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let waitMs = shortestIntervalMs;

  function cancel(): void {
    if (frame !== null) cancelAnimationFrame(frame);
    if (timer !== null) clearTimeout(timer);
    frame = null;
    timer = null;
  }

  function flush(): void {
    cancel();
    lastMs = performance.now();
    const gathered = items;
    items = [];
    if (gathered.length === 0) return;
    waitMs = Math.max(shortestIntervalMs, intervalMs(gathered));
    onItems(gathered);
  }

  function onFrame(): void {
    frame = null;
    if (performance.now() - lastMs < waitMs) schedule();
    else flush();
  }

  function askForFrame(): void {
    timer = null;
    frame = requestAnimationFrame(onFrame);
  }

  function schedule(): void {
    const restMs = lastMs + waitMs - performance.now();
    if (document.visibilityState === 'hidden') timer = setTimeout(flush, hiddenIntervalMs);
    else if (restMs > shortestIntervalMs) timer = setTimeout(askForFrame, restMs);
    else askForFrame();
  }

  // A frame that was asked for never comes once the page is hidden, and a timer is late once it is shown again.
  document.addEventListener('visibilitychange', () => {
    if (items.length > 0) flush();
  });

  return {
    push(item) {
      items.push(item);
      if (frame === null && timer === null) schedule();
    },
    clear() {
      items = [];
      cancel();
    },
  };
}
