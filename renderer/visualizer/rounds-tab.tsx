// Rounds one by one: timeline, tokens and race look at the same stretch and the same round.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Trace } from './figures/trace.ts';
import { grown, holding, type View } from './figures/view.ts';
import { Race } from './race.tsx';
import { Timeline } from './timeline.tsx';
import { TokenStream } from './token-stream.tsx';
import { useVisualizer } from './visualizer-store.ts';

export function RoundsTab({ trace, streaming }: { trace: Trace; streaming: boolean }) {
  const total = trace.rounds.length;
  const [view, setView] = useState<View>({ from: 0, to: total });
  const before = useRef(total);
  const round = useVisualizer((state) => state.round);
  const choose = useVisualizer((state) => state.choose);

  useEffect(() => {
    setView((now) => grown(now, before.current, total));
    before.current = total;
  }, [total]);

  const select = useCallback((next: number) => choose({ round: next }), [choose]);
  // Also where another face of the panel has chosen the round.
  useEffect(() => {
    if (round !== null) setView((now) => holding(now, round, total));
  }, [round, total]);

  const [answer] = trace.answers;
  return (
    <div className="space-y-7">
      <Timeline trace={trace} view={view} selected={round} onView={setView} onSelect={select} />
      <TokenStream trace={trace} view={view} selected={round} onView={(next) => setView(holding(next, Math.floor(next.from), total))} onSelect={select} />
      {answer && trace.answers.length === 1 && <Race answer={answer} streaming={streaming} />}
    </div>
  );
}
