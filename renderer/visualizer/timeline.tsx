// The timeline as it is worked with: zoomed by buttons, keys, and the wheel with Ctrl; dragged and scrolled along; a click
// looks at a round.
import { Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { Chart, Legend, useDrawing, type DrawnProps } from './charts/chart.tsx';
import { roundAt, timelineBuckets, timelineScene, type TimelineView } from './charts/timeline.ts';
import { bucketOf, bucketsOf, columnsOf } from './figures/buckets.ts';
import type { Trace } from './figures/trace.ts';
import { clampView, panned, zoomed } from './figures/view.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.timeline;

interface TimelineProps {
  trace: Trace;
  view: TimelineView;
  selected: number | null;
  onView(view: TimelineView): void;
  onSelect(round: number): void;
}

/** As many rows as a table shows at most. */
const tableRows = 200;
/** Where the width of the plot is not known, for the caption alone. */
const usualWidth = 460;

const legend = (['draft', 'verify', 'own', 'drafted', 'copied', 'faster', 'slower'] as const).map((name) => ({
  look: {
    draft: 'key-draft',
    verify: 'key-verify',
    own: 'key-own',
    drafted: 'key-drafted',
    copied: 'key-copy',
    faster: 'key-faster',
    slower: 'key-slower',
  }[name],
  text: text.legend[name],
}));

export function Timeline({ trace, view, selected, onView, onSelect }: TimelineProps) {
  const columns = useMemo(() => columnsOf(trace), [trace]);
  const total = trace.rounds.length;
  const scene = useCallback((width: number) => timelineScene(columns, view, width, selected), [columns, view, selected]);
  const all = bucketOf(columns, 0, total);
  const first = timelineBuckets(columns, view, usualWidth)[1];
  const per = first ? first.to - first.from : 1;
  const zoom = (factor: number) => onView(zoomed(view, factor, selected ?? (view.from + view.to) / 2, total));
  return (
    <Chart
      title={text.title}
      caption={per > 1 ? text.captionMany(per) : text.caption}
      summary={text.summary(total, all.draftMs, all.verifyMs, all.drafted + all.copied + all.own)}
      testId="timeline"
      scene={scene}
      legend={<Legend items={all.copied > 0 ? legend : legend.filter(({ look }) => look !== 'key-copy')} />}
      table={() => ({
        columns: text.columns,
        rows: bucketsOf(columns, view.from, view.to, tableRows).map((bucket) => [
          text.range(bucket.from, bucket.to),
          text.tick(bucket.draftMs),
          text.tick(bucket.verifyMs),
          bucket.drafted + bucket.copied + bucket.own,
          bucket.drafted,
          bucket.copied,
          bucket.timesMs > 0 ? visualizerText.times(bucket.plainMs / bucket.timesMs) : '–',
        ]),
      })}
      controls={
        <>
          <ZoomButton label={text.zoomIn} Icon={ZoomIn} disabled={view.to - view.from <= 8} onClick={() => zoom(0.5)} />
          <ZoomButton label={text.zoomOut} Icon={ZoomOut} disabled={view.to - view.from >= total} onClick={() => zoom(2)} />
          <ZoomButton
            label={text.all}
            Icon={Maximize2}
            disabled={view.to - view.from >= total}
            onClick={() => onView({ from: 0, to: total })}
          />
        </>
      }
      renderPicture={(drawn) => (
        <Plot {...drawn} view={view} total={total} selected={selected} onView={onView} onSelect={onSelect} />
      )}
    >
      {view.to - view.from < total && (
        <input
          type="range"
          className="w-full accent-(--accent)"
          aria-label={text.scrub}
          aria-valuetext={text.scrubValue(Math.floor(view.from) + 1, Math.ceil(view.to), total)}
          data-testid="timeline-scrub"
          min={0}
          max={total - (view.to - view.from)}
          step={1}
          value={view.from}
          onChange={(event) => {
            const from = Number(event.target.value);
            onView(clampView({ from, to: from + view.to - view.from }, total));
          }}
        />
      )}
    </Chart>
  );
}

interface ZoomButtonProps {
  label: string;
  Icon: typeof ZoomIn;
  disabled: boolean;
  onClick(): void;
}

function ZoomButton({ label, Icon, disabled, onClick }: ZoomButtonProps) {
  return (
    <button
      type="button"
      className="button-ghost disabled:opacity-40"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon size={15} aria-hidden />
    </button>
  );
}

interface PlotProps extends DrawnProps, Omit<TimelineProps, 'trace'> {
  total: number;
}

function Plot({ scene, summary, view, total, selected, onView, onSelect }: PlotProps) {
  const { frame, canvas, width, height } = useDrawing(scene);
  const drag = useRef<{ x: number; view: TimelineView; moved: boolean } | null>(null);
  const perPixel = (view.to - view.from) / Math.max(1, width - 50);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    // The page must not scroll or zoom too, which a passive listener could not keep it from.
    const onWheel = (event: WheelEvent) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!event.ctrlKey && !sideways) return;
      event.preventDefault();
      const at = roundAt(event.offsetX, view, width) ?? (view.from + view.to) / 2;
      onView(
        sideways && !event.ctrlKey
          ? panned(view, event.deltaX * perPixel, total)
          : zoomed(view, 1.002 ** event.deltaY, at, total),
      );
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [frame, view, width, total, perPixel, onView]);

  function onKeyDown(event: React.KeyboardEvent): void {
    const at = selected ?? Math.floor(view.from);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: total - 1 }[event.key];
    if (target !== undefined) onSelect(Math.max(0, Math.min(total - 1, target)));
    else if (event.key === '+' || event.key === '=') onView(zoomed(view, 0.5, at, total));
    else if (event.key === '-') onView(zoomed(view, 2, at, total));
    else if (event.key === '0') onView({ from: 0, to: total });
    else return;
    event.preventDefault();
  }

  return (
    // An application is worked with: the rule does not know this role.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={frame}
      role="application"
      aria-label={`${text.title}. ${summary} ${text.help}`}
      tabIndex={0}
      data-testid="timeline-plot"
      className={`w-full touch-pan-y rounded-sm select-none ${view.to - view.from < total ? 'cursor-grab active:cursor-grabbing' : ''}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, view, moved: false };
      }}
      onPointerMove={(event) => {
        const start = drag.current;
        if (!start || Math.abs(event.clientX - start.x) < 3) return;
        start.moved = true;
        onView(panned(start.view, (start.x - event.clientX) * perPixel, total));
      }}
      onPointerUp={(event) => {
        const start = drag.current;
        drag.current = null;
        const box = frame.current?.getBoundingClientRect();
        const round = box && !start?.moved ? roundAt(event.clientX - box.left, view, width) : null;
        if (round !== null && round !== undefined) onSelect(Math.min(total - 1, round));
      }}
      onPointerCancel={() => (drag.current = null)}
    >
      <canvas ref={canvas} aria-hidden className="pointer-events-none block w-full" style={{ height }} />
    </div>
  );
}
