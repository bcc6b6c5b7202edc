// How drafts fared: by place, by confidence, and the tokens that rounds gave.
import { useCallback, useMemo, useState } from 'react';
import type { DraftSource } from '../../electron/contract/engine.ts';
import { calibrationScene, positionScene, tokensScene } from './charts/acceptance-charts.ts';
import { Chart, Legend, type DataTable } from './charts/chart.tsx';
import { movingTokensScene } from './charts/speed-charts.ts';
import {
  acceptanceByPosition,
  calibrationBins,
  calibrationError,
  judgedDrafts,
  tokensPerRound,
  wilson,
  type CalibrationBin,
  type PositionFigure,
} from './figures/acceptance.ts';
import { movingTokens } from './figures/speed.ts';
import type { Trace } from './figures/trace.ts';
import { Segments } from './segments.tsx';
import { visualizerText } from './strings.ts';

const text = visualizerText.acceptance;

export function AcceptanceTab({ trace, sampled }: { trace: Trace; sampled: boolean }) {
  const { rounds } = trace;
  const sources = useMemo(
    () =>
      (['adapter', 'lookup'] as const).filter((source) =>
        rounds.some(({ drafts }) => drafts.some((draft) => draft.source === source)),
      ),
    [rounds],
  );
  const [chosen, setChosen] = useState<DraftSource>('adapter');
  const source = sources.includes(chosen) ? chosen : (sources[0] ?? 'adapter');
  const positions = useMemo(() => acceptanceByPosition(rounds, source), [rounds, source]);
  const bins = useMemo(() => calibrationBins(judgedDrafts(rounds, source)), [rounds, source]);
  const gained = useMemo(() => tokensPerRound(rounds, true), [rounds]);
  const moving = useMemo(() => movingTokens(trace), [trace]);
  const drawPositions = useCallback((width: number) => positionScene(positions, source, width), [positions, source]);
  const drawBins = useCallback((width: number) => calibrationScene(bins, source, width), [bins, source]);
  const drawTokens = useCallback((width: number) => tokensScene(gained, width), [gained]);
  const drawMoving = useCallback((width: number) => movingTokensScene(moving, width), [moving]);
  const count = gained.reduce((sum, figure) => sum + figure.rounds, 0);
  if (sources.length === 0) return <p className="text-[14px] text-ink-soft">{text.nothing}</p>;
  return (
    <div className="space-y-8">
      {sources.length > 1 && (
        <Segments<DraftSource>
          label={text.sources.label}
          options={sources.map((each) => ({ value: each, text: text.sources[each] }))}
          value={source}
          onChange={setChosen}
          testId="draft-source"
        />
      )}
      {sampled && <p className="text-[13px] text-ink-soft">{text.sampledNote}</p>}
      <Chart
        title={text.positionTitle}
        caption={text.positionCaption}
        summary={positionSummary(positions)}
        testId="positions"
        scene={drawPositions}
        table={() => positionTable(positions)}
        legend={
          <Legend
            items={[
              { look: source === 'adapter' ? 'key-draft' : 'key-copy', text: text.legend.share },
              { look: 'key-diamond', text: text.legend.judged },
              { look: 'key-whisker', text: text.legend.interval },
            ]}
          />
        }
      />
      <Chart
        title={text.calibrationTitle}
        caption={text.calibrationCaption(calibrationError(bins))}
        summary={calibrationSummary(bins)}
        testId="calibration"
        scene={drawBins}
        table={() => calibrationTable(bins)}
      />
      <Chart
        title={text.tokensTitle}
        caption={text.tokensCaption}
        summary={gained.map(({ tokens, rounds: n }) => text.tokensSpoken(tokens, n)).join(', ')}
        testId="tokens-per-round"
        scene={drawTokens}
        table={() => ({
          columns: text.tokensColumns,
          rows: gained.map(({ tokens, rounds: n }) => [tokens, n, visualizerText.percent(n / Math.max(1, count))]),
        })}
      />
      <Chart
        title={text.movingTitle}
        caption={text.movingCaption}
        summary={text.movingTitle}
        testId="moving-tokens"
        scene={drawMoving}
        table={() => ({
          columns: text.movingColumns,
          rows: Array.from(moving, (value, at) => [at + 1, visualizerText.number(value)]),
        })}
      />
    </div>
  );
}

const share = (hits: number, of: number) => (of === 0 ? '–' : visualizerText.percent(hits / of));

function interval(hits: number, of: number): string {
  const found = wilson(hits, of);
  return found ? `${visualizerText.percent(found.low)}–${visualizerText.percent(found.high)}` : '–';
}

function positionTable(figures: readonly PositionFigure[]): DataTable {
  const rows = figures.map(({ position, drafted, accepted, judged }) => [
    position,
    drafted,
    accepted,
    share(accepted, drafted),
    interval(accepted, drafted),
    judged,
    share(accepted, judged),
  ]);
  return { columns: text.positionColumns, rows };
}

function positionSummary(figures: readonly PositionFigure[]): string {
  return figures.map(({ position, drafted, accepted }) => text.positionSpoken(position, accepted, drafted)).join(', ');
}

function calibrationTable(bins: readonly CalibrationBin[]): DataTable {
  const rows = bins.map(({ from, to, judged, confidence, accepted }) => [
    `${visualizerText.percent(from)}–${visualizerText.percent(to)}`,
    judged,
    judged > 0 ? visualizerText.percent(confidence) : '–',
    accepted,
    share(accepted, judged),
    interval(accepted, judged),
  ]);
  return { columns: text.calibrationColumns, rows };
}

function calibrationSummary(bins: readonly CalibrationBin[]): string {
  const full = bins.filter(({ judged }) => judged > 0);
  return full.map(({ from, to, accepted, judged }) => text.calibrationSpoken(from, to, accepted, judged)).join(', ');
}
