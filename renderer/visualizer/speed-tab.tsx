// Speed over plain decoding along the rounds, where it was below, where the time went, and what verification costs.
import { useCallback, useMemo } from 'react';
import type { Costs } from '../../electron/contract/engine.ts';
import { Chart, Legend } from './charts/chart.tsx';
import { costScene, speedScene, timeScene } from './charts/speed-charts.ts';
import { byRows, timesOf } from './figures/cost.ts';
import { movingSpeed, slowStretches, type SlowStretch } from './figures/speed.ts';
import type { Trace } from './figures/trace.ts';
import { roundTime } from './figures/what-if.ts';
import { visualizerText } from './strings.ts';
import { useVisualizer } from './visualizer-store.ts';

const text = visualizerText.speed;
const number = visualizerText.number;

export function SpeedTab({ trace, costs }: { trace: Trace; costs: Costs | null }) {
  const moving = useMemo(() => movingSpeed(trace), [trace]);
  const times = useMemo(() => timesOf(trace.answers), [trace]);
  const drawSpeed = useCallback((width: number) => speedScene(moving, width), [moving]);
  const drawTimes = useCallback((width: number) => timeScene(times, width), [times]);
  const total = times.draftMs + times.verifyMs + times.betweenMs || 1;
  const parts = [
    [text.draft, times.draftMs],
    [text.verify, times.verifyMs],
    [text.between, times.betweenMs],
  ] as const;
  const stretches = useMemo(() => slowStretches(trace, moving), [trace, moving]);
  return (
    <div className="space-y-8">
      <Chart
        title={text.title}
        caption={text.caption}
        summary={text.spoken(moving.filter((factor) => factor < 1 - 0.05).length, moving.length)}
        testId="speed"
        scene={drawSpeed}
        table={() => ({
          columns: text.columns,
          rows: Array.from(moving, (factor, at) => [at + 1, Number.isFinite(factor) ? visualizerText.times(factor) : '–']),
        })}
      >
        <SlowList stretches={stretches} />
      </Chart>
      <Chart
        title={text.timeTitle}
        caption={text.timeCaption(times.hostMs)}
        summary={parts.map(([name, ms]) => text.part(name, ms, ms / total)).join(', ')}
        testId="time"
        scene={drawTimes}
        table={() => ({
          columns: text.timeColumns,
          rows: parts.map(([name, ms]) => [name, number(ms), visualizerText.percent(ms / total)]),
        })}
      />
      <CostChart trace={trace} costs={costs} />
    </div>
  );
}

const mostListed = 5;

function SlowList({ stretches }: { stretches: readonly SlowStretch[] }) {
  const choose = useVisualizer((state) => state.choose);
  if (stretches.length === 0) return <p className="text-[13px] text-ink-soft">{text.slowNone}</p>;
  return (
    <div className="rounded-xl bg-slow-soft px-4 py-3" data-testid="slow-stretches">
      <h4 className="text-[13.5px] font-semibold text-slow">{text.slowTitle}</h4>
      <ul className="mt-1 space-y-2 text-[13px]">
        {stretches.slice(0, mostListed).map(({ from, to, factor, lostMs, reason, expectedSpeedup }) => (
          <li key={from}>
            <button
              type="button"
              className="rounded text-start font-medium tabular-nums underline decoration-line-strong underline-offset-3 hover:decoration-ink"
              title={text.showThere}
              onClick={() => choose({ tab: 'rounds', round: from })}
            >
              {text.slowItem(from, to, factor, lostMs)}
            </button>
            <span className="block text-ink-soft">
              {text.reasons[reason]} {expectedSpeedup !== null && text.expected(expectedSpeedup)}
            </span>
          </li>
        ))}
      </ul>
      {stretches.length > mostListed && (
        <p className="mt-2 text-[13px] text-ink-soft">{text.slowMore(stretches.length - mostListed)}</p>
      )}
    </div>
  );
}

function CostChart({ trace, costs }: { trace: Trace; costs: Costs | null }) {
  const rows = useMemo(() => byRows(trace.rounds), [trace]);
  const draw = useCallback(
    (width: number) => (costs ? costScene(costs, rows, width) : { width, height: 0, marks: [] }),
    [costs, rows],
  );
  if (!costs) {
    return (
      <section className="space-y-2">
        <h3 className="text-[14.5px] font-semibold">{text.costTitle}</h3>
        <p className="text-[13px] text-ink-soft">{text.costMissing}</p>
      </section>
    );
  }
  const drafting = roundTime(costs);
  const widest = Math.max(costs.verifyMs.length, ...rows.map((figure) => figure.rows));
  return (
    <Chart
      title={text.costTitle}
      caption={text.costCaption(costs.depth)}
      summary={rows.map((figure) => text.rowsSpoken(figure.rows, figure.rounds, figure.medianMs)).join(', ')}
      testId="costs"
      scene={draw}
      table={() => ({
        columns: text.costColumns,
        rows: Array.from({ length: widest }, (_, at) => {
          const n = at + 1;
          const used = rows.find((figure) => figure.rows === n);
          return [
            n,
            costs.verifyMs[at] === undefined ? '–' : number(costs.verifyMs[at]),
            drafting && n > 1 && n <= costs.verifyLateMs.length ? number(drafting(n - 1)) : '–',
            used ? number(used.medianMs) : '–',
            used ? `${number(used.lowMs)}–${number(used.highMs)}` : '–',
            used?.rounds ?? 0,
            used ? number(used.tokens) : '–',
          ];
        }),
      })}
      legend={
        <Legend
          items={[
            { look: 'key-line-whole', text: text.costLegend.whole },
            ...(drafting ? [{ look: 'key-line-round', text: text.costLegend.round }] : []),
            { look: 'key-line-even', text: text.costLegend.even },
            { look: 'key-dot', text: text.costLegend.rounds },
          ]}
        />
      }
    />
  );
}
