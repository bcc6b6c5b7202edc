// The plot area with its axes: thin lines, few ticks, the unit written once.
import { linear, ticks, type Ink, type Mark } from './scene.ts';

const textSize = 11;

export interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Room for tick labels on the left and below. */
export function plotIn(width: number, height: number, patch: Partial<Plot> = {}): Plot {
  return { left: 40, right: width - 10, top: 18, bottom: height - 34, ...patch };
}

export interface Axis {
  domain: readonly [number, number];
  count: number;
  text(value: number): string;
  /** What is measured, with its unit. */
  title: string;
}

/** Horizontal lines with their values, and the axis' title above them. */
export function yAxis(plot: Plot, { domain, count, text, title }: Axis): { marks: Mark[]; y: (value: number) => number } {
  const y = linear(domain, [plot.bottom, plot.top]);
  const marks: Mark[] = [label(title, 0, plot.top - 8, 'start', 'ink-soft')];
  for (const value of ticks(domain[0], domain[1], count)) {
    marks.push({ kind: 'line', points: [plot.left, y(value), plot.right, y(value)], stroke: 'line', width: 1 });
    marks.push(label(text(value), plot.left - 6, y(value) + 4, 'end'));
  }
  return { marks, y };
}

/** Values under the plot, and the axis' title under them. */
export function xAxis(plot: Plot, { domain, count, text, title }: Axis): { marks: Mark[]; x: (value: number) => number } {
  const x = linear(domain, [plot.left, plot.right]);
  const marks: Mark[] = [label(title, (plot.left + plot.right) / 2, plot.bottom + 30, 'middle')];
  for (const value of ticks(domain[0], domain[1], count)) marks.push(label(text(value), x(value), plot.bottom + 15, 'middle'));
  return { marks, x };
}

export function label(text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', ink: Ink = 'ink-soft'): Mark {
  return { kind: 'text', x, y, text, size: textSize, ink, anchor };
}

/** Room of each of `count` bars, and where it begins. */
export function bands(
  plot: Plot,
  count: number,
  widest = 56,
): { width: number; left(at: number): number; middle(at: number): number } {
  const step = Math.min(widest, (plot.right - plot.left) / Math.max(1, count));
  return {
    width: step * 0.72,
    left: (at) => plot.left + at * step + step * 0.14,
    middle: (at) => plot.left + (at + 0.5) * step,
  };
}
