// An answer as its rounds: accepted drafts, the drafts that were rejected (as ghosts), and the model's own token. One
// round at a time can be focused or pointed at; what happened in it shows below.
import { useId, useRef, useState } from 'react';
import type { Round } from '../../electron/contract/engine.ts';
import { strings } from '../strings.ts';
import { RoundDetails } from './round-details.tsx';
import { RoundText } from './round-text.tsx';

const text = strings.rounds;

export function RoundsView({ rounds }: { rounds: readonly Round[] }) {
  const [current, setCurrent] = useState<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const helpId = useId();
  // The one round that Tab reaches; arrows move from there.
  const tabStop = Math.min(current ?? 0, Math.max(0, rounds.length - 1));

  function move(event: React.KeyboardEvent): void {
    const last = rounds.length - 1;
    const next = {
      ArrowRight: tabStop + 1,
      ArrowDown: tabStop + 1,
      ArrowLeft: tabStop - 1,
      ArrowUp: tabStop - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const target = Math.max(0, Math.min(last, next));
    list.current?.querySelector<HTMLElement>(`[data-round="${target}"]`)?.focus();
  }

  const selected = current === null ? undefined : rounds[current];
  return (
    <div>
      <p id={helpId} className="sr-only">
        {text.help}
      </p>
      {/* The arrow keys of all rounds end up here; the focus is always on one of them. */}
      <div
        ref={list}
        className="rounds"
        role="listbox"
        aria-label={text.label}
        aria-describedby={helpId}
        aria-orientation="horizontal"
        tabIndex={-1}
        onKeyDown={move}
      >
        {rounds.map((round, index) => (
          <RoundText
            key={index}
            round={round}
            index={index}
            current={index === current}
            tabbable={index === tabStop}
            onSelect={setCurrent}
          />
        ))}
      </div>
      <div className="sticky bottom-2 z-10 mt-3 max-w-[68ch]">
        <div aria-live="polite" className="rounded-xl border border-line bg-raised px-4 py-3 text-[13px] shadow-float">
          {selected && current !== null ? (
            <RoundDetails round={selected} number={current + 1} total={rounds.length} />
          ) : (
            <p className="text-ink-soft">
              {text.hint}
              {rounds.some((round) => round.paused) && ` ${text.hintPaused}`}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}
