// Zooming goes by the desktop's own steps, from wherever its menu has left it, within limits; in a browser it does nothing.
import { afterEach, expect, test, vi } from 'vitest';
import { canZoom, zoom, zoomFactor } from './zoom.ts';

afterEach(() => vi.unstubAllGlobals());

/** A desktop window at this factor. */
function openWindow(factor: number) {
  const kangaroo = { zoomFactor: () => factor, setZoomFactor: (next: number) => void (factor = next) };
  vi.stubGlobal('window', { kangaroo });
}

test('a step larger and a step smaller is where it was, and the usual size is one key away', () => {
  openWindow(1);
  expect(canZoom()).toBe(true);
  zoom(1);
  expect(zoomFactor()).toBeCloseTo(1.095, 3);
  zoom(1);
  expect(zoomFactor()).toBeCloseTo(1.2, 10);
  zoom(-1);
  zoom(-1);
  expect(zoomFactor()).toBe(1);
  openWindow(1.7);
  zoom(0);
  expect(zoomFactor()).toBe(1);
});

test('a factor between two steps goes to the one behind the nearest', () => {
  openWindow(1.22);
  zoom(1);
  expect(zoomFactor()).toBeCloseTo(1.2 ** 1.5, 10);
});

test('there is a smallest and a largest size', () => {
  openWindow(1);
  for (let index = 0; index < 40; index += 1) zoom(1);
  expect(zoomFactor()).toBeCloseTo(1.2 ** 5, 10);
  for (let index = 0; index < 40; index += 1) zoom(-1);
  expect(zoomFactor()).toBeCloseTo(1.2 ** -3, 10);
});

test('a browser is not zoomed', () => {
  vi.stubGlobal('window', {});
  expect(canZoom()).toBe(false);
  expect(() => zoom(1)).not.toThrow();
  expect(zoomFactor()).toBe(1);
});
