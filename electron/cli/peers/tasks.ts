// What every peer is asked: prompts as token ids, rendered once through our own template code, and our plain answers to them.
// Turns of a conversation are tasks of their own; their history holds our plain answers, the same for all.
import type { ChatTurn, GenerationOptions } from '../../contract/engine.ts';
import type { NativeSession } from '../../core/engine/addon.ts';
import type { Conversation } from '../prompts.ts';
import { playTurn } from '../turn.ts';

export interface Task {
  /** The prompt file's. */
  set: string;
  category: string;
  promptIds: number[];
  maxTokens: number;
  /** Our plain answer, token by token. */
  expected: number[];
}

export interface PromptSet {
  name: string;
  conversations: readonly Conversation[];
}

export interface Preparing {
  session: NativeSession;
  encode: (messages: ChatTurn[]) => Int32Array;
  /** Plain and greedy. */
  options: GenerationOptions;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

/** Cells that stay free behind the answer: the longest draft of any peer is 64 tokens. */
const roomForDrafts = 72;
/** Shorter answers say nothing about speed. */
const shortestAnswer = 8;

export interface Prepared {
  tasks: Task[];
  /** By set: prompts that do not fit the context. */
  skipped: Map<string, number>;
}

export async function prepareTasks(sets: readonly PromptSet[], preparing: Preparing): Promise<Prepared> {
  const prepared: Prepared = { tasks: [], skipped: new Map() };
  const total = sets.reduce((count, { conversations }) => count + conversations.length, 0);
  let done = 0;
  for (const set of sets) {
    for (const conversation of set.conversations) {
      await prepareConversation(set.name, conversation, preparing, prepared);
      done += 1;
      preparing.onProgress(done / total);
    }
  }
  return prepared;
}

async function prepareConversation(
  set: string,
  conversation: Conversation,
  { session, encode, options, signal }: Preparing,
  { tasks, skipped }: Prepared,
): Promise<void> {
  const history = [...conversation.history];
  for (const question of conversation.turns) {
    history.push({ role: 'user', content: question });
    const promptIds = [...encode(history)];
    const maxTokens = Math.min(options.maxTokens, session.contextSize - promptIds.length - roomForDrafts);
    if (maxTokens < Math.min(shortestAnswer, options.maxTokens)) {
      skipped.set(set, (skipped.get(set) ?? 0) + 1);
      return;
    }
    session.reset();
    const { done } = await playTurn(session, Int32Array.from(promptIds), { ...options, maxTokens }, signal);
    tasks.push({ set, category: conversation.category, promptIds, maxTokens, expected: done.tokenIds });
    history.push({ role: 'assistant', content: done.text });
  }
}
