import { expect, test } from 'vitest';
import { clampView, grown, holding, panned, zoomed } from './view.ts';

test('zooming keeps the round in its place, and the view within the rounds', () => {
  expect(zoomed({ from: 0, to: 100 }, 0.5, 50, 100)).toEqual({ from: 25, to: 75 });
  expect(zoomed({ from: 0, to: 100 }, 0.5, 0, 100)).toEqual({ from: 0, to: 50 });
  expect(zoomed({ from: 90, to: 100 }, 4, 99, 100)).toEqual({ from: 60, to: 100 });
  expect(zoomed({ from: 0, to: 100 }, 100, 50, 100)).toEqual({ from: 0, to: 100 });
  expect(zoomed({ from: 0, to: 10 }, 0.01, 5, 100)).toEqual({ from: 1, to: 9 });
  expect(zoomed({ from: 0, to: 3 }, 0.1, 1, 3)).toEqual({ from: 0, to: 3 });
});

test('moving stops at the ends', () => {
  expect(panned({ from: 10, to: 20 }, -30, 100)).toEqual({ from: 0, to: 10 });
  expect(panned({ from: 80, to: 90 }, 30, 100)).toEqual({ from: 90, to: 100 });
  expect(clampView({ from: 0, to: 0 }, 0)).toEqual({ from: 0, to: 0 });
});

test('a round comes into the view by the shortest way', () => {
  const view = { from: 10, to: 20 };
  expect(holding(view, 12, 100)).toBe(view);
  expect(holding(view, 20, 100)).toEqual({ from: 11, to: 21 });
  expect(holding(view, 3, 100)).toEqual({ from: 3, to: 13 });
});

test('who sees all rounds sees the new ones; who has zoomed in stays there', () => {
  expect(grown({ from: 0, to: 50 }, 50, 60)).toEqual({ from: 0, to: 60 });
  expect(grown({ from: 10, to: 30 }, 50, 60)).toEqual({ from: 10, to: 30 });
  expect(grown({ from: 0, to: 0 }, 0, 5)).toEqual({ from: 0, to: 5 });
  expect(grown({ from: 100, to: 120 }, 200, 50)).toEqual({ from: 30, to: 50 });
});
