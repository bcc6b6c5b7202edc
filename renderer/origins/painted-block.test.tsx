// @vitest-environment jsdom
// A block is painted while it is near the screen, and only then.
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makePromptRound, makeRound } from '../testing/make-round.ts';
import { originRuns } from './origin-runs.ts';
import { OriginRuns, PaintedBlock, RunsContext } from './painted-block.tsx';
import { highlightNames } from './painter.ts';

let root: Root;
let tell: (near: boolean) => void = () => {};
const observed = new Set<Element>();

const source = 'Once upon a time.';
const runs = new OriginRuns();
runs.put(originRuns([makePromptRound('Once'), makeRound([' upon', ' a'], ' time.')]));

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  // jsdom has neither.
  vi.stubGlobal('CSS', { highlights: new Map<string, Set<AbstractRange>>() });
  vi.stubGlobal('Highlight', Set);
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(onChange: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
        tell = (isIntersecting) => onChange([...observed].map((target) => ({ target, isIntersecting })));
      }
      observe(element: Element): void {
        observed.add(element);
      }
      unobserve(element: Element): void {
        observed.delete(element);
      }
    },
  );
  root = createRoot(document.createElement('div'));
});

afterEach(() => vi.unstubAllGlobals());

const painted = () => CSS.highlights.get(highlightNames.draft)?.size ?? 0;

test('what leaves the screen loses its paint, and has it back when it returns', () => {
  act(() =>
    root.render(
      <RunsContext value={{ runs, known: true }}>
        <PaintedBlock start={0} source={source}>
          <p data-source={`${source.length} 0 ${source.length} 0 ${source.length}`}>{source}</p>
        </PaintedBlock>
      </RunsContext>,
    ),
  );
  expect(painted()).toBe(1);
  act(() => tell(false));
  expect(painted()).toBe(0);
  act(() => tell(true));
  expect(painted()).toBe(1);
  act(() => root.unmount());
  expect(painted()).toBe(0);
  expect(observed.size).toBe(0);
});
