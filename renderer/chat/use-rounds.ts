// The rounds of an answer, for as long as it is shown: those it carries, or, for one of before, those the core keeps.
import { useEffect, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { useConnection } from '../connection-store.ts';
import { askForRounds, rememberedRounds, roundsKey } from './rounds-memory.ts';

/** What is scrolled past is not asked for. */
const pauseMs = 120;

const none: readonly Round[] = [];

/** All rounds of the message; [] until they are here. */
export function useRounds(chatId: string, message: Message): readonly Round[] {
  const { id, rounds, roundCount, status } = message;
  const client = useConnection((state) => state.client);
  const [fetched, setFetched] = useState<{ key: string; rounds: readonly Round[] } | null>(null);
  const complete = rounds.length === roundCount || status === 'streaming';
  const kept = complete ? rounds : fetched?.key === roundsKey(message) ? fetched.rounds : rememberedRounds(message);
  const known = kept !== undefined && (complete || kept.length === roundCount);

  useEffect(() => {
    if (known || !client) return;
    let left = false;
    const answer = { id, roundCount };
    const timer = setTimeout(() => {
      askForRounds(client, chatId, answer).then(
        (all) => {
          if (!left) setFetched({ key: roundsKey(answer), rounds: all });
        },
        () => {}, // Then the answer has no tints; its text and its figures are all there.
      );
    }, pauseMs);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [known, client, chatId, id, roundCount]);

  return known ? kept : none;
}
