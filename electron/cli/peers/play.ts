// Plays every task on every peer. The peers take turns, task by task, in another order each time, so that a machine that gets warm
// or busy is unfair to none, and none always follows the same other one. Only one peer computes at a time.
import type { Answer } from './protocol.ts';
import type { Peer } from './roster.ts';
import type { Task } from './tasks.ts';

/** One task's answers in one repeat, by peer. */
export interface Turn {
  task: number;
  set: string;
  answers: Map<string, PlayedAnswer>;
}

export interface PlayedAnswer {
  /** From the first token to the last; null for an answer of one token. */
  tokensPerSecond: number | null;
  tokens: number;
  promptMs: number;
  rounds: number | null;
  drafted: number;
  accepted: number;
  /** Token by token as our plain answer. */
  identical: boolean;
  /** Where the first other token is, from 0; null for an identical answer. */
  firstDifference: number | null;
}

export interface Playing {
  peers: readonly Peer[];
  repeat: number;
  ask: (peer: Peer, promptIds: readonly number[], maxTokens: number) => Promise<Answer>;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

const warmUpTokens = 16;

export async function playTasks(tasks: readonly Task[], { peers, repeat, ask, signal, onProgress }: Playing): Promise<Turn[]> {
  const [shortest] = tasks.toSorted((first, second) => first.promptIds.length - second.promptIds.length);
  if (shortest === undefined) return [];
  for (const peer of peers) await ask(peer, shortest.promptIds, Math.min(warmUpTokens, shortest.maxTokens));
  const turns: Turn[] = [];
  for (let round = 0; round < repeat; round += 1) {
    for (const [index, task] of tasks.entries()) {
      const answers: Turn['answers'] = new Map();
      for (const peer of shuffled(peers, round * tasks.length + index)) {
        signal.throwIfAborted();
        answers.set(peer.name, judge(await ask(peer, task.promptIds, task.maxTokens), task.expected));
      }
      turns.push({ task: index, set: task.set, answers });
      onProgress((round * tasks.length + index + 1) / (repeat * tasks.length));
    }
  }
  return turns;
}

/** All in an order that depends on `seed` alone: the same run again has the same orders. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const keyed = items.map((item, index) => ({ item, key: scramble(scramble(seed + 1) + index) }));
  return keyed.toSorted((first, second) => first.key - second.key).map(({ item }) => item);
}

/** A 32-bit number that looks drawn (the last steps of MurmurHash3). */
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function judge({ tokenIds, promptMs, ms, rounds, drafted, accepted }: Answer, expected: readonly number[]): PlayedAnswer {
  const length = Math.max(tokenIds.length, expected.length);
  const difference = Array.from({ length }).findIndex((_, place) => tokenIds[place] !== expected[place]);
  const timed = tokenIds.length - 1;
  return {
    tokensPerSecond: timed > 0 && ms > 0 ? (timed / ms) * 1000 : null,
    tokens: tokenIds.length,
    promptMs,
    rounds,
    drafted,
    accepted,
    identical: difference === -1,
    firstDifference: difference === -1 ? null : difference,
  };
}
