// Conversations and their contexts: two at most, the longest unused gives way, its cache goes to disk and comes back.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KangarooError } from '../../contract/errors.ts';
import { KeptStates } from './kept-states.ts';
import { Learned } from './learned.ts';
import { Sessions, type Owner } from './sessions.ts';
import { createFakeSession, type FakeSession } from './testing/fake-session.ts';

const never = new AbortController().signal;
let folder = '';
let opened: FakeSession[] = [];
let openError: Error | null = null;
let learned: Learned;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-sessions-'));
  opened = [];
  openError = null;
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(): FakeSession {
  if (openError) throw openError;
  const session = createFakeSession();
  opened.push(session);
  return session;
}

function start(): Sessions {
  const model = { name: 'm', fingerprint: 'f', fileType: 'Q8_0', sizeBytes: 1 };
  learned = new Learned(join(folder, 'learned'), { model, adapter: null });
  return new Sessions({ first: open(), open: async () => open(), kept: new KeptStates(join(folder, 'kept')), learned });
}

/** One answer: says what the cache held before, and adds to it. */
function answer(sessions: Sessions, owner: Owner, signal = never): Promise<string> {
  return sessions.use(owner, signal, async (session) => {
    const fake = session as FakeSession;
    const before = fake.cache;
    fake.cache += owner ?? '-';
    return before;
  });
}

/** An answer that goes on until it is let go. */
function hold(sessions: Sessions, owner: Owner) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const began = Promise.withResolvers<FakeSession>();
  const done = sessions.use(owner, never, async (session) => {
    began.resolve(session as FakeSession);
    await promise;
  });
  return { began: began.promise, release: resolve, done };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const keptFiles = () => readdirSync(join(folder, 'kept')).toSorted();

describe('contexts', () => {
  test('memory: what all share counts once, what each context has counts for each; also while one works', async () => {
    const sessions = start();
    const of = (bytes: number) => ({ ramBytes: bytes, gpuBytes: 1 });
    expect(sessions.memory()).toEqual([]);
    for (const owner of ['a', 'b']) {
      await sessions.use(owner, never, async (session) => {
        session.memory = () => [
          { name: 'weights', ...of(100) },
          { name: 'kv', ...of(10) },
        ];
      });
    }
    const held = hold(sessions, 'a');
    const working = await held.began;
    working.memory = () => {
      throw new KangarooError('busy', 'It works.');
    };
    expect(sessions.memory()).toEqual([
      { name: 'weights', ramBytes: 100, gpuBytes: 1 },
      { name: 'kv', ramBytes: 20, gpuBytes: 2 },
    ]);
    held.release();
    await held.done;
  });

  test('the first one serves whoever comes first, and is measured before without being given away', async () => {
    const sessions = start();
    await answer(sessions, null);
    await answer(sessions, 'a');
    expect(opened).toHaveLength(1);
    expect(await answer(sessions, 'a')).toBe('a');
  });

  test('each conversation has its own; a third one gets the one that was used longest ago', async () => {
    const sessions = start();
    for (const owner of ['a', 'b', 'a', 'c']) await answer(sessions, owner);
    expect(opened.map(({ cache }) => cache)).toEqual(['aa', 'c']);
    expect(await answer(sessions, 'a')).toBe('aa');
    expect(keptFiles()).toEqual(['b.state']);
  });

  test('a cache that was kept comes back when its conversation asks again', async () => {
    const sessions = start();
    for (const owner of ['a', 'b', 'c', 'd']) await answer(sessions, owner);
    expect(opened).toHaveLength(2);
    expect(await answer(sessions, 'a')).toBe('a');
    expect(await answer(sessions, 'b')).toBe('b');
    expect(await answer(sessions, 'new')).toBe('');
  });

  test('closing keeps every cache for the next run, and frees every context', async () => {
    const sessions = start();
    for (const owner of ['a', 'b', null]) await answer(sessions, owner);
    await sessions.close();
    expect(opened.every(({ disposed }) => disposed)).toBe(true);
    expect(keptFiles()).toEqual(['a.state', 'b.state']);
    expect(await answer(start(), 'b')).toBe('b');
  });

  test('what belongs to nobody is not kept', async () => {
    const sessions = start();
    for (const owner of [null, 'a', 'b']) await answer(sessions, owner);
    await sessions.close();
    expect(keptFiles()).toEqual(['a.state', 'b.state']);
  });

  test('where there is no memory for a second one, conversations take turns in the first', async () => {
    const sessions = start();
    openError = new KangarooError('out-of-memory', 'There is not enough memory.');
    expect(await answer(sessions, 'a')).toBe('');
    expect(await answer(sessions, 'b')).toBe('');
    expect(await answer(sessions, 'a')).toBe('a');
    expect(opened).toHaveLength(1);
  });

  test('an error other than that is told', async () => {
    const sessions = start();
    await answer(sessions, 'a');
    openError = new KangarooError('internal', 'No.');
    await expect(answer(sessions, 'b')).rejects.toMatchObject({ code: 'internal' });
    openError = null;
    expect(await answer(sessions, 'b')).toBe('');
  });
});

describe('several at once', () => {
  test('two run beside each other, the third waits for the first that is free', async () => {
    const sessions = start();
    const [a, b] = [hold(sessions, 'a'), hold(sessions, 'b')];
    expect(await a.began).not.toBe(await b.began);
    const third = answer(sessions, 'c');
    await settled();
    expect(opened.map(({ cache }) => cache)).toEqual(['', '']);
    b.release();
    expect(await third).toBe('');
    expect((await b.began).cache).toBe('c');
    a.release();
    await Promise.all([a.done, b.done]);
  });

  test('who is stopped while it waits is told so, and takes nothing', async () => {
    const sessions = start();
    const [a, b] = [hold(sessions, 'a'), hold(sessions, 'b')];
    const stopping = new AbortController();
    const waiting = answer(sessions, 'c', stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    a.release();
    b.release();
    await Promise.all([a.done, b.done]);
    expect(opened.map(({ cache }) => cache)).toEqual(['', '']);
  });

  test('work that fails frees its context', async () => {
    const sessions = start();
    await expect(sessions.use('a', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await answer(sessions, 'a')).toBe('');
  });
});

describe('a conversation that is gone', () => {
  test('leaves nothing in memory or on disk', async () => {
    const sessions = start();
    for (const owner of ['a', 'b', 'c']) await answer(sessions, owner);
    await sessions.forget('a');
    await sessions.forget('c');
    await sessions.close();
    expect(keptFiles()).toEqual(['b.state']);
  });

  test('is waited for while it answers', async () => {
    const sessions = start();
    await answer(sessions, 'b');
    const a = hold(sessions, 'a');
    (await a.began).cache = 'half';
    const gone = sessions.forget('a');
    a.release();
    await gone;
    await sessions.close();
    expect(keptFiles()).toEqual(['b.state']);
  });
});

test('what one session learned, the next answer begins with, in whichever session', async () => {
  const sessions = start();
  await answer(sessions, 'a');
  learned.update([1, 2]);
  await answer(sessions, 'b');
  expect(opened.map(({ numbers }) => numbers)).toEqual([[], [1, 2]]);
  await answer(sessions, 'a');
  expect(opened[0]?.numbers).toEqual([1, 2]);
});
