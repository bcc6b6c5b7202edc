// A small line chart that grows: one or two curves over steps, its summary in words, and its numbers as a table.
import { useId } from 'react';
import { wholeText } from '../number-text.ts';
import { adaptersText } from './strings.ts';

const text = adaptersText.curves;

/** In the picture's own units; it is as wide as its place. */
const [width, height] = [320, 132];
const margin = { left: 38, right: 8, top: 8, bottom: 20 };

export interface Curve {
  name: string;
  /** Ascending by step. */
  points: { step: number; value: number }[];
  dashed?: boolean;
}

interface LineChartProps {
  title: string;
  note: string;
  curves: Curve[];
  /** Of the whole training; the axis does not move while it grows. */
  lastStep: number;
  /** The lowest and highest of the vertical axis; left out: of the values. */
  range?: [number, number];
  say: (value: number) => string;
  testId: string;
}

export function LineChart({ title, note, curves, lastStep, range, say, testId }: LineChartProps) {
  const id = useId();
  const values = curves.flatMap(({ points }) => points.map(({ value }) => value));
  const [low, high] = range ?? nicely(values);
  const steps = Math.max(lastStep, 1);
  const x = (step: number) => margin.left + (Math.min(step, steps) / steps) * (width - margin.left - margin.right);
  const y = (value: number) => {
    const share = high > low ? (Math.min(high, Math.max(low, value)) - low) / (high - low) : 0.5;
    return height - margin.bottom - share * (height - margin.top - margin.bottom);
  };
  const ticks = [low, (low + high) / 2, high];
  const summary = curves
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) => text.summary(name, say(points[0]?.value ?? 0), say(points.at(-1)?.value ?? 0)))
    .join('; ');
  return (
    <figure data-testid={testId} className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap items-baseline justify-between gap-x-3 text-[13.5px]">
        <span className="font-medium">{title}</span>
        <span className="flex flex-wrap gap-x-3 text-[12.5px] text-ink-soft">
          {curves.map(({ name, dashed }) => (
            <span key={name} className="inline-flex items-center gap-1.5">
              <svg width="18" height="6" aria-hidden>
                <line
                  x1="0"
                  x2="18"
                  y1="3"
                  y2="3"
                  className={dashed ? 'stroke-line-strong' : 'stroke-accent'}
                  strokeWidth="2"
                  strokeDasharray={dashed ? '3 3' : undefined}
                />
              </svg>
              {name}
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={`${id}-name`} className="block w-full">
        <title id={`${id}-name`}>{`${title}. ${note}. ${summary || text.waiting}`}</title>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} className="stroke-line" strokeWidth="1" />
            <text x={margin.left - 5} y={y(tick) + 3.5} textAnchor="end" className="fill-ink-soft text-[10px] tabular-nums">
              {say(tick)}
            </text>
          </g>
        ))}
        <text x={width - margin.right} y={height - 5} textAnchor="end" className="fill-ink-soft text-[10px] tabular-nums">
          {wholeText(steps)}
        </text>
        <text x={margin.left} y={height - 5} className="fill-ink-soft text-[10px]">
          {text.step} 0
        </text>
        {curves.map(({ name, points, dashed }) => (
          <g key={name}>
            <polyline
              points={points.map(({ step, value }) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
              fill="none"
              className={dashed ? 'stroke-line-strong' : 'stroke-accent'}
              strokeWidth={dashed ? 1.3 : 2}
              strokeDasharray={dashed ? '3 3' : undefined}
              strokeLinejoin="round"
            />
            {!dashed &&
              points.length < 16 &&
              points.map(({ step, value }) => <circle key={step} cx={x(step)} cy={y(value)} r="2.4" className="fill-accent" />)}
          </g>
        ))}
      </svg>
    </figure>
  );
}

/** The values' own range with a little room, never of no height. */
function nicely(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.06, 0.05);
  return [Math.max(0, low - room), high + room];
}
