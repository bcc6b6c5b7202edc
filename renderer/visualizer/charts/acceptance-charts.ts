// Acceptance by place in the round, tokens per round, and confidence against acceptance, as scenes.
import { wilson, type CalibrationBin, type PositionFigure, type TokensFigure } from '../figures/acceptance.ts';
import { visualizerText } from '../strings.ts';
import { bands, label, plotIn, xAxis, yAxis } from './frame.ts';
import type { Mark, Scene } from './scene.ts';

const text = visualizerText.acceptance;
const percent = { domain: [0, 1] as const, count: 4, text: visualizerText.percent };

type Look = Pick<Extract<Mark, { kind: 'rect' }>, 'fill' | 'pattern'>;
const looks: Record<'adapter' | 'lookup', Look> = {
  adapter: { fill: 'draft-tint', pattern: { name: 'dots', ink: 'draft-line' } },
  lookup: { fill: 'copy-tint', pattern: { name: 'dashes', ink: 'copy-line' } },
};

/** Bars: accepted / drafted, with the 95% interval; a diamond: accepted / judged. */
export function positionScene(figures: readonly PositionFigure[], source: 'adapter' | 'lookup', width: number): Scene {
  const height = 190;
  const plot = plotIn(width, height, { bottom: height - 46 });
  const axis = yAxis(plot, { ...percent, title: text.positionAxis });
  const marks: Mark[] = [...axis.marks];
  const band = bands(plot, figures.length);
  for (const [at, { position, drafted, accepted, judged }] of figures.entries()) {
    const share = wilson(accepted, drafted);
    if (!share) continue;
    const top = axis.y(share.share);
    marks.push({ kind: 'rect', x: band.left(at), y: top, width: band.width, height: plot.bottom - top, ...looks[source] });
    marks.push(line([band.left(at), top, band.left(at) + band.width, top], source === 'adapter' ? 'draft-line' : 'copy-line', 2));
    marks.push(...whisker(band.middle(at), axis.y(share.low), axis.y(share.high)));
    if (judged > 0) marks.push(...diamond(band.middle(at), axis.y(accepted / judged)));
    marks.push(label(text.place(position), band.middle(at), plot.bottom + 15, 'middle', 'ink'));
    marks.push(label(text.count(drafted), band.middle(at), plot.bottom + 28, 'middle'));
  }
  marks.push(label(text.placeAxis, plot.right, plot.bottom + 42, 'end'));
  return { width, height, marks };
}

/** How many rounds gave how many tokens. */
export function tokensScene(figures: readonly TokensFigure[], width: number): Scene {
  const height = 170;
  const plot = plotIn(width, height);
  const total = Math.max(
    1,
    figures.reduce((sum, { rounds }) => sum + rounds, 0),
  );
  const most = Math.max(0.01, ...figures.map(({ rounds }) => rounds / total));
  const axis = yAxis(plot, { ...percent, domain: [0, most], count: 3, title: text.tokensAxis(total) });
  const band = bands(plot, figures.length);
  const marks: Mark[] = [...axis.marks];
  for (const [at, { tokens, rounds }] of figures.entries()) {
    const top = axis.y(rounds / total);
    marks.push({ kind: 'rect', x: band.left(at), y: top, width: band.width, height: plot.bottom - top, fill: 'verify' });
    if (rounds > 0) marks.push(label(text.count(rounds), band.middle(at), top - 4, 'middle'));
    marks.push(label(String(tokens), band.middle(at), plot.bottom + 15, 'middle', 'ink'));
  }
  marks.push(label(text.tokensPlace, plot.right, plot.bottom + 30, 'end'));
  return { width, height, marks };
}

/** Acceptance over confidence; the diagonal is where both agree. A dot's size tells how many drafts it stands for. */
export function calibrationScene(bins: readonly CalibrationBin[], source: 'adapter' | 'lookup', width: number): Scene {
  const height = 236;
  const side = Math.min(width - 50, 400);
  const plot = plotIn(width, height, { right: 40 + side, bottom: height - 58 });
  const yScale = yAxis(plot, { ...percent, title: text.calibrationAxis });
  const xScale = xAxis({ ...plot, bottom: plot.bottom + 13 }, { ...percent, count: 5, title: text.confidenceAxis });
  const marks: Mark[] = [...yScale.marks, ...xScale.marks];
  const [x, y] = [xScale.x, yScale.y];
  marks.push({ kind: 'line', points: [x(0), y(0), x(1), y(1)], stroke: 'line-strong', width: 1, dash: [4, 3] });
  const most = Math.max(1, ...bins.map(({ judged }) => judged));
  const ink = source === 'adapter' ? 'draft-line' : 'copy-line';
  for (const { judged, accepted, confidence, from, to } of bins) {
    const share = wilson(accepted, judged);
    if (!share) continue;
    marks.push(...whisker(x(confidence), y(share.low), y(share.high)));
    const radius = 3 + 5 * Math.sqrt(judged / most);
    marks.push({ kind: 'circle', x: x(confidence), y: y(share.share), radius, fill: ink, stroke: 'paper' });
    marks.push(label(text.count(judged), x((from + to) / 2), plot.bottom + 14, 'middle'));
  }
  return { width, height, marks };
}

function line(points: number[], stroke: Extract<Mark, { kind: 'line' }>['stroke'], width: number): Mark {
  return { kind: 'line', points, stroke, width };
}

function whisker(x: number, low: number, high: number): Mark[] {
  return [
    line([x, low, x, high], 'ink-soft', 1),
    line([x - 3, low, x + 3, low], 'ink-soft', 1),
    line([x - 3, high, x + 3, high], 'ink-soft', 1),
  ];
}

function diamond(x: number, y: number): Mark[] {
  const points = [x, y - 5, x + 5, y, x, y + 5, x - 5, y, x, y - 5];
  return [{ kind: 'area', points, fill: 'paper', opacity: 1 }, line(points, 'ink', 1.5)];
}
