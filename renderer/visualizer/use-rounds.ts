// The rounds of answers. Those of an answer that is written come with the chat; those of a finished one are asked for once.
// The only place of the visualizer that knows where they come from.
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import { askForRounds, roundsKey } from '../chat/rounds-memory.ts';
import { useThrottled } from '../chat/use-throttled.ts';
import { useConnection } from '../connection-store.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { joinTraces, traceAnswer, type Trace } from './figures/trace.ts';

export type KnownRounds =
  | { status: 'loading' }
  | { status: 'failed'; error: ErrorShape; retry(): void }
  | { status: 'known'; trace: Trace };

export interface NumberedAnswer {
  message: Message;
  /** Its place among the answers of the chat, from 1. */
  number: number;
}

/** Figures of an answer that is being written are refreshed this often: more cannot be read. Long ones change more slowly. */
function refreshMs(answers: readonly NumberedAnswer[]): number {
  const rounds = answers.reduce((sum, { message }) => sum + message.roundCount, 0);
  return Math.max(400, rounds / 8);
}

/** Not here, although there are some. */
const missing = ({ rounds, roundCount, status }: Message) => rounds.length === 0 && roundCount > 0 && status !== 'streaming';

export function useRounds(chatId: string | null, answers: readonly NumberedAnswer[]): KnownRounds {
  const streaming = answers.some(({ message }) => message.status === 'streaming');
  // Of thousands of rounds, the figures take longer than a frame: they must not hold up what is scrolled meanwhile.
  const shown = useDeferredValue(useThrottled(answers, streaming ? refreshMs(answers) : 0));
  const model = useModel(({ state }) => state);
  const [fetched, setFetched] = useState<ReadonlyMap<string, readonly Round[]>>(new Map());
  const [failure, setFailure] = useState<{ key: string; error: ErrorShape } | null>(null);
  const client = useConnection((state) => state.client);
  const wanted = shown.find(({ message }) => missing(message) && !fetched.has(roundsKey(message)))?.message ?? null;
  const messageId = wanted?.id ?? null;
  const roundCount = wanted?.roundCount ?? 0;
  const key = wanted && roundsKey(wanted);
  const error = failure !== null && failure.key === key ? failure.error : null;
  const failed = error !== null;

  useEffect(() => {
    if (!client || chatId === null || messageId === null || key === null || failed) return;
    let left = false;
    askForRounds(client, chatId, { id: messageId, roundCount }).then(
      (rounds) => {
        if (!left) setFetched((before) => new Map(before).set(key, rounds));
      },
      (reason: unknown) => {
        const shape = toErrorShape(reason);
        // A connection that is lost says so elsewhere, and the next one asks again.
        if (!left && shape.code !== 'closed') setFailure({ key, error: shape });
      },
    );
    return () => {
      left = true;
    };
  }, [client, chatId, messageId, roundCount, key, failed]);

  return useMemo(() => {
    if (error) return { status: 'failed', error, retry: () => setFailure(null) };
    if (key !== null) return { status: 'loading' };
    const traces = shown.map(({ message, number }) =>
      traceAnswer(
        message,
        missing(message) ? (fetched.get(roundsKey(message)) ?? []) : message.rounds,
        number,
        costsFor(model, message.modelName),
      ),
    );
    return { status: 'known', trace: joinTraces(traces) };
  }, [shown, model, fetched, key, error]);
}
