// The rounds of answers. Those of an answer that is written come with the chat; those of a finished one are asked for once.
// The only place of the visualizer that knows where they come from.
import { useEffect, useMemo, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import { useThrottled } from '../chat/use-throttled.ts';
import { requireClient } from '../connection-store.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { joinTraces, traceAnswer, type Trace } from './figures/trace.ts';

export type KnownRounds = { status: 'loading' } | { status: 'failed'; error: ErrorShape } | { status: 'known'; trace: Trace };

export interface NumberedAnswer {
  message: Message;
  /** Its place among the answers of the chat, from 1. */
  number: number;
}

/** Figures of an answer that is being written are refreshed this often: more cannot be read. */
const refreshMs = 250;

/** Not here, although there are some. */
const missing = ({ rounds, roundCount, status }: Message) => rounds.length === 0 && roundCount > 0 && status !== 'streaming';

export function useRounds(chatId: string | null, answers: readonly NumberedAnswer[]): KnownRounds {
  const streaming = answers.some(({ message }) => message.status === 'streaming');
  const shown = useThrottled(answers, streaming ? refreshMs : 0);
  const model = useModel(({ state }) => state);
  const [fetched, setFetched] = useState<ReadonlyMap<string, Round[]>>(new Map());
  const [failure, setFailure] = useState<{ messageId: string; error: ErrorShape } | null>(null);
  const wanted = shown.flatMap(({ message }) => (missing(message) && !fetched.has(message.id) ? [message.id] : []));
  const next = wanted[0] ?? null;

  useEffect(() => {
    if (chatId === null || next === null) return;
    let left = false;
    const ask = async () => {
      const rounds = await requireClient().chats.rounds(chatId, next);
      if (!left) setFetched((before) => new Map(before).set(next, rounds));
    };
    ask().catch((reason: unknown) => {
      if (!left) setFailure({ messageId: next, error: toErrorShape(reason) });
    });
    return () => {
      left = true;
    };
  }, [chatId, next]);

  return useMemo(() => {
    if (next !== null) return failure?.messageId === next ? { status: 'failed', error: failure.error } : { status: 'loading' };
    const traces = shown.map(({ message, number }) =>
      traceAnswer(
        message,
        missing(message) ? (fetched.get(message.id) ?? []) : message.rounds,
        number,
        costsFor(model, message.modelName),
      ),
    );
    return { status: 'known', trace: joinTraces(traces) };
  }, [shown, model, fetched, next, failure]);
}
