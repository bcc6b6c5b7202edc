// Plays the benchmark's conversations: the modes take turns, and who is first changes with every repeat, so that a machine
// that gets warm or busy is unfair to none. All run on one session: what `auto` has learned stays from answer to answer, as
// it does in the app.
import type { ChatTurn, DraftingMode, GenerationOptions, Round } from '../contract/engine.ts';
import type { NativeSession } from '../core/engine/addon.ts';
import type { Conversation } from './prompts.ts';
import { playTurn } from './turn.ts';

/** One conversation in one mode. */
export interface PlayedConversation {
  /** The answers, one per turn that was played. */
  answers: number[][];
  /** Tokens that `ms` is the time of: the first of each answer comes with the prompt and is left out. */
  timedTokens: number;
  ms: number;
  rounds: Round[];
}

/** One conversation in every mode that is measured, in one repeat. Plain decoding always is: it is the baseline. */
export interface Sample {
  category: string;
  index: number;
  plain: PlayedConversation;
  kangaroo: PlayedConversation | null;
  auto: PlayedConversation | null;
}

/** A conversation that did not fit the context: not at all, or only its first turns. */
export interface Shortage {
  category: string;
  index: number;
  kind: 'skipped' | 'shortened';
}

export interface Playing {
  session: NativeSession;
  encode: (messages: ChatTurn[]) => Int32Array;
  /** Greedy; the mode is set here. */
  options: GenerationOptions;
  /** Plain decoding and what is measured against it. */
  modes: readonly DraftingMode[];
  repeat: number;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

const warmUpTokens = 16;

export async function playBenchmark(
  conversations: readonly Conversation[],
  playing: Playing,
): Promise<{ samples: Sample[]; shortages: Shortage[] }> {
  const samples: Sample[] = [];
  const shortages: Shortage[] = [];
  await warmUp(conversations, playing);
  for (let repeat = 0; repeat < playing.repeat; repeat += 1) {
    const first = repeat % playing.modes.length;
    const order = [...playing.modes.slice(first), ...playing.modes.slice(0, first)];
    for (const [place, conversation] of conversations.entries()) {
      const { category, index } = conversation;
      const played: Partial<Record<DraftingMode, PlayedConversation>> = {};
      for (const mode of order) played[mode] = await playConversation(conversation, mode, playing, playing.options);
      const { plain, kangaroo = null, auto = null } = played;
      playing.onProgress((repeat + (place + 1) / conversations.length) / playing.repeat);
      if (plain === undefined) continue;
      const answered = Math.min(...Object.values(played).map((one) => one.answers.length));
      if (repeat === 0 && answered < conversation.turns.length) {
        shortages.push({ category, index, kind: answered === 0 ? 'skipped' : 'shortened' });
      }
      if (answered > 0) samples.push({ category, index, plain, kangaroo, auto });
    }
  }
  return { samples, shortages };
}

/** Every turn that fits the context, from an empty cache; each mode's own answers make its history. */
async function playConversation(
  conversation: Conversation,
  mode: DraftingMode,
  playing: Playing,
  options: GenerationOptions,
): Promise<PlayedConversation> {
  const { session } = playing;
  session.reset();
  const history = [...conversation.history];
  const played: PlayedConversation = { answers: [], timedTokens: 0, ms: 0, rounds: [] };
  for (const question of conversation.turns) {
    history.push({ role: 'user', content: question });
    const promptIds = playing.encode(history);
    if (promptIds.length >= session.contextSize) break;
    const { done, rounds } = await playTurn(session, promptIds, { ...options, mode }, playing.signal);
    played.answers.push(done.tokenIds);
    played.timedTokens += Math.max(0, done.tokenIds.length - 1);
    played.ms += done.stats.ms;
    for (const round of rounds) played.rounds.push(round);
    history.push({ role: 'assistant', content: done.text });
  }
  return played;
}

/** Every mode once on the shortest prompt, unmeasured: pages are read, graphs are built. */
async function warmUp(conversations: readonly Conversation[], playing: Playing): Promise<void> {
  const [shortest] = conversations.toSorted((first, second) => textLength(first) - textLength(second));
  if (shortest === undefined) return;
  const options = { ...playing.options, maxTokens: Math.min(warmUpTokens, playing.options.maxTokens) };
  for (const mode of playing.modes) await playConversation(shortest, mode, playing, options);
}

function textLength(conversation: Conversation): number {
  return conversation.turns.join('').length;
}
