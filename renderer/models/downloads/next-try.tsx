// When a download that waits tries again, counted down once a second.
import { useEffect, useState } from 'react';
import { modelsText } from '../strings.ts';

export function NextTry({ atMs }: { atMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <p className="text-ink-soft tabular-nums">{modelsText.downloads.nextTry(atMs - nowMs)}</p>;
}
