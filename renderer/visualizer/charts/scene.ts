// What a chart draws, as data: drawn on a canvas on the page (canvas.ts) and written as SVG for export (svg.ts), so that both
// are the same picture.

/** Colours by their meaning: names of the theme's variables. */
export const inks = [
  'ink',
  'ink-soft',
  'line',
  'line-strong',
  'paper',
  'raised',
  'sunken',
  'accent',
  'accent-soft',
  'slow',
  'slow-soft',
  'draft-line',
  'draft-tint',
  'copy-line',
  'copy-tint',
  'verify',
] as const;
export type Ink = (typeof inks)[number];

/** Every ink as a colour that CSS, canvas and SVG understand. */
export type Palette = Record<Ink, string>;

/** Told apart without colour. */
export type Pattern = 'dots' | 'dashes' | 'hatch';

export type Mark =
  | { kind: 'rect'; x: number; y: number; width: number; height: number; fill: Ink; pattern?: { name: Pattern; ink: Ink } }
  /** `points`: x, y, x, y, …; NaN interrupts. */
  | { kind: 'line'; points: number[]; stroke: Ink; width: number; dash?: number[] }
  /** A filled polygon. */
  | { kind: 'area'; points: number[]; fill: Ink; opacity: number }
  | { kind: 'circle'; x: number; y: number; radius: number; fill: Ink; stroke: Ink }
  | {
      kind: 'text';
      x: number;
      /** Of the baseline. */
      y: number;
      text: string;
      size: number;
      ink: Ink;
      anchor?: 'start' | 'middle' | 'end';
      bold?: boolean;
    };

export interface Scene {
  width: number;
  height: number;
  marks: Mark[];
}

/** The scene with its corner at another place. */
export function moved({ marks }: Scene, dx: number, dy: number): Mark[] {
  const shifted = (points: number[]) => points.map((value, at) => value + (at % 2 === 0 ? dx : dy));
  return marks.map((mark) =>
    mark.kind === 'line' || mark.kind === 'area'
      ? { ...mark, points: shifted(mark.points) }
      : { ...mark, x: mark.x + dx, y: mark.y + dy },
  );
}

/** Round values from 0 or `low` to at least `high`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0) || count < 1) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples, not sums: 0.1 added up misses its marks.
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** From values to pixels. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): (value: number) => number {
  const span = domain[1] - domain[0] || 1;
  return (value) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0]);
}
