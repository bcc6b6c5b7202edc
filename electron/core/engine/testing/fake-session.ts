// A session for tests of what keeps and shares sessions: its cache is the name of whoever used it last.
import { readFileSync, writeFileSync } from 'node:fs';
import { KangarooError } from '../../../contract/errors.ts';
import type { NativeSession } from '../addon.ts';

export interface FakeSession extends NativeSession {
  /** What it has read; '' is an empty cache. */
  cache: string;
  /** What it has learned. */
  numbers: number[];
  disposed: boolean;
  /** Fails the next `save` or `restore` with this code. */
  failure: 'disk-full' | 'file-damaged' | 'invalid-argument' | null;
}

const absent = () => Promise.reject(new Error('not part of this fake'));

export function createFakeSession(): FakeSession {
  const fail = () => {
    const code = session.failure;
    session.failure = null;
    if (code) throw new KangarooError(code, 'It was told to fail.');
  };
  const session: FakeSession = {
    contextSize: 1024,
    threads: 2,
    cache: '',
    numbers: [],
    disposed: false,
    failure: null,
    generate: absent,
    cancel: () => {},
    prefill: absent,
    measure: absent,
    async save(path) {
      fail();
      if (session.cache === '') return 0;
      writeFileSync(path, session.cache);
      return session.cache.length;
    },
    async restore(path) {
      fail();
      try {
        session.cache = readFileSync(path, 'utf8');
      } catch {
        throw new KangarooError('file-not-found', `There is no ${path}.`);
      }
      return session.cache.length;
    },
    learned: () => session.numbers,
    relearn(numbers) {
      session.numbers = [...numbers];
      return true;
    },
    memory: () => [],
    reset: () => void (session.cache = ''),
    dispose: async () => void (session.disposed = true),
  };
  return session;
}
