// @vitest-environment jsdom
// Items come together and in order, whether the page is shown or hidden; what was cleared never comes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFrameQueue } from './frame-queue.ts';

let visibility: DocumentVisibilityState = 'visible';

beforeEach(() => {
  visibility = 'visible';
  vi.useFakeTimers();
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function gather() {
  const batches: string[][] = [];
  return { batches, queue: createFrameQueue<string>((items) => batches.push(items)) };
}

test('what is pushed before a frame comes together in it', () => {
  const { batches, queue } = gather();
  queue.push('a');
  queue.push('b');
  expect(batches).toEqual([]);
  vi.advanceTimersToNextFrame();
  expect(batches).toEqual([['a', 'b']]);
});

test('of the frames that follow at once, every second one is used', () => {
  const { batches, queue } = gather();
  for (const item of ['a', 'b', 'c', 'd', 'e']) {
    queue.push(item);
    vi.advanceTimersToNextFrame();
  }
  expect(batches).toEqual([['a'], ['b', 'c'], ['d', 'e']]);
});

test('after a hand-over that asks for a longer pause, what comes meanwhile waits for its end, and nothing is lost', () => {
  const batches: string[][] = [];
  const queue = createFrameQueue<string>(
    (items) => batches.push(items),
    (items) => (items.includes('many') ? 120 : 0),
  );
  queue.push('many');
  vi.advanceTimersToNextFrame();
  for (const item of ['a', 'b', 'c']) {
    queue.push(item);
    vi.advanceTimersByTime(30);
  }
  expect(batches).toEqual([['many']]);
  vi.advanceTimersByTime(60);
  expect(batches).toEqual([['many'], ['a', 'b', 'c']]);
  queue.push('d');
  vi.advanceTimersByTime(50);
  expect(batches).toEqual([['many'], ['a', 'b', 'c'], ['d']]);
});

test('a hidden page is brought up to date without frames, and at once when it is shown', () => {
  const { batches, queue } = gather();
  visibility = 'hidden';
  queue.push('a');
  vi.advanceTimersByTime(1000);
  expect(batches).toEqual([['a']]);
  queue.push('b');
  visibility = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(batches).toEqual([['a'], ['b']]);
  vi.advanceTimersByTime(1000);
  expect(batches).toHaveLength(2);
});

test('what was cleared never comes', () => {
  const { batches, queue } = gather();
  queue.push('a');
  queue.clear();
  vi.advanceTimersByTime(1000);
  queue.push('b');
  vi.advanceTimersToNextFrame();
  expect(batches).toEqual([['b']]);
});
