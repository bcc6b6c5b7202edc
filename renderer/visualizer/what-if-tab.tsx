// Other settings of η and γ: what the recorded drafts say they would have given, and putting them to use.
import { useCallback, useId, useMemo, useState } from 'react';
import type { Costs } from '../../electron/contract/engine.ts';
import { useSettings } from '../settings/settings-store.ts';
import { Chart, useDrawing, type DrawnProps } from './charts/chart.tsx';
import { cellAt, whatIfScene } from './charts/what-if-chart.ts';
import {
  predict,
  predictAsRecorded,
  predictGrid,
  recordedDrafts,
  type Prediction,
  type WhatIfSettings,
} from './figures/what-if.ts';
import { speedOf } from './figures/speed.ts';
import type { Trace } from './figures/trace.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.whatIf;
const { times, number } = visualizerText;

export function WhatIfTab({ trace, costs }: { trace: Trace; costs: Costs | null }) {
  const settings = useSettings((state) => state.settings);
  const [chosen, setChosen] = useState<WhatIfSettings>({ threshold: settings.threshold, maxDraft: settings.maxDraft });
  const known = useMemo(() => recordedDrafts(trace.rounds), [trace]);
  const grid = useMemo(() => predictGrid(known, costs), [known, costs]);
  const prediction = useMemo(() => predict(known, chosen, costs), [known, chosen, costs]);
  const draw = useCallback((width: number) => whatIfScene(grid, chosen, width), [grid, chosen]);
  if (!prediction) return <NothingRecorded />;
  const unit = prediction.speedup === null ? 'tokens' : 'speedup';
  const automatic = trace.rounds.some(({ expectedSpeedup }) => expectedSpeedup !== null);
  return (
    <div className="space-y-7">
      <section className="space-y-4" aria-label={text.title}>
        <p className="max-w-[64ch] text-[13px] text-ink-soft">{text.caption}</p>
        <Slider
          label={text.thresholdLabel}
          value={chosen.threshold}
          shown={text.threshold(chosen.threshold)}
          range={[0, 1, 0.05]}
          testId="what-if-threshold"
          onChange={(threshold) => setChosen({ ...chosen, threshold })}
        />
        <Slider
          label={text.maxDraftLabel}
          value={chosen.maxDraft}
          shown={String(chosen.maxDraft)}
          range={[1, 16, 1]}
          testId="what-if-max-draft"
          onChange={(maxDraft) => setChosen({ ...chosen, maxDraft })}
        />
        <Predicted prediction={prediction} />
        <Apply chosen={chosen} />
        <ul className="list-disc space-y-1 pl-4 text-[13px] text-pretty text-ink-soft">
          <li>{text.based(known.rounds.length, known.of)}</li>
          <li>{text.extrapolated(prediction.extrapolated)}</li>
          {automatic && <li>{text.selection}</li>}
          <li>{prediction.speedup === null ? text.noCosts : text.costsNote}</li>
          <Check trace={trace} costs={costs} />
        </ul>
      </section>
      <Chart
        title={text.gridTitle}
        caption={text.gridCaption(unit)}
        summary={text.gridTitle}
        testId="what-if-grid"
        scene={draw}
        renderPicture={(drawn) => <Grid {...drawn} onChoose={setChosen} />}
        table={() => ({
          columns: text.columns,
          rows: grid.map((cell) => [
            text.threshold(cell.threshold),
            cell.maxDraft,
            cell.speedup === null ? '–' : times(cell.speedup),
            number(cell.tokensPerRound),
            number(cell.draftsPerRound),
            visualizerText.percent(cell.extrapolated),
          ]),
        })}
      />
    </div>
  );
}

interface SliderProps {
  label: string;
  value: number;
  shown: string;
  /** Least, most, step. */
  range: readonly [number, number, number];
  testId: string;
  onChange(value: number): void;
}

function Slider({ label, value, shown, range: [min, max, step], testId, onChange }: SliderProps) {
  const id = useId();
  return (
    <div>
      <div className="flex items-baseline justify-between gap-3 text-[13.5px]">
        <label htmlFor={id}>{label}</label>
        <output htmlFor={id} className="font-semibold tabular-nums">
          {shown}
        </output>
      </div>
      <input
        id={id}
        type="range"
        className="w-full accent-(--accent)"
        data-testid={testId}
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onChange={(event) => onChange(Number(event.target.value))}
      />
    </div>
  );
}

function Predicted({ prediction: { speedup, tokensPerRound, draftsPerRound } }: { prediction: Prediction }) {
  const figures = [
    ...(speedup === null ? [] : [[text.speedup, times(speedup)] as const]),
    [text.tokensPerRound, number(tokensPerRound)] as const,
    [text.draftsPerRound, number(draftsPerRound)] as const,
  ];
  return (
    <dl
      className="grid grid-cols-[repeat(auto-fit,minmax(7.5rem,1fr))] gap-3 rounded-xl border border-dashed border-line-strong px-4 py-3"
      data-testid="predicted"
    >
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-[12.5px] text-ink-soft">
            {name} <span className="italic">({text.predicted.toLowerCase()})</span>
          </dt>
          <dd className="text-[20px] font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Apply({ chosen }: { chosen: WhatIfSettings }) {
  const settings = useSettings((state) => state.settings);
  const change = useSettings((state) => state.change);
  const [applied, setApplied] = useState(false);
  const { threshold, maxDraft, decodingMode } = settings;
  const already = threshold === chosen.threshold && maxDraft === chosen.maxDraft && decodingMode === 'kangaroo';

  async function apply(): Promise<void> {
    const taken = [
      await change('threshold', chosen.threshold),
      await change('maxDraft', chosen.maxDraft),
      await change('decodingMode', 'kangaroo'),
    ];
    setApplied(taken.every(Boolean));
  }

  return (
    <div className="flex flex-wrap items-center gap-2.5 text-[13px]">
      <button
        type="button"
        className="button-accent disabled:opacity-50"
        data-testid="apply"
        disabled={already}
        onClick={() => void apply()}
      >
        {text.apply}
      </button>
      {decodingMode === 'kangaroo' && (
        <button type="button" className="button" onClick={() => void change('decodingMode', 'auto')}>
          {text.backToAutomatic}
        </button>
      )}
      <span role="status" className="text-ink-soft">
        {already && (applied ? text.applied : text.already)}
      </span>
    </div>
  );
}

/** Whether the calibration's costs say what was measured, for the very rounds that were recorded. */
function Check({ trace, costs }: { trace: Trace; costs: Costs | null }) {
  const answers = useMemo(() => trace.answers.filter(({ rounds }) => rounds.some(({ drafts }) => drafts.length > 0)), [trace]);
  const predicted = useMemo(
    () =>
      costs
        ? predictAsRecorded(
            answers.flatMap(({ rounds }) => rounds),
            costs,
          )
        : null,
    [answers, costs],
  );
  const measured = useMemo(() => speedOf(answers), [answers]);
  if (predicted === null || !measured) return null;
  return <li>{text.check(predicted, measured.factor)}</li>;
}

function Grid({ scene, summary, onChoose }: DrawnProps & { onChoose(settings: WhatIfSettings): void }) {
  const { frame, canvas, width, height } = useDrawing(scene);
  return (
    // The sliders do the same by key.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      ref={frame}
      className="w-full cursor-pointer"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const cell = cellAt(event.clientX - box.left, event.clientY - box.top, width);
        if (cell) onChoose(cell);
      }}
    >
      <canvas ref={canvas} role="img" aria-label={summary} className="block w-full" style={{ height }} />
    </div>
  );
}

function NothingRecorded() {
  const mode = useSettings((state) => state.settings.decodingMode);
  const change = useSettings((state) => state.change);
  return (
    <div className="space-y-3 text-[14px]" data-testid="what-if-nothing">
      <p>{text.nothing}</p>
      {mode !== 'kangaroo' && (
        <button type="button" className="button" onClick={() => void change('decodingMode', 'kangaroo')}>
          {text.alwaysDraft}
        </button>
      )}
      <p className="text-ink-soft">{text.nothingRemedy}</p>
    </div>
  );
}
