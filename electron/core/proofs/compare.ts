// What two runs of one conversation have in common, token by token. Pure.
import type { Message } from '../../contract/chats.ts';
import type { DoneEvent, GenerationEvent, Token } from '../../contract/engine.ts';
import type { ProofRecorded } from '../../contract/proofs.ts';
import type { ReadyState } from '../models/models.ts';

/** Null where both are the same. Where one is the start of the other, its length. */
export function firstDifference(first: readonly Token[], second: readonly Token[]): number | null {
  const length = Math.max(first.length, second.length);
  for (let position = 0; position < length; position += 1) {
    if (first[position]?.id !== second[position]?.id) return position;
  }
  return null;
}

/** Every token of an answer with its text; the ids are those that the answer's end tells. */
export function tokensOf(events: readonly GenerationEvent[], { tokenIds }: DoneEvent): Token[] {
  const texts = new Map<number, string>();
  for (const event of events) {
    if (event.type !== 'prompt' && event.type !== 'round') continue;
    texts.set(event.token.id, event.token.text);
    if (event.type === 'round') for (const { id, text } of event.drafts) texts.set(id, text);
  }
  return tokenIds.map((id) => ({ id, text: texts.get(id) ?? '' }));
}

/** Whether the answer in the chat can be compared with what this model says. */
export function isRecordedBy({ modelName, rounds }: Message, { model }: ReadyState): boolean {
  return rounds.length > 0 && modelName === model.name;
}

/** `said`: the plain run's tokens that said something. A message that was stopped is compared as far as it goes. */
export function recordedTokens({ rounds }: Message, said: readonly number[]): ProofRecorded {
  const recorded = rounds.flatMap(({ pieces }) => pieces.map(({ id }) => id));
  const comparedTokens = Math.min(recorded.length, said.length);
  let identicalTokens = 0;
  while (identicalTokens < comparedTokens && recorded[identicalTokens] === said[identicalTokens]) identicalTokens += 1;
  return { comparedTokens, identicalTokens };
}
