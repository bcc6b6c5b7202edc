// Whether the model drafts at this moment, and if not, why: from the loaded model, the settings and the newest round.
import type { Chat } from '../../electron/contract/chats.ts';
import type { LoadedModel, Round } from '../../electron/contract/engine.ts';
import type { Settings } from '../../electron/contract/settings.ts';

export type DraftingState =
  /** `automatic` drafts while that pays; `always` drafts in every round. */
  | { kind: 'automatic' | 'always' | 'plain' | 'noAdapter' }
  /** Automatic, and there is nothing but the conversation to draft from. */
  | { kind: 'copiesOnly' }
  /** `copies`: as above. */
  | { kind: 'adapterError'; message: string; copies: boolean }
  /** Automatic, and drafting does not pay on this text. `speedup`: what drafting would bring; null where that is unclear. */
  | { kind: 'paused'; speedup: number | null };

/** From here on, two digits would read "1.00×": too close for a reason to pause. */
const sayable = 0.995;

type Choices = Pick<Settings, 'decodingMode' | 'promptLookup'>;

export function draftingStateOf(loaded: LoadedModel, choices: Choices, newest: Round | null): DraftingState {
  const { decodingMode: mode, promptLookup } = choices;
  const copies = mode === 'auto' && promptLookup;
  if (loaded.adapterError) return { kind: 'adapterError', message: loaded.adapterError.message, copies };
  if (!loaded.adapter) return { kind: copies ? 'copiesOnly' : 'noAdapter' };
  if (mode === 'plain') return { kind: 'plain' };
  if (mode === 'kangaroo') return { kind: 'always' };
  if (!newest?.paused) return { kind: 'automatic' };
  // In the middle of a probe, drafting may look better than it did when it was paused.
  const { expectedSpeedup } = newest;
  return { kind: 'paused', speedup: expectedSpeedup !== null && expectedSpeedup < sayable ? expectedSpeedup : null };
}

/** The round that says how drafting goes on the chat's text: the last one of its last answer. */
export function newestRound(chat: Chat | null): Round | null {
  const last = chat?.messages.at(-1);
  return last?.role === 'assistant' ? (last.rounds.at(-1) ?? null) : null;
}
