// Merging batches: nothing lost, nothing reordered, first and last without delay.
import { expect, test } from 'vitest';
import { Queue } from '../../rpc/queue.ts';
import { coalesce } from './coalesce.ts';

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** An interval that no test waits for. */
const never = 3_600_000;

test('the first batch goes at once, the rest together at the end, however long the interval', async () => {
  const source = new Queue<number[]>();
  const merged = coalesce(source, never)[Symbol.asyncIterator]();
  source.push([1]);
  expect(await merged.next()).toEqual({ value: [1], done: false });
  for (let i = 2; i <= 100; i++) source.push([i]);
  source.end();
  expect(await collect({ [Symbol.asyncIterator]: () => merged })).toEqual([Array.from({ length: 99 }, (_, i) => i + 2)]);
});

test('batches go on while the source is open', async () => {
  const source = new Queue<number[]>();
  const merged = coalesce(source, 1)[Symbol.asyncIterator]();
  for (let i = 0; i < 5; i++) {
    source.push([i]);
    expect(await merged.next()).toEqual({ value: [i], done: false });
  }
});

test('for a reader that is away all is one batch', async () => {
  const source = new Queue<number[]>();
  const merged = coalesce(source, 0)[Symbol.asyncIterator]();
  source.push([0]);
  await merged.next();
  source.push([1]);
  for (let i = 2; i <= 50; i++) {
    source.push([i]);
    await Promise.resolve();
  }
  source.end();
  const rest = await collect({ [Symbol.asyncIterator]: () => merged });
  expect(rest.flat()).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  expect(rest.length).toBeLessThanOrEqual(2);
});

test('an error comes after what was there', async () => {
  const source = new Queue<number[]>();
  const merged = coalesce(source, never)[Symbol.asyncIterator]();
  source.push([1]);
  await merged.next();
  source.push([2]);
  source.fail(new Error('broken'));
  expect(await merged.next()).toEqual({ value: [2], done: false });
  await expect(merged.next()).rejects.toThrow('broken');
});

test('leaving leaves the source, even while both wait', async () => {
  let left = 0;
  const source = new Queue<number[]>({ onReturn: () => left++ });
  const merged = coalesce(source, never)[Symbol.asyncIterator]();
  const waiting = merged.next();
  await merged.return?.();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(left).toBe(1);
});
