// Greedy plain decoding against greedy Kangaroo, token by token, over whole conversations.
import type { ChatTurn, DraftingMode, GenerationOptions } from '../contract/engine.ts';
import type { NativeSession } from '../core/engine/addon.ts';
import type { Conversation } from './prompts.ts';
import { playTurn } from './turn.ts';

/** Where one conversation's two answers part. */
export interface Difference {
  /** The conversation's place in the file, from 0. */
  index: number;
  /** The token's place in the answer, from 0. */
  position: number;
  /** Null where plain decoding had ended already. */
  plainId: number | null;
  kangarooId: number | null;
  /** Plain's logits at that place: the one of `plainId` minus the one of `kangarooId`. Null where one had ended. */
  logitGap: number | null;
  /** Which answer of the conversation, from 0. */
  turn: number;
}

export interface Comparison {
  /** Answers compared. */
  turns: number;
  /** Tokens compared. */
  tokens: number;
  /** Drafts of the `kangaroo` session; of these, those that were copied from the conversation. */
  drafted: number;
  accepted: number;
  copied: number;
  copiedAccepted: number;
  /** A prompt did not fit the context, so that the conversation ended before its last turn. */
  tooLong: boolean;
  difference: Difference | null;
}

export interface Comparing {
  plain: NativeSession;
  kangaroo: NativeSession;
  encode(messages: ChatTurn[]): Int32Array;
  /** How the `kangaroo` session drafts. */
  mode: DraftingMode;
  options: GenerationOptions;
  signal: AbortSignal;
}

/** Plays the turns in both modes until their answers part; a turn builds on the cache of the one before. */
export async function compareConversation(conversation: Conversation, comparing: Comparing): Promise<Comparison> {
  const { plain, kangaroo, encode, mode, options, signal } = comparing;
  plain.reset();
  kangaroo.reset();
  const history = [...conversation.history];
  const drafts = { drafted: 0, accepted: 0, copied: 0, copiedAccepted: 0 };
  const comparison: Comparison = { turns: 0, tokens: 0, ...drafts, tooLong: false, difference: null };
  for (const [turn, question] of conversation.turns.entries()) {
    history.push({ role: 'user', content: question });
    const promptIds = encode(history);
    if (promptIds.length >= Math.min(plain.contextSize, kangaroo.contextSize)) return { ...comparison, tooLong: true };
    const { done: expected } = await playTurn(plain, promptIds, { ...options, mode: 'plain' }, signal);
    const { done: found } = await playTurn(kangaroo, promptIds, { ...options, mode }, signal);
    comparison.turns += 1;
    comparison.tokens += expected.tokenIds.length;
    comparison.drafted += found.stats.drafted;
    comparison.accepted += found.stats.accepted;
    comparison.copied += found.stats.lookedUp;
    comparison.copiedAccepted += found.stats.lookedUpAccepted;
    const position = firstDifference(expected.tokenIds, found.tokenIds);
    if (position !== null) {
      const plainId = expected.tokenIds[position] ?? null;
      const kangarooId = found.tokenIds[position] ?? null;
      const logitGap = await gap(plain, [...promptIds, ...expected.tokenIds.slice(0, position)], plainId, kangarooId);
      return { ...comparison, difference: { index: conversation.index, position, plainId, kangarooId, logitGap, turn } };
    }
    history.push({ role: 'assistant', content: expected.text });
  }
  return comparison;
}

/** Null where both are the same. Where one is the start of the other, its length. */
export function firstDifference(first: readonly number[], second: readonly number[]): number | null {
  const length = Math.max(first.length, second.length);
  for (let position = 0; position < length; position += 1) if (first[position] !== second[position]) return position;
  return null;
}

async function gap(
  session: NativeSession,
  ids: number[],
  plainId: number | null,
  kangarooId: number | null,
): Promise<number | null> {
  if (plainId === null || kangarooId === null) return null;
  const { logits } = await session.prefill(Int32Array.from(ids));
  const [plainLogit, kangarooLogit] = [logits[plainId], logits[kangarooId]];
  return plainLogit === undefined || kangarooLogit === undefined ? null : plainLogit - kangarooLogit;
}
