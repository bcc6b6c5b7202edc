// What stops a transfer: who waits, who fails, and for how long.
import { expect, test } from 'vitest';
import { NetworkError } from '../../net/http.ts';
import { backoffMs, classify, Interruption, parseRetryAfter } from './interruption.ts';
import { defaultTimings } from './options.ts';
import { SpeedLimit, SpeedMeter } from './speed.ts';

const withCode = (code: string) => Object.assign(new Error(code), { code });

test.each([
  [new NetworkError('ECONNRESET', 'x'), { reason: 'network' }],
  [new NetworkError('ENOTFOUND', 'x'), { reason: 'network' }],
  [new NetworkError('HPE_INVALID_CONSTANT', 'x'), { reason: 'server-error' }],
  [new NetworkError('CERT_HAS_EXPIRED', 'x'), { code: 'hub-unreachable' }],
  [new NetworkError('DEPTH_ZERO_SELF_SIGNED_CERT', 'x'), { code: 'hub-unreachable' }],
  [withCode('ENOSPC'), { reason: 'disk-full' }],
  [withCode('EDQUOT'), { reason: 'disk-full' }],
  [withCode('disk-full'), { reason: 'disk-full' }],
  [withCode('ENOENT'), { reason: 'folder-missing' }],
  [withCode('EACCES'), { code: 'file-not-readable' }],
  [withCode('EFBIG'), { code: 'file-not-readable', message: expect.stringContaining('4 GiB') }],
  [withCode('ENAMETOOLONG'), { code: 'file-not-readable' }],
])('%s', (error, expected) => {
  expect(classify(error, defaultTimings)).toMatchObject(expected);
});

test('what is known already stays as it is', () => {
  const interruption = new Interruption('stalled', 'x');
  expect(classify(interruption, defaultTimings)).toBe(interruption);
  const bug = new TypeError('x');
  expect(classify(bug, defaultTimings)).toBe(bug);
});

test.each([
  ['3', 3000],
  [' 0.5 ', 500],
  ['99999', 3_600_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', null],
  [undefined, null],
])('Retry-After: %s', (header, expected) => {
  expect(parseRetryAfter(header === undefined ? {} : { 'retry-after': header }, 1000, 3_600_000)).toBe(expected);
});

test("the end of the hub's window counts where there is no Retry-After, and nothing is left in it", () => {
  expect(parseRetryAfter({ ratelimit: '"resolvers";r=0;t=42' }, 1000, 3_600_000)).toBe(42_000);
  expect(parseRetryAfter({ ratelimit: '"resolvers";r=7;t=42' }, 1000, 3_600_000)).toBeNull();
  expect(parseRetryAfter({ ratelimit: '"resolvers";r=0;t=42', 'retry-after': '3' }, 1000, 3_600_000)).toBe(3000);
});

test('pauses double up to a most, and differ a little', () => {
  const pauses = [1, 2, 3, 7, 50].map((tries) => backoffMs(tries, defaultTimings, () => 0));
  expect(pauses).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  expect(backoffMs(1, defaultTimings, () => 1)).toBe(750);
});

test('the speed is that of the last seconds', () => {
  const meter = new SpeedMeter(1000);
  expect(meter.bytesPerSecond(0)).toBe(0);
  meter.add(500);
  expect(meter.bytesPerSecond(500)).toBe(1000);
  expect(meter.bytesPerSecond(1000)).toBe(500);
  expect(meter.bytesPerSecond(2000)).toBe(0);
});

test('a limit makes whoever takes too much wait, until it is lifted', async () => {
  const limit = new SpeedLimit();
  const { signal } = new AbortController();
  await limit.take(1e12, signal);
  limit.set(1000);
  let through = false;
  const waiting = limit.take(1e9, signal).then(() => (through = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(through).toBe(false);
  limit.set(null);
  await waiting;
  limit.set(1000);
  const controller = new AbortController();
  const stopped = limit.take(1e9, controller.signal);
  controller.abort();
  await stopped;
});
