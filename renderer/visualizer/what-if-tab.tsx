// Other settings of η and γ: what the recorded drafts say they would have given, and putting them to use.
import { useCallback, useId, useMemo, useState } from 'react';
import type { Costs } from '../../electron/contract/engine.ts';
import { Notice } from '../ui/notice.tsx';
import { Chart, useDrawing, type DrawnProps } from './charts/chart.tsx';
import { cellAt, whatIfScene } from './charts/what-if-chart.ts';
import { isSampled, type Trace } from './figures/trace.ts';
import {
  bestCell,
  checkCosts,
  predict,
  predictGrid,
  recordedDrafts,
  recordedSettings,
  type CostCheck,
  type DraftMeans,
  type GridCell,
  type Prediction,
  type WhatIfSettings,
} from './figures/what-if.ts';
import { changeNextAnswer, useNextAnswer } from './next-answer.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.whatIf;
const { times, number } = visualizerText;

export function WhatIfTab({ trace, costs }: { trace: Trace; costs: Costs | null }) {
  const next = useNextAnswer();
  const recorded = useMemo(() => recordedSettings(trace.answers), [trace]);
  const [chosen, setChosen] = useState<WhatIfSettings>(recorded ?? { threshold: next.threshold, maxDraft: next.maxDraft });
  const known = useMemo(() => recordedDrafts(trace.rounds), [trace]);
  const check = useMemo(() => checkCosts(trace.answers, costs), [trace, costs]);
  const scale = check?.scale ?? 1;
  const grid = useMemo(() => predictGrid(known, costs, scale), [known, costs, scale]);
  const prediction = useMemo(() => predict(known, chosen, costs, scale), [known, chosen, costs, scale]);
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
        <Predicted prediction={prediction} known={known} recorded={recorded} check={check} />
        {check?.far && (
          <Notice tone="info" title={text.farTitle} testId="what-if-far">
            {text.far(check.predicted, check.measured, check.scale)}
          </Notice>
        )}
        <Apply chosen={chosen} />
        <ul className="list-disc space-y-1 pl-4 text-[13px] text-pretty text-ink-soft">
          <li>{text.based(known.rounds.length, known.of)}</li>
          <li>{text.extrapolated(prediction.extrapolated)}</li>
          {automatic && <li>{text.selection}</li>}
          {isSampled(trace.answers) && <li>{text.sampled}</li>}
          <li>{prediction.speedup === null ? text.noCosts : text.costsNote}</li>
          {check && !check.far && <li data-testid="what-if-check">{text.check(check.predicted, check.measured)}</li>}
        </ul>
      </section>
      <Chart
        title={text.gridTitle}
        caption={text.gridCaption(unit)}
        summary={gridSummary(grid)}
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

function gridSummary(grid: readonly GridCell[]): string {
  const best = bestCell(grid);
  if (!best) return text.gridTitle;
  return text.gridSpoken(
    best.threshold,
    best.maxDraft,
    best.speedup === null ? number(best.tokensPerRound) : times(best.speedup),
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

interface PredictedProps {
  prediction: Prediction;
  /** As the rounds were. */
  known: DraftMeans;
  recorded: WhatIfSettings | null;
  check: CostCheck | null;
}

/** The chosen settings beside what was recorded, so that a prediction is read as a difference. */
function Predicted({ prediction: { speedup, tokensPerRound, draftsPerRound }, known, recorded, check }: PredictedProps) {
  const count = known.rounds.length;
  const accepted = known.rounds.reduce((sum, round) => sum + round.accepted, 0);
  const drafted = known.rounds.reduce((sum, { confidences }) => sum + confidences.length, 0);
  const figures = [
    ...(speedup === null ? [] : [[text.speedup, times(speedup), check ? times(check.measured) : '–'] as const]),
    [text.tokensPerRound, number(tokensPerRound), number(1 + accepted / count)] as const,
    [text.draftsPerRound, number(draftsPerRound), number(drafted / count)] as const,
  ];
  return (
    <table
      className="w-full overflow-hidden rounded-xl border border-dashed border-line-strong text-[13px] tabular-nums"
      data-testid="predicted"
    >
      <thead className="text-start text-[12.5px] text-ink-soft">
        <tr>
          <th scope="col" className="px-3.5">
            <span className="sr-only">{text.figure}</span>
          </th>
          <th scope="col" className="px-2 pt-2.5 text-end font-normal">
            {text.recorded}
            {recorded && <span className="block">{text.settings(recorded.threshold, recorded.maxDraft)}</span>}
          </th>
          <th scope="col" className="px-3.5 pt-2.5 text-end font-normal">
            {text.chosen}
            <span className="block italic">{text.predicted}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {figures.map(([name, chosen, was]) => (
          <tr key={name}>
            <th scope="row" className="px-3.5 py-1 text-start font-normal last:pb-2.5">
              {name}
            </th>
            <td className="px-2 py-1 text-end text-ink-soft">{was}</td>
            <td className="px-3.5 py-1 text-end text-[16px] font-semibold">{chosen}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Apply({ chosen }: { chosen: WhatIfSettings }) {
  const { threshold, maxDraft, decodingMode } = useNextAnswer();
  const [applied, setApplied] = useState(false);
  const already = threshold === chosen.threshold && maxDraft === chosen.maxDraft && decodingMode === 'kangaroo';

  async function apply(): Promise<void> {
    setApplied(await changeNextAnswer({ ...chosen, decodingMode: 'kangaroo' }));
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
        <button type="button" className="button" onClick={() => void changeNextAnswer({ decodingMode: 'auto' })}>
          {text.backToAutomatic}
        </button>
      )}
      <span role="status" className="text-ink-soft">
        {already && (applied ? text.applied : text.already)}
      </span>
    </div>
  );
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
  const { decodingMode } = useNextAnswer();
  return (
    <div className="space-y-3 text-[14px]" data-testid="what-if-nothing">
      <p>{text.nothing}</p>
      {decodingMode !== 'kangaroo' && (
        <button type="button" className="button" onClick={() => void changeNextAnswer({ decodingMode: 'kangaroo' })}>
          {text.alwaysDraft}
        </button>
      )}
      <p className="text-ink-soft">{text.nothingRemedy}</p>
    </div>
  );
}
