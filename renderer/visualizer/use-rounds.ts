// The rounds of answers, as they are known to the page. The only place of the visualizer that knows where they come from.
import { useMemo } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { ErrorShape } from '../../electron/contract/errors.ts';
import { useThrottled } from '../chat/use-throttled.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { joinTraces, traceAnswer, type Trace } from './figures/trace.ts';

export type KnownRounds = { status: 'loading' } | { status: 'failed'; error: ErrorShape } | { status: 'known'; trace: Trace };

/** Figures of an answer that is being written are refreshed this often: more cannot be read. */
const refreshMs = 250;

/** The rounds of these answers, numbered by their place among all answers of the chat. */
export function useRounds(answers: readonly { message: Message; number: number }[]): KnownRounds {
  const streaming = answers.some(({ message }) => message.status === 'streaming');
  const shown = useThrottled(answers, streaming ? refreshMs : 0);
  const model = useModel(({ state }) => state);
  return useMemo(() => {
    const traces = shown.map(({ message, number }) =>
      traceAnswer(message, message.rounds, number, costsFor(model, message.modelName)),
    );
    return { status: 'known', trace: joinTraces(traces) };
  }, [shown, model]);
}
