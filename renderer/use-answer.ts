// What a call of the core answers, for a view: asked anew when what it depends on changes, and again on demand.
import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { toErrorShape, type ErrorShape } from '../electron/contract/errors.ts';
import type { AppApi } from '../electron/contract/index.ts';
import { useConnection } from './connection-store.ts';

export interface Answer<T> {
  /** Of the last call for this key that succeeded; stays while it is asked again. */
  value: T | null;
  error: ErrorShape | null;
  asking: boolean;
  askAgain(): void;
}

/**
 * `key` says what is asked: another key is another question, whose old answer is not shown. null asks nothing. Another
 * `version` asks the same again and keeps the old answer meanwhile. `ask` may be a new function every time.
 */
export function useAnswer<T>(key: string | null, ask: (client: AppApi) => Promise<T>, version = ''): Answer<T> {
  const client = useConnection((state) => state.client);
  const [again, setAgain] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; question: string; value: T | null; error: ErrorShape | null } | null>(null);
  const question = `${again} ${version} ${key}`;
  const call = useEffectEvent(ask);

  useEffect(() => {
    if (key === null || !client) return;
    let left = false;
    call(client).then(
      (value) => {
        if (!left) setAnswer({ key, question, value, error: null });
      },
      (problem: unknown) => {
        if (left) return;
        const error = toErrorShape(problem);
        // The connection's loss shows elsewhere, and the next one asks again.
        if (error.code === 'closed') return;
        setAnswer((now) => ({ key, question, value: now?.key === key ? now.value : null, error }));
      },
    );
    return () => {
      left = true;
    };
  }, [key, question, client]);

  const current = answer !== null && answer.key === key ? answer : null;
  return {
    value: current?.value ?? null,
    error: current?.error ?? null,
    asking: key !== null && current?.question !== question,
    askAgain: useCallback(() => setAgain((count) => count + 1), []),
  };
}
