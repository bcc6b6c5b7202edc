// A value that changes often, shown at most every so many milliseconds.
import { useEffect, useRef, useState } from 'react';

/** The newest value, at most every `intervalMs`; 0 shows every value at once. */
export function useThrottled<T>(value: T, intervalMs: number): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    newest.current = value;
    if (intervalMs === 0 || timer.current !== null) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      setShown(newest.current);
    }, intervalMs);
  }, [value, intervalMs]);

  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );

  return intervalMs === 0 ? value : shown;
}
