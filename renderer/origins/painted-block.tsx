// A block of an answer whose text is tinted by origin.
import { createContext, useContext, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useSettings } from '../settings/settings-store.ts';
import { watchNearScreen } from './near-screen.ts';
import type { OriginRun } from './origin-runs.ts';
import { paintOrigins } from './painter.ts';

/** The runs of an answer. It stays the same while they grow: a finished block need not hear of it. */
export class OriginRuns {
  #now: readonly OriginRun[] = [];

  get now(): readonly OriginRun[] {
    return this.#now;
  }

  put(runs: readonly OriginRun[]): void {
    this.#now = runs;
  }
}

/** `known`: there are some. Those of a finished answer come all at once, behind its text. */
export const RunsContext = createContext({ runs: new OriginRuns(), known: false });

/** `source` is what was rendered into `children`, from `start` of the answer on. */
export function PaintedBlock({ start, source, children }: { start: number; source: string; children: ReactNode }) {
  const element = useRef<HTMLDivElement>(null);
  const { runs, known } = useContext(RunsContext);
  const show = useSettings((state) => state.settings.showOrigins);
  const tinted = show && known;
  const [near, setNear] = useState(true);

  useEffect(() => (tinted && element.current ? watchNearScreen(element.current, setNear) : undefined), [tinted]);

  // Runs only ever grow at the end, together with the text: those of a block change when its source does.
  useLayoutEffect(
    () => (tinted && near && element.current ? paintOrigins(element.current, start, start + source.length, runs.now) : undefined),
    [tinted, near, start, source, runs],
  );

  return <div ref={element}>{children}</div>;
}
