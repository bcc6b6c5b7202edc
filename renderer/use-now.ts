// What time it is, for what a page tells by it: "today", "in 3 days".
import { useEffect, useState } from 'react';

const everyMs = 60_000;

/** Unix milliseconds, of this minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
