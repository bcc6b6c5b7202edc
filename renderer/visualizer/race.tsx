// The race: an answer appears again as fast as it came, beside plain decoding, whose steps are as long as they were measured.
import { Pause, Play, RotateCcw } from 'lucide-react';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { AnswerTrace } from './figures/trace.ts';
import { countUpTo, raceLength, raceOf, type Race as RaceTimes } from './figures/race.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.race;

const speeds = [0.25, 0.5, 1, 2, 4] as const;
/** With reduced motion the race moves this often. */
const calmStepMs = 500;

export function Race({ answer, streaming }: { answer: AnswerTrace; streaming: boolean }) {
  const { baseline, rounds, first } = answer;
  const times = useMemo(
    () => (baseline && !streaming ? raceOf(first ? [first, ...rounds] : rounds, baseline.stepMs) : null),
    [baseline, first, rounds, streaming],
  );
  const titleId = useId();
  return (
    <section aria-labelledby={titleId} data-testid="race" className="space-y-2">
      <h3 id={titleId} className="text-[14.5px] font-semibold">
        {text.title}
      </h3>
      {times && baseline ? (
        <>
          <p className="text-[13px] leading-snug text-ink-soft">{text.caption(baseline.stepMs, text.sources[baseline.source])}</p>
          <Lanes key={raceLength(times)} times={times} />
        </>
      ) : (
        <p className="text-[13px] text-ink-soft">{streaming ? text.stillWriting : text.noBaseline}</p>
      )}
    </section>
  );
}

function Lanes({ times }: { times: RaceTimes }) {
  const length = raceLength(times);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<(typeof speeds)[number]>(1);
  // It opens on the finish, which says how the race ended.
  const [atMs, setAtMs] = useState(length);
  const calm = useReducedMotion();
  const ended = atMs >= length;
  const moving = playing && !ended;

  useEffect(() => {
    if (!moving) return;
    let frame = 0;
    let last = performance.now();
    const step = (now: number) => {
      frame = requestAnimationFrame(step);
      const passed = now - last;
      if (calm && passed < calmStepMs) return;
      last = now;
      setAtMs((at) => Math.min(length, at + passed * speed));
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [moving, speed, calm, length]);

  function toggle(): void {
    if (ended) setAtMs(0);
    setPlaying(!moving);
  }

  const Icon = moving ? Pause : ended ? RotateCcw : Play;
  return (
    <div className="space-y-3 rounded-xl border border-line bg-raised p-3.5">
      <div className="flex flex-wrap items-center gap-2">
        <button type="button" className="button" data-testid="race-play" onClick={toggle}>
          <Icon size={14} aria-hidden />
          {moving ? text.pause : ended ? text.again : text.play}
        </button>
        <label className="inline-flex items-center gap-1.5 text-[13px] text-ink-soft">
          {text.speed}
          <select
            className="field !w-auto !py-1 !text-[13px]"
            value={speed}
            onChange={(event) => setSpeed(speeds.find((each) => each === Number(event.target.value)) ?? 1)}
          >
            {speeds.map((each) => (
              <option key={each} value={each}>
                {each}×
              </option>
            ))}
          </select>
        </label>
        <input
          type="range"
          className="min-w-24 flex-1 accent-(--accent)"
          aria-label={text.position}
          aria-valuetext={visualizerText.duration(atMs)}
          min={0}
          max={length}
          step={length / 1000}
          value={atMs}
          onChange={(event) => {
            setPlaying(false);
            setAtMs(Number(event.target.value));
          }}
        />
        <span className="w-16 text-end text-[13px] text-ink-soft tabular-nums">{visualizerText.duration(atMs)}</span>
      </div>
      <Lane name={text.drafted} arrivals={times.draftedMs} times={times} atMs={atMs} testId="race-drafted" />
      <Lane name={text.plain} arrivals={times.plainMs} times={times} atMs={atMs} testId="race-plain" ghost />
      {calm && <p className="text-[12.5px] text-ink-soft">{text.reduced}</p>}
    </div>
  );
}

interface LaneProps {
  name: string;
  arrivals: Float64Array;
  times: RaceTimes;
  atMs: number;
  testId: string;
  ghost?: boolean;
}

function Lane({ name, arrivals, times, atMs, testId, ghost = false }: LaneProps) {
  const box = useRef<HTMLParagraphElement>(null);
  const done = countUpTo(arrivals, atMs);
  const total = arrivals.length;
  const shown = times.text.slice(0, done === 0 ? 0 : times.textEnds[done - 1]);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  return (
    <div className="space-y-1" data-testid={testId} data-done={done}>
      <p className="flex items-baseline justify-between gap-3 text-[13px]">
        <span className={ghost ? 'text-ink-soft' : 'font-medium'}>{name}</span>
        <span className="text-ink-soft tabular-nums">
          {done >= total ? text.finished(arrivals.at(-1) ?? 0) : text.tokens(done, total)}
        </span>
      </p>
      <div className="h-1.5 overflow-hidden rounded-full bg-sunken">
        <div
          className={`h-full rounded-full ${ghost ? 'bg-line-strong' : 'bg-accent'}`}
          style={{ width: `${(100 * done) / Math.max(1, total)}%` }}
        />
      </div>
      <p
        ref={box}
        aria-hidden
        className={`h-12 overflow-hidden text-[13px] leading-6 whitespace-pre-wrap ${ghost ? 'text-ink-soft' : ''}`}
      >
        {shown}
      </p>
    </div>
  );
}

const reducedMotion = '(prefers-reduced-motion: reduce)';

function useReducedMotion(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(reducedMotion);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => window.matchMedia(reducedMotion).matches,
  );
}
