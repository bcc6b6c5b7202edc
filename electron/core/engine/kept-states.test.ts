// Kept caches: what the disk may hold of them, and that nothing that goes wrong with them is more than a second reading.
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeptStates } from './kept-states.ts';
import { createFakeSession, type FakeSession } from './testing/fake-session.ts';

let folder = '';
let session: FakeSession;
const logged = vi.spyOn(console, 'error').mockImplementation(() => {});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-kept-'));
  session = createFakeSession();
  logged.mockClear();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = () => readdirSync(folder).toSorted();

/** Keeps some conversations, each a second older than the next. */
async function keep(kept: KeptStates, ...ids: string[]): Promise<void> {
  for (const [place, id] of ids.entries()) {
    session.cache = id.repeat(10);
    await kept.keep(id, session);
    const time = new Date(Date.now() - (ids.length - place) * 1000);
    if (existsSync(join(folder, `${id}.state`))) utimesSync(join(folder, `${id}.state`), time, time);
  }
}

test('the oldest make room where there are too many', async () => {
  await keep(new KeptStates(folder, { files: 2, bytes: 1e9 }), 'a', 'b', 'c');
  expect(names()).toEqual(['b.state', 'c.state']);
});

test('the oldest make room where they are too large together', async () => {
  await keep(new KeptStates(folder, { files: 9, bytes: 25 }), 'a', 'b', 'c');
  expect(names()).toEqual(['b.state', 'c.state']);
});

test('a cache that is too large alone is not kept', async () => {
  await keep(new KeptStates(folder, { files: 9, bytes: 5 }), 'a');
  expect(names()).toEqual([]);
});

test('one that was taken back counts as used, so that others go first', async () => {
  const kept = new KeptStates(folder, { files: 2, bytes: 1e9 });
  await keep(kept, 'a', 'b');
  await kept.take('a', session);
  expect(session.cache).toBe('aaaaaaaaaa');
  await keep(kept, 'c');
  expect(names()).toEqual(['a.state', 'c.state']);
});

test('what an unfinished process left is removed', async () => {
  writeFileSync(join(folder, 'x.state.partial'), 'half');
  await keep(new KeptStates(folder), 'a');
  expect(names()).toEqual(['a.state']);
});

test('an empty cache takes the place of an older file', async () => {
  const kept = new KeptStates(folder);
  await keep(kept, 'a');
  session.cache = '';
  await kept.keep('a', session);
  expect(names()).toEqual([]);
});

test('a full disk is logged and nothing else', async () => {
  session.failure = 'disk-full';
  await keep(new KeptStates(folder), 'a');
  expect(logged).toHaveBeenCalledWith(expect.stringContaining('disk-full'));
  expect(names()).toEqual([]);
});

test.each(['file-damaged', 'invalid-argument'] as const)(
  'a file that the engine refuses with `%s` is discarded',
  async (code) => {
    const kept = new KeptStates(folder);
    await keep(kept, 'a');
    session.failure = code;
    await kept.take('a', session);
    expect(session.cache).toBe('');
    expect(names()).toEqual([]);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining(code));
  },
);

test('a conversation that was never kept is no error', async () => {
  const kept = new KeptStates(join(folder, 'not-yet'));
  session.cache = 'old';
  await kept.take('a', session);
  expect(session.cache).toBe('');
  expect(logged).not.toHaveBeenCalled();
});
