// Speed along the rounds, tokens per round along them, where the time went, and what verification costs, as scenes.
import { movingReach, noise } from '../figures/speed.ts';
import { along, roundTime } from '../figures/what-if.ts';
import type { Costs } from '../../../electron/contract/engine.ts';
import type { RowsFigure, TimeFigure } from '../figures/cost.ts';
import { visualizerText } from '../strings.ts';
import { label, plotIn, xAxis, yAxis } from './frame.ts';
import { linear, type Ink, type Mark, type Scene } from './scene.ts';

const text = visualizerText.speed;

/** At most this many points: one for every pixel or so. */
const mostPoints = 600;

/** A line over rounds, thinned by means; `reference`: a dashed line, under which the area is hatched where `alarm`. */
function movingScene(
  values: Float64Array,
  width: number,
  look: { title: string; reference: number | null; alarm: boolean; stroke: Ink },
): Scene {
  const height = 160;
  const plot = plotIn(width, height);
  const points = thinned(values, Math.min(mostPoints, plot.right - plot.left));
  const known = points.map(([, value]) => value).filter((value) => Number.isFinite(value));
  const { reference } = look;
  const most = Math.max(reference === null ? 0.5 : reference * 1.25, ...known) * 1.02;
  const y = yAxis(plot, { domain: [0, most], count: 3, text: text.tick, title: look.title });
  const x = linear([0, Math.max(1, values.length - 1)], [plot.left, plot.right]);
  const marks: Mark[] = [...y.marks];
  if (reference !== null) {
    if (look.alarm) marks.push(...slowAreas(points, x, y.y, reference));
    marks.push({
      kind: 'line',
      points: [plot.left, y.y(reference), plot.right, y.y(reference)],
      stroke: 'ink-soft',
      width: 1,
      dash: [4, 3],
    });
  }
  marks.push({ kind: 'line', points: points.flatMap(([at, value]) => [x(at), y.y(value)]), stroke: look.stroke, width: 1.75 });
  marks.push(
    ...xAxis(plot, {
      domain: [0, values.length],
      count: 5,
      text: (value) => text.round(value),
      title: text.roundAxis(2 * movingReach + 1),
    }).marks,
  );
  return { width, height, marks };
}

export function speedScene(moving: Float64Array, width: number): Scene {
  return movingScene(moving, width, { title: text.speedAxis, reference: 1, alarm: true, stroke: 'accent' });
}

export function movingTokensScene(moving: Float64Array, width: number): Scene {
  return movingScene(moving, width, {
    title: visualizerText.acceptance.movingAxis,
    reference: 1,
    alarm: false,
    stroke: 'draft-line',
  });
}

/** Means of equally many neighbours; a stretch without a value stays without. */
function thinned(values: Float64Array, most: number): [number, number][] {
  const per = Math.max(1, Math.ceil(values.length / Math.max(1, most)));
  const points: [number, number][] = [];
  for (let from = 0; from < values.length; from += per) {
    const to = Math.min(values.length, from + per);
    let sum = 0;
    for (let at = from; at < to; at += 1) sum += values[at] ?? 0;
    points.push([(from + to - 1) / 2, sum / (to - from)]);
  }
  return points;
}

/** Between the line and 1×, wherever it is clearly below: columns with hatching, in the colour of "slow". */
function slowAreas(
  points: readonly [number, number][],
  x: (at: number) => number,
  y: (value: number) => number,
  reference: number,
): Mark[] {
  const marks: Mark[] = [];
  for (const [index, [at, value]] of points.entries()) {
    if (!(value < reference - noise)) continue;
    const [before, after] = [points[index - 1]?.[0] ?? at, points[index + 1]?.[0] ?? at];
    const [left, right] = [x((before + at) / 2), x((at + after) / 2)];
    const pattern = { name: 'hatch', ink: 'slow' } as const;
    const top = y(reference);
    marks.push({
      kind: 'rect',
      x: left,
      y: top,
      width: Math.max(1, right - left),
      height: y(value) - top,
      fill: 'slow-soft',
      pattern,
    });
  }
  return marks;
}

/** One bar: drafting, verifying, and what is between rounds. */
export function timeScene({ draftMs, verifyMs, betweenMs }: TimeFigure, width: number): Scene {
  const total = draftMs + verifyMs + betweenMs || 1;
  const parts = [
    { ms: draftMs, name: text.draft, fill: 'draft-tint', pattern: { name: 'dots', ink: 'draft-line' } },
    { ms: verifyMs, name: text.verify, fill: 'verify' },
    { ms: betweenMs, name: text.between, fill: 'sunken', pattern: { name: 'hatch', ink: 'line-strong' } },
  ] as const;
  const marks: Mark[] = [];
  let x = 0;
  for (const part of parts) {
    const share = (part.ms / total) * width;
    const { name: _name, ms: _ms, ...look } = part;
    marks.push({ kind: 'rect', x, y: 4, width: Math.max(0, share - 1), height: 22, ...look });
    x += share;
  }
  // Beside each other, not under their parts: a small part has no room for its words.
  for (const [at, part] of parts.entries()) {
    const { ms, name } = part;
    const left = (at * width) / parts.length;
    const { fill, pattern } = { pattern: undefined, ...part };
    marks.push({ kind: 'rect', x: left, y: 36, width: 14, height: 10, fill, ...(pattern && { pattern }) });
    marks.push(label(name, left + 20, 45, 'start', 'ink'));
    marks.push(label(text.partTime(ms, ms / total), left + 20, 60, 'start'));
  }
  return { width, height: 66, marks };
}

/** What a round of n rows costs by the calibration (line) and took in these rounds (dots); under the dashed line it can pay. */
export function costScene(costs: Costs, rows: readonly RowsFigure[], width: number): Scene {
  const height = 232;
  const plot = plotIn(width, height, { bottom: height - 48 });
  const widest = Math.max(costs.verifyMs.length, ...rows.map((figure) => figure.rows));
  const plainMs = costs.verifyMs[0] ?? 0;
  const inRound = roundTime(costs);
  const whole = Array.from({ length: costs.verifyMs.length }, (_, at) => at + 1);
  const rounds = inRound ? whole.filter((n) => n > 1).map((n) => [n, inRound(n - 1)] as const) : [];
  const most = Math.max(...costs.verifyMs, ...rounds.map(([, ms]) => ms), ...rows.map(({ medianMs }) => medianMs)) * 1.06;
  const yScale = yAxis(plot, { domain: [0, most], count: 4, text: text.tick, title: text.costAxis });
  const x = linear([0.5, widest + 0.5], [plot.left, plot.right]);
  const y = (ms: number) => yScale.y(Math.min(ms, most));
  const marks: Mark[] = [...yScale.marks];
  // Beyond the top it leaves the picture.
  const last = Math.min(widest, most / plainMs);
  marks.push({
    kind: 'line',
    points: [x(1), y(plainMs), x(last), y(last * plainMs)],
    stroke: 'ink-soft',
    width: 1,
    dash: [4, 3],
  });
  marks.push({
    kind: 'line',
    points: whole.flatMap((n) => [x(n), y(along(costs.verifyMs, n))]),
    stroke: 'line-strong',
    width: 1.75,
  });
  marks.push({ kind: 'line', points: rounds.flatMap(([n, ms]) => [x(n), y(ms)]), stroke: 'draft-line', width: 1.75 });
  const count = Math.max(1, ...rows.map((figure) => figure.rounds));
  for (const figure of rows) {
    const [low, high] = [y(figure.lowMs), y(figure.highMs)];
    marks.push({ kind: 'line', points: [x(figure.rows), low, x(figure.rows), high], stroke: 'ink-soft', width: 1 });
    const radius = 3 + 5 * Math.sqrt(figure.rounds / count);
    marks.push({ kind: 'circle', x: x(figure.rows), y: y(figure.medianMs), radius, fill: 'accent', stroke: 'paper' });
  }
  const counts = new Map(rows.map((figure) => [figure.rows, figure.rounds]));
  for (let n = 1; n <= widest; n += 1) {
    marks.push(label(String(n), x(n), plot.bottom + 15, 'middle', 'ink'));
    const used = counts.get(n);
    if (used) marks.push(label(text.used(used), x(n), plot.bottom + 28, 'middle'));
  }
  marks.push(label(text.rowsAxis, plot.right, plot.bottom + 43, 'end'));
  return { width, height, marks };
}
