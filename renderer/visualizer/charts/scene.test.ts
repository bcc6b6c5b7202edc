// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { inks, linear, moved, ticks, type Palette, type Scene } from './scene.ts';
import { escapeXml, writeSvg } from './svg.ts';

const palette = Object.fromEntries(inks.map((ink) => [ink, '#123456'])) as Palette;

test('ticks are round values within the range', () => {
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(0, 0.95, 4)).toEqual([0, 0.5]);
  expect(ticks(0, 0.31, 3)).toEqual([0, 0.2]);
  expect(ticks(0.6, 1.4, 4)).toEqual([0.6, 0.8, 1, 1.2, 1.4]);
  expect(ticks(0, 0, 4)).toEqual([0]);
  expect(linear([0, 10], [100, 0])(2.5)).toBe(75);
});

test('a scene as SVG is well-formed, whatever its texts say, and names its patterns', () => {
  const scene: Scene = {
    width: 100,
    height: 50,
    marks: [
      { kind: 'rect', x: 1.234, y: 2, width: 3, height: 4, fill: 'draft-tint', pattern: { name: 'dots', ink: 'draft-line' } },
      { kind: 'line', points: [0, 0, 5, 5, Number.NaN, Number.NaN, 9, 9, 10, 10], stroke: 'ink', width: 1, dash: [2, 2] },
      { kind: 'area', points: [0, 0, 5, 0, 5, 5], fill: 'accent', opacity: 0.2 },
      { kind: 'circle', x: 5, y: 5, radius: 2, fill: 'raised', stroke: 'ink' },
      { kind: 'text', x: 1, y: 2, text: '<b>&\u0000"\ud800', size: 11, ink: 'ink', bold: true },
    ],
  };
  const svg = writeSvg(scene, palette, 'A & B', 'less < more');
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  expect(parsed.querySelector('parsererror')).toBeNull();
  expect(parsed.querySelector('title')?.textContent).toBe('A & B');
  expect(parsed.querySelector('text')?.textContent).toBe('<b>&\ufffd"\ufffd');
  expect(parsed.querySelector('path')?.getAttribute('d')).toBe('M0 0L5 5M9 9L10 10');
  for (const [, id] of svg.matchAll(/url\(#([\w-]+)\)/g)) expect(parsed.getElementById(id ?? '')).not.toBeNull();
  expect(svg).not.toMatch(/NaN|undefined|style=/);
  expect(escapeXml(`'`)).toBe('&apos;');
});

test('a scene moves as a whole', () => {
  const scene: Scene = { width: 1, height: 1, marks: [{ kind: 'line', points: [1, 2, 3, 4], stroke: 'ink', width: 1 }] };
  expect(moved(scene, 10, 20)).toEqual([{ kind: 'line', points: [11, 22, 13, 24], stroke: 'ink', width: 1 }]);
});
