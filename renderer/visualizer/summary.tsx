// The four figures that say most, each with its denominator.
import type { Trace } from './figures/trace.ts';
import { paceOf, type SpeedFigure } from './figures/speed.ts';
import { visualizerText } from './strings.ts';
import { Tip } from '../ui/tip.tsx';

const text = visualizerText.summary;
const { times, number, percent, duration } = visualizerText;

export interface SummaryFigures {
  rounds: number;
  tokens: number;
  drafted: number;
  accepted: number;
  speed: SpeedFigure | null;
}

export function sumUp({ rounds, tokens }: Trace, speed: SpeedFigure | null): SummaryFigures {
  let [drafted, accepted] = [0, 0];
  for (const round of rounds) {
    drafted += round.drafts.length;
    accepted += round.accepted;
  }
  return { rounds: rounds.length, tokens: tokens.reduce((sum, count) => sum + count, 0), drafted, accepted, speed };
}

/** For a screen reader, and for the head of an exported sheet. */
export function summaryWords({ rounds, tokens, drafted, accepted, speed }: SummaryFigures): string[] {
  const interval = speed?.interval ? ` (${text.interval(speed.interval.low, speed.interval.high)})` : '';
  return [
    ...(speed ? [`${text.speedup}: ${times(speed.factor)}${interval}`] : []),
    `${text.tokensPerRound}: ${number(tokens / Math.max(1, rounds))} = ${text.tokensNote(tokens, rounds)}`,
    drafted > 0
      ? `${text.acceptance}: ${percent(accepted / drafted)} = ${text.acceptanceNote(accepted, drafted)}`
      : text.noDrafts,
    ...(speed ? [`${speed.savedMs < 0 ? text.lost : text.saved}: ${duration(Math.abs(speed.savedMs))}`] : []),
  ];
}

/** Where the plain step's time comes from, over the answers that are compared. */
export function baselineText({ answers }: Trace): string | null {
  const sources = new Set(answers.flatMap(({ baseline, rounds }) => (baseline && rounds.length > 0 ? [baseline.source] : [])));
  const [source, ...others] = sources;
  if (source === undefined) return null;
  return others.length > 0 ? text.baselines.mixed : text.baselines[source];
}

const looks = { faster: 'text-accent', slower: 'text-slow', same: '', unknown: '' };

export function Summary({ figures, trace }: { figures: SummaryFigures; trace: Trace }) {
  const { rounds, tokens, drafted, accepted, speed } = figures;
  const baseline = baselineText(trace);
  return (
    <section aria-label={text.label} data-testid="summary" className="@container">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line @md:grid-cols-4">
        <Figure
          name={text.speedup}
          value={speed ? times(speed.factor) : '–'}
          look={looks[paceOf(speed?.factor ?? Number.NaN)]}
          testId="summary-speedup"
          note={
            speed === null ? (
              text.noBaseline
            ) : speed.interval ? (
              <Tip tip={text.intervalTip}>
                <span className="underline decoration-dotted underline-offset-3">
                  {text.interval(speed.interval.low, speed.interval.high)}
                </span>
              </Tip>
            ) : (
              text.tooFew
            )
          }
        />
        <Figure
          name={text.tokensPerRound}
          value={rounds > 0 ? number(tokens / rounds) : '–'}
          note={text.tokensNote(tokens, rounds)}
        />
        <Figure
          name={text.acceptance}
          value={drafted > 0 ? percent(accepted / drafted) : '–'}
          note={drafted > 0 ? text.acceptanceNote(accepted, drafted) : text.noDrafts}
        />
        <Figure
          name={speed && speed.savedMs < 0 ? text.lost : text.saved}
          value={speed ? duration(Math.abs(speed.savedMs)) : '–'}
          look={looks[paceOf(speed?.factor ?? Number.NaN)]}
          note={speed ? text.savedNote(speed.answers, speed.of) : text.noBaseline}
        />
      </dl>
      {baseline && <p className="mt-1.5 text-[12.5px] text-ink-soft">{baseline}.</p>}
    </section>
  );
}

interface FigureProps {
  name: string;
  value: string;
  note: React.ReactNode;
  look?: string;
  testId?: string;
}

function Figure({ name, value, note, look = '', testId }: FigureProps) {
  return (
    <div className="bg-raised px-3.5 py-2.5" data-testid={testId}>
      <dt className="text-[12.5px] leading-tight text-ink-soft">{name}</dt>
      <dd className={`mt-1 text-[21px] leading-tight font-semibold tracking-tight tabular-nums ${look}`}>{value}</dd>
      <dd className="mt-0.5 text-[12px] leading-tight text-ink-soft tabular-nums">{note}</dd>
    </div>
  );
}
