// The rounds of an answer side by side: time of drafting and verifying, tokens gained, and the pace against plain decoding.
import { bucketsOf, type Bucket, type Columns } from '../figures/buckets.ts';
import { paceOf } from '../figures/speed.ts';
import { visualizerText } from '../strings.ts';
import { label, yAxis, type Plot } from './frame.ts';
import { linear, ticks, type Mark, type Scene } from './scene.ts';

const text = visualizerText.timeline;

export interface TimelineView {
  /** Rounds `[from, to)`. */
  from: number;
  to: number;
}

const timelineHeight = 250;
const left = 40;
const barPixels = 3;
const lanes = { time: [18, 112], tokens: [146, 190], pace: [204, 214] } as const;

/** A bar is three pixels wide at least; where there are more rounds, each stands for several. */
export function timelineBuckets(columns: Columns, { from, to }: TimelineView, width: number): Bucket[] {
  return bucketsOf(columns, from, to, Math.max(1, Math.floor((width - left - 10) / barPixels)));
}

/** From a place in the picture to the round there; null outside the plot. */
export function roundAt(x: number, { from, to }: TimelineView, width: number): number | null {
  const at = from + ((x - left) / (width - 10 - left)) * (to - from);
  return at < from || at >= to ? null : Math.floor(at);
}

export function timelineScene(columns: Columns, view: TimelineView, width: number, selected: number | null): Scene {
  const buckets = timelineBuckets(columns, view, width);
  const plot: Plot = { left, right: width - 10, top: lanes.time[0], bottom: lanes.time[1] };
  const x = linear([view.from, view.to], [plot.left, plot.right]);
  const marks: Mark[] = [];

  const mostMs = Math.max(0.001, ...buckets.map(({ draftMs, verifyMs, from, to }) => (draftMs + verifyMs) / (to - from)));
  const time = yAxis(plot, { domain: [0, mostMs], count: 3, text: text.tick, title: text.timeAxis });
  marks.push(...time.marks);
  const mostTokens = Math.max(1, ...buckets.map(({ drafted, copied, own, from, to }) => (drafted + copied + own) / (to - from)));
  const lower: Plot = { ...plot, top: lanes.tokens[0], bottom: lanes.tokens[1] };
  const gain = yAxis(lower, { domain: [0, mostTokens], count: 3, text: text.tick, title: text.tokensAxis });
  marks.push(...gain.marks);

  for (const bucket of buckets) {
    const [start, end] = [Math.max(plot.left, x(bucket.from)), Math.min(plot.right, x(bucket.to))];
    // A hair of paper between bars, as long as they are wide enough to be told apart.
    const gap = end - start > 4 ? 1 : end - start > 2 ? 0.5 : 0;
    marks.push(...bars(bucket, start, Math.max(0.5, end - start - gap), time.y, gain.y, plot, lower));
  }
  if (selected !== null && selected >= view.from && selected < view.to) {
    const [start, end] = [x(selected), x(selected + 1)];
    const middle = (start + end) / 2;
    const half = Math.max(1.5, (end - start) / 2);
    const [top, bottom] = [plot.top - 4, lanes.pace[1] + 2];
    const frame = [middle - half, top, middle + half, top, middle + half, bottom, middle - half, bottom, middle - half, top];
    marks.push({ kind: 'line', points: frame, stroke: 'ink', width: 1.5 });
  }
  marks.push(label(text.paceAxis, 0, lanes.pace[1] - 1, 'start'));
  for (const value of ticks(view.from, view.to, 5)) {
    if (Number.isInteger(value) && value < columns.length)
      marks.push(label(text.roundTick(value + 1), x(value), lanes.pace[1] + 16, 'middle'));
  }
  marks.push(label(text.roundAxis, plot.right, lanes.pace[1] + 30, 'end'));
  return { width, height: timelineHeight, marks };
}

function bars(
  bucket: Bucket,
  x: number,
  width: number,
  timeY: (ms: number) => number,
  gainY: (tokens: number) => number,
  upper: Plot,
  lower: Plot,
): Mark[] {
  const rounds = bucket.to - bucket.from;
  const marks: Mark[] = [];
  const stack = (base: number, y: (value: number) => number) => {
    let [sum, top] = [0, base];
    return (value: number, look: Pick<Extract<Mark, { kind: 'rect' }>, 'fill' | 'pattern'>) => {
      if (value <= 0) return;
      sum += value / rounds;
      const next = y(sum);
      marks.push({ kind: 'rect', x, y: next, width, height: top - next, ...look });
      top = next;
    };
  };
  const onTime = stack(upper.bottom, timeY);
  onTime(bucket.draftMs, { fill: 'draft-tint', pattern: { name: 'dots', ink: 'draft-line' } });
  onTime(bucket.verifyMs, { fill: 'verify' });
  const onTokens = stack(lower.bottom, gainY);
  onTokens(bucket.own, { fill: 'line-strong' });
  onTokens(bucket.drafted, { fill: 'draft-line' });
  onTokens(bucket.copied, { fill: 'copy-tint', pattern: { name: 'dashes', ink: 'copy-line' } });
  marks.push(...paceMark(bucket, x, width));
  return marks;
}

/** Full height: slower, hatched; half: faster; a thread: no difference. So it is told without colour, too. */
function paceMark(bucket: Bucket, x: number, width: number): Mark[] {
  const [top, bottom] = lanes.pace;
  const pace = paceOf(bucket.pace);
  if (pace === 'unknown') return [];
  if (pace === 'slower') {
    const pattern = { name: 'hatch', ink: 'slow' } as const;
    return [{ kind: 'rect', x, y: top, width, height: bottom - top, fill: 'slow-soft', pattern }];
  }
  const height = pace === 'faster' ? 5 : 1.5;
  return [{ kind: 'rect', x, y: bottom - height, width, height, fill: pace === 'faster' ? 'accent' : 'line-strong' }];
}
