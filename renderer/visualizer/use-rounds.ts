// The rounds of answers, as they are known to the page. The only place of the visualizer that knows where they come from.
import { useEffect, useMemo, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import { useThrottled } from '../chat/use-throttled.ts';
import { useConnection } from '../connection-store.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { joinTraces, traceAnswer, type Trace } from './figures/trace.ts';

export type KnownRounds =
  | { status: 'loading' }
  | { status: 'failed'; error: ErrorShape; retry(): void }
  | { status: 'known'; trace: Trace };

/** Figures of an answer that is being written are refreshed this often: more cannot be read. */
const refreshMs = 250;

/** A finished answer that comes without its rounds; going on with it makes others of them. */
const keyOf = ({ id, roundCount }: Message) => `${id} ${roundCount}`;
const carriesRounds = ({ rounds, roundCount, status }: Message) => status === 'streaming' || rounds.length === roundCount;

/** The rounds of these answers of one chat, numbered by their place among its answers: those they carry, else the core's. */
export function useRounds(chatId: string | null, answers: readonly { message: Message; number: number }[]): KnownRounds {
  const streaming = answers.some(({ message }) => message.status === 'streaming');
  const shown = useThrottled(answers, streaming ? refreshMs : 0);
  const model = useModel(({ state }) => state);
  const client = useConnection((state) => state.client);
  const [fetched, setFetched] = useState<ReadonlyMap<string, readonly Round[]>>(new Map());
  const [failed, setFailed] = useState<{ key: string; error: ErrorShape } | null>(null);

  // One answer is asked for at a time: the newest that is missing.
  const missing = shown.findLast(({ message }) => !carriesRounds(message) && !fetched.has(keyOf(message)))?.message ?? null;
  const key = missing && keyOf(missing);
  const messageId = missing?.id ?? null;
  const error = failed !== null && failed.key === key ? failed.error : null;
  const hasFailed = error !== null;

  useEffect(() => {
    if (!client || chatId === null || messageId === null || key === null || hasFailed) return;
    let left = false;
    client.chats.rounds(chatId, messageId).then(
      (rounds) => {
        if (!left) setFetched((now) => new Map(now).set(key, rounds));
      },
      (reason: unknown) => {
        const shape = toErrorShape(reason);
        // A connection that is lost says so elsewhere, and the next one asks again.
        if (!left && shape.code !== 'closed') setFailed({ key, error: shape });
      },
    );
    return () => {
      left = true;
    };
  }, [client, chatId, messageId, key, hasFailed]);

  return useMemo(() => {
    if (error) return { status: 'failed', error, retry: () => setFailed(null) };
    if (key !== null) return { status: 'loading' };
    const traces = shown.map(({ message, number }) => {
      const rounds = carriesRounds(message) ? message.rounds : (fetched.get(keyOf(message)) ?? []);
      return traceAnswer(message, rounds, number, costsFor(model, message.modelName));
    });
    return { status: 'known', trace: joinTraces(traces) };
  }, [error, key, shown, fetched, model]);
}
