// A block of an answer whose text is tinted by origin.
import { createContext, useContext, useEffectEvent, useLayoutEffect, useRef, type ReactNode } from 'react';
import { useSettings } from '../settings/settings-store.ts';
import type { OriginRun } from './origin-runs.ts';
import { paintOrigins } from './painter.ts';

/** The runs of the answer around. */
export const RunsContext = createContext<readonly OriginRun[]>([]);

/** `source` is what was rendered into `children`, from `start` of the answer on. */
export function PaintedBlock({ start, source, children }: { start: number; source: string; children: ReactNode }) {
  const element = useRef<HTMLDivElement>(null);
  const runs = useContext(RunsContext);
  const show = useSettings((state) => state.settings.showOrigins);

  // Runs only ever grow at the end, together with the text: those of a block change when its source does, or all come at once
  // behind a finished answer.
  const known = runs.length > 0;
  const paint = useEffectEvent((end: number) => (element.current ? paintOrigins(element.current, start, end, runs) : () => {}));
  useLayoutEffect(() => (show && known ? paint(start + source.length) : undefined), [show, start, source, known]);

  return <div ref={element}>{children}</div>;
}
