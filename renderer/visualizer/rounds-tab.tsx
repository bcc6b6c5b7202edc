// Rounds one by one: timeline, tokens and race look at the same stretch and the same round.
import { useCallback, useDeferredValue, useState } from 'react';
import type { Trace } from './figures/trace.ts';
import { grown, holding, type View } from './figures/view.ts';
import { Race } from './race.tsx';
import { Timeline } from './timeline.tsx';
import { TokenStream } from './token-stream.tsx';
import { useVisualizer } from './visualizer-store.ts';

export function RoundsTab({ trace, streaming }: { trace: Trace; streaming: boolean }) {
  const total = trace.rounds.length;
  const [view, setView] = useState<View>({ from: 0, to: total });
  const [seen, setSeen] = useState({ total, round: null as number | null });
  const round = useVisualizer((state) => state.round);
  const choose = useVisualizer((state) => state.choose);
  // Rounds come while an answer is written, and a round may be chosen elsewhere: the view goes along.
  if (seen.total !== total || seen.round !== round) {
    const now = grown(view, seen.total, total);
    setSeen({ total, round });
    setView(round === null || round === seen.round ? now : holding(now, round, total));
  }
  const select = useCallback((next: number) => choose({ round: next }), [choose]);
  const turn = useCallback((next: View) => setView(holding(next, Math.floor(next.from), total)), [total]);
  const [answer] = trace.answers;
  // Hundreds of tokens take longer to lay out than a frame: the timeline follows the hand, the tokens follow it.
  const settled = useDeferredValue(view);
  return (
    <div className="space-y-7">
      <Timeline trace={trace} view={view} selected={round} onView={setView} onSelect={select} />
      <TokenStream trace={trace} view={settled} selected={round} onView={turn} onSelect={select} />
      {answer && trace.answers.length === 1 && <Race answer={answer} streaming={streaming} />}
    </div>
  );
}
