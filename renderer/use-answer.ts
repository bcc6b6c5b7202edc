// What a call of the core answers, for a view: asked anew when what it depends on changes, and again on demand.
import { useCallback, useEffect, useState } from 'react';
import { toErrorShape, type ErrorShape } from '../electron/contract/errors.ts';
import type { AppApi } from '../electron/contract/index.ts';
import { useConnection } from './connection-store.ts';

export interface Answer<T> {
  /** Of the last call that succeeded with these dependencies; stays while it is asked again. */
  value: T | null;
  error: ErrorShape | null;
  asking: boolean;
  askAgain(): void;
}

/**
 * `key` says what is asked: another key is another question, whose old answer is not shown. null asks nothing. `version`
 * asks the same again and keeps the old answer meanwhile. `ask` may be a new function every time.
 */
export function useAnswer<T>(key: string | null, ask: (client: AppApi) => Promise<T>, version: unknown = null): Answer<T> {
  const client = useConnection((state) => state.client);
  const [again, setAgain] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; value: T | null; error: ErrorShape | null } | null>(null);
  const [asking, setAsking] = useState(false);

  useEffect(() => {
    if (key === null || !client) return;
    let left = false;
    setAsking(true);
    ask(client)
      .then(
        (value) => !left && setAnswer({ key, value, error: null }),
        (error: unknown) => {
          if (left) return;
          setAnswer((now) => ({ key, value: now?.key === key ? now.value : null, error: toErrorShape(error) }));
        },
      )
      .finally(() => !left && setAsking(false));
    return () => {
      left = true;
    };
    // `ask` belongs to the key.
  }, [key, client, again, version]);

  const current = answer !== null && answer.key === key ? answer : null;
  return {
    value: current?.value ?? null,
    error: current?.error ?? null,
    asking: key !== null && (asking || current === null),
    askAgain: useCallback(() => setAgain((count) => count + 1), []),
  };
}
