// Bookkeeping of parts, against a plain array of bytes.
import { expect, test } from 'vitest';
import { Parts, type Claim } from './parts.ts';

test('claims are disjoint, in order, and leave something for the other connections', () => {
  const parts = new Parts(95, 10);
  expect(parts.claim(4, 8)).toEqual({ start: 0, end: 30 });
  expect(parts.claim(4, 8)).toEqual({ start: 30, end: 50 });
  expect(parts.claim(4, 1)).toEqual({ start: 50, end: 60 });
  expect(parts.claim(1, 8)).toEqual({ start: 60, end: 95 });
  expect(parts.claim(4, 8)).toBeNull();
});

test('a released claim is claimed again from where it broke', () => {
  const parts = new Parts(40, 10);
  const claim = parts.claim(1, 4) as Claim;
  parts.advance(claim, 13);
  parts.release(claim);
  expect(parts.frontierBytes).toBe(13);
  expect(parts.claim(1, 4)).toEqual({ start: 13, end: 40 });
});

test('begins with what was recorded, and never with more than there can be', () => {
  const parts = new Parts(25, 10, [
    { part: 0, receivedBytes: 10 },
    { part: 2, receivedBytes: 99 },
    { part: 7, receivedBytes: 10 },
  ]);
  expect([parts.receivedBytes, parts.frontierBytes]).toEqual([15, 10]);
  expect(parts.claim(4, 4)).toEqual({ start: 10, end: 20 });
  expect(parts.takeChanged()).toEqual([]);
});

test('an empty file is complete', () => {
  const parts = new Parts(0, 10);
  expect([parts.complete, parts.frontierBytes, parts.claim(1, 1)]).toEqual([true, 0, null]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('random claims, arrivals and breaks (seed %i) cover each byte once', (seed) => {
  let state = seed;
  const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
  const sizeBytes = 1 + random(300);
  const partBytes = 1 + random(40);
  const parts = new Parts(sizeBytes, partBytes);
  const counts = new Uint8Array(sizeBytes);
  const records = new Map<number, number>();
  let claims: Claim[] = [];
  while (!parts.complete) {
    const claim = parts.claim(1 + random(4), 1 + random(4));
    if (claim) claims.push(claim);
    const picked = claims[random(claims.length)] as Claim;
    const bytes = Math.min(picked.end - picked.start, random(60));
    counts.subarray(picked.start, picked.start + bytes).forEach((_, index, view) => (view[index] = (view[index] ?? 0) + 1));
    parts.advance(picked, bytes);
    if (random(5) === 0 || picked.start === picked.end) {
      parts.release(picked);
      claims = claims.filter((each) => each !== picked);
    }
    expect(parts.frontierBytes).toBe(counts.indexOf(0) === -1 ? sizeBytes : counts.indexOf(0));
    for (const { part, receivedBytes } of parts.takeChanged()) records.set(part, receivedBytes);
  }
  expect(counts.every((count) => count === 1)).toBe(true);
  expect([...records.values()].reduce((sum, each) => sum + each, 0)).toBe(sizeBytes);
});
