// The answer's tokens, tinted by who they come from; the round that is pointed at, or focused, is told below.
import { Fragment, memo, useId, useMemo, useRef } from 'react';
import type { Round } from '../../electron/contract/engine.ts';
import { RoundDetails } from '../chat/round-details.tsx';
import { RoundText } from '../chat/round-text.tsx';
import { OriginKeys } from '../origins/origins-legend.tsx';
import { strings } from '../strings.ts';
import type { Trace } from './figures/trace.ts';
import type { View } from './figures/view.ts';
import { visualizerText } from './strings.ts';
import { useVisualizer } from './visualizer-store.ts';

const text = visualizerText.stream;

/** More rounds than this are not laid out at once: the timeline's view is what is read. */
const mostInStream = 300;
const withoutCopies = ['draft', 'target'] as const;

interface TokenStreamProps {
  trace: Trace;
  view: View;
  selected: number | null;
  onSelect(round: number): void;
  onView(view: View): void;
}

export const TokenStream = memo(function TokenStream({ trace, view, selected, onSelect, onView }: TokenStreamProps) {
  const ghosts = useVisualizer((state) => state.ghosts);
  const choose = useVisualizer((state) => state.choose);
  const list = useRef<HTMLDivElement>(null);
  const titleId = useId();
  const total = trace.rounds.length;
  const from = Math.max(0, Math.floor(view.from));
  const to = Math.min(total, Math.ceil(view.to), from + mostInStream);
  const tabStop = selected !== null && selected >= from && selected < to ? selected : from;
  const round = selected === null ? undefined : trace.rounds[selected];
  const copies = useMemo(() => trace.rounds.some(({ drafts }) => drafts.some(({ source }) => source === 'lookup')), [trace]);

  function move(event: React.KeyboardEvent): void {
    const target = {
      ArrowRight: tabStop + 1,
      ArrowDown: tabStop + 1,
      ArrowLeft: tabStop - 1,
      ArrowUp: tabStop - 1,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(total - 1, target));
    onSelect(next);
    // The view may have moved for it.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-round="${next}"]`)?.focus());
  }

  const turn = (by: number) => onView({ from: from + by, to: from + by + mostInStream });
  return (
    <section aria-labelledby={titleId} data-testid="token-stream" className="space-y-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 id={titleId} className="text-[14.5px] font-semibold">
          {text.title} <span className="text-[13px] font-normal text-ink-soft">{text.caption(from, to, total)}</span>
        </h3>
        <label className="inline-flex items-center gap-1.5 text-[13px] text-ink-soft">
          <input
            type="checkbox"
            className="accent-(--accent)"
            data-testid="ghosts"
            checked={ghosts}
            onChange={(event) => choose({ ghosts: event.target.checked })}
          />
          {text.ghosts}
        </label>
      </div>
      <div className="text-[12.5px] text-ink-soft">
        <OriginKeys {...(!copies && { shown: withoutCopies })} />
      </div>
      <Turn shown={from > 0} label={text.earlier} onClick={() => turn(-mostInStream)} />
      <div
        ref={list}
        className="rounds max-h-72 overflow-y-auto rounded-xl border border-line bg-raised px-3.5 py-2.5 !text-[15px]"
        role="listbox"
        aria-label={strings.rounds.label}
        aria-orientation="horizontal"
        tabIndex={-1}
        onKeyDown={move}
      >
        {trace.rounds.slice(from, to).map((each, place) => (
          <Fragment key={from + place}>
            <AnswerStart trace={trace} round={from + place} />
            <RoundText
              round={each}
              index={from + place}
              current={from + place === selected}
              tabbable={from + place === tabStop}
              ghosts={ghosts}
              onSelect={onSelect}
            />
          </Fragment>
        ))}
      </div>
      <Turn shown={to < total} label={text.later} onClick={() => turn(mostInStream)} />
      <RoundCard round={round} number={(selected ?? 0) + 1} total={total} />
    </section>
  );
});

/** Where an answer begins: the token that came with its prompt, and its number where there are several answers. */
function AnswerStart({ trace, round }: { trace: Trace; round: number }) {
  const place = trace.starts.indexOf(round);
  const answer = trace.answers[place];
  if (!answer) return null;
  return (
    <>
      {trace.answers.length > 1 && (
        <span role="presentation" className={`block text-[12.5px] text-ink-soft ${place > 0 ? 'mt-2' : ''}`}>
          {text.answer(answer.number)}
        </span>
      )}
      <span role="presentation">{answer.first?.pieces.map((piece) => piece.text).join('')}</span>
    </>
  );
}

function Turn({ shown, label, onClick }: { shown: boolean; label: string; onClick(): void }) {
  return shown ? (
    <button type="button" className="button-ghost" onClick={onClick}>
      {label}
    </button>
  ) : null;
}

function RoundCard({ round, number, total }: { round: Round | undefined; number: number; total: number }) {
  return (
    <div aria-live="polite" data-testid="round-card" className="min-h-28 rounded-xl bg-sunken px-4 py-3 text-[13px]">
      {round ? <RoundDetails round={round} number={number} total={total} /> : <p className="text-ink-soft">{text.hint}</p>}
    </div>
  );
}
