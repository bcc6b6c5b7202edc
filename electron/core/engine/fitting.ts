// A conversation that has outgrown the context: its oldest turns are left out of the prompt, so that the chat goes on.
import type { ChatTurn, Prompt } from '../../contract/engine.ts';
import { promptIds, type PromptModel } from './prompt.ts';

/** What is left of the context when turns are left out: the next turns then find the same beginning in the cache. */
const keptShare = 0.75;

export interface FittingPrompt {
  ids: Int32Array;
  /** Turns of the conversation that are not in the prompt. */
  leftOut: number;
}

/**
 * A system turn at the beginning and the last turn always stay; what stays of the rest begins with a question. Which turns
 * go follows from the turns before alone, so that a chat does not lose others, and its cache, with every question. Where the
 * last question alone does not fit, `ids` is longer than the context.
 */
export function fittingPrompt(model: PromptModel, prompt: Prompt, contextSize: number): FittingPrompt {
  const ids = promptIds(model, prompt);
  if (prompt.kind !== 'messages' || ids.length < contextSize) return { ids, leftOut: 0 };
  const head = prompt.messages[0]?.role === 'system' ? 1 : 0;
  const without = (count: number): Prompt => ({ kind: 'messages', messages: prompt.messages.toSpliced(head, count) });
  const questions = prompt.messages.flatMap(({ role }, place) => (role === 'user' && place > head ? [place - head] : []));
  const likely = likelyLeftOut(model, prompt.messages, head, contextSize);
  for (const count of questions.filter((place) => place >= likely)) {
    const shorter = promptIds(model, without(count));
    if (shorter.length < contextSize) return { ids: shorter, leftOut: count };
  }
  const most = questions.at(-1) ?? 0;
  const shortest = promptIds(model, without(most));
  return shortest.length < ids.length ? { ids: shortest, leftOut: most } : { ids, leftOut: 0 };
}

/** How many turns had gone when the last question came: whenever the context was full, all but three quarters of it were left. */
function likelyLeftOut(model: PromptModel, messages: readonly ChatTurn[], head: number, contextSize: number): number {
  const lengthOf = (turn: ChatTurn) => promptIds(model, { kind: 'messages', messages: [{ ...turn, role: 'user' }] }).length;
  const lengths = messages.slice(head).map(lengthOf);
  let sum = messages.slice(0, head).reduce((total, turn) => total + lengthOf(turn), 0);
  let gone = 0;
  for (const [place, length] of lengths.entries()) {
    sum += length;
    if (sum < contextSize) continue;
    while (gone < place && sum > contextSize * keptShare) sum -= lengths[gone++] ?? 0;
  }
  return gone;
}
