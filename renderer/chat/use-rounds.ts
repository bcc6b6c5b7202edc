// The rounds of an answer, for as long as it is shown: those it carries, or, for one of before, those the core keeps.
import { useEffect, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { useConnection } from '../connection-store.ts';

/** Answers whose rounds are remembered after they have left the screen; the longest unused go. */
const mostRemembered = 60;
/** What is scrolled past is not asked for. */
const pauseMs = 120;

const remembered = new Map<string, readonly Round[]>();

function remember(id: string, rounds: readonly Round[]): void {
  remembered.delete(id);
  remembered.set(id, rounds);
  const [oldest] = remembered.keys();
  if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
}

const none: readonly Round[] = [];

/** All rounds of the message; [] until they are here. */
export function useRounds(chatId: string, { id, rounds, roundCount, status }: Message): readonly Round[] {
  const client = useConnection((state) => state.client);
  const [fetched, setFetched] = useState<{ id: string; rounds: readonly Round[] } | null>(null);
  const complete = rounds.length === roundCount || status === 'streaming';
  const kept = complete ? rounds : fetched?.id === id ? fetched.rounds : remembered.get(id);
  const known = kept !== undefined && (complete || kept.length === roundCount);

  useEffect(() => {
    if (known || !client) return;
    let left = false;
    const timer = setTimeout(() => {
      client.chats.rounds(chatId, id).then(
        (all) => {
          remember(id, all);
          if (!left) setFetched({ id, rounds: all });
        },
        () => {}, // Then the answer has no tints; its text and its figures are all there.
      );
    }, pauseMs);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [known, client, chatId, id]);

  return known ? kept : none;
}
