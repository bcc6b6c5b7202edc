// Plays the benchmark's conversations: the modes take turns, and who is first changes with every repeat, so that a machine
// that gets warm or busy is unfair to none. All run on one session: what `auto` has learned stays from answer to answer, as
// it does in the app.
import type { ChatTurn, DraftingMode, GenerationOptions } from '../contract/engine.ts';
import type { NativeSession } from '../core/engine/addon.ts';
import type { FixedSetting } from './bench-grid.ts';
import { addAnswer, newlyPlayed, type PlayedConversation } from './bench-speed.ts';
import type { Conversation } from './prompts.ts';
import { playTurn } from './turn.ts';

/** One conversation in every mode that is measured, in one repeat. Plain decoding always is: it is the baseline. */
export interface Sample {
  category: string;
  index: number;
  plain: PlayedConversation;
  kangaroo: PlayedConversation | null;
  auto: PlayedConversation | null;
  /** In the order of `Playing.grid`, and as long. */
  grid: PlayedConversation[];
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
  /** Fixed settings of always drafting that are measured besides. */
  grid: readonly FixedSetting[];
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
  const { modes, grid, options, repeat: repeats } = playing;
  const entrants = [
    ...modes.map((mode): GenerationOptions => ({ ...options, mode })),
    ...grid.map((setting): GenerationOptions => ({ ...options, mode: 'kangaroo', ...setting })),
  ];
  await warmUp(conversations, entrants, playing);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [place, conversation] of conversations.entries()) {
      const { category, index } = conversation;
      const played = await playInTurns(conversation, entrants, repeat, playing);
      playing.onProgress((repeat + (place + 1) / conversations.length) / repeats);
      const answered = Math.min(...played.map((one) => one.answers.length));
      if (repeat === 0 && answered < conversation.turns.length) {
        shortages.push({ category, index, kind: answered === 0 ? 'skipped' : 'shortened' });
      }
      const { plain, kangaroo = null, auto = null } = byMode(modes, played);
      if (plain === undefined || answered === 0) continue;
      samples.push({ category, index, plain, kangaroo, auto, grid: played.slice(modes.length) });
    }
  }
  return { samples, shortages };
}

function byMode(modes: readonly DraftingMode[], played: readonly PlayedConversation[]) {
  return Object.fromEntries(modes.map((mode, place) => [mode, played[place]])) as Partial<
    Record<DraftingMode, PlayedConversation>
  >;
}

/** One conversation with each of the options; the results are in the options' order, whoever was first. */
async function playInTurns(
  conversation: Conversation,
  entrants: readonly GenerationOptions[],
  repeat: number,
  playing: Playing,
): Promise<PlayedConversation[]> {
  const played: PlayedConversation[] = [];
  for (const step of entrants.keys()) {
    const place = (step + repeat) % entrants.length;
    const options = entrants[place];
    if (options !== undefined) played[place] = await playConversation(conversation, options, playing);
  }
  return played;
}

/** Every turn that fits the context, from an empty cache; each one's own answers make its history. */
async function playConversation(
  conversation: Conversation,
  options: GenerationOptions,
  playing: Playing,
): Promise<PlayedConversation> {
  const { session } = playing;
  session.reset();
  const history = [...conversation.history];
  const played = newlyPlayed();
  for (const question of conversation.turns) {
    history.push({ role: 'user', content: question });
    const promptIds = playing.encode(history);
    if (promptIds.length >= session.contextSize) break;
    const { done, rounds } = await playTurn(session, promptIds, options, playing.signal);
    addAnswer(played, { tokenIds: done.tokenIds, stats: done.stats, rounds });
    history.push({ role: 'assistant', content: done.text });
  }
  return played;
}

/** Everything once on the shortest prompt, unmeasured: pages are read, graphs are built. */
async function warmUp(
  conversations: readonly Conversation[],
  entrants: readonly GenerationOptions[],
  playing: Playing,
): Promise<void> {
  const [shortest] = conversations.toSorted((first, second) => textLength(first) - textLength(second));
  if (shortest === undefined) return;
  for (const options of entrants) {
    const short = { ...options, maxTokens: Math.min(warmUpTokens, options.maxTokens) };
    await playConversation(shortest, short, playing);
  }
}

function textLength(conversation: Conversation): number {
  return conversation.turns.join('').length;
}
