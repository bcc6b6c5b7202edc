// Plays every task on every peer. The peers take turns, task by task, and who is first moves on with every task and repeat, so
// that a machine that gets warm or busy is unfair to none. Only one peer computes at a time.
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
      const first = (index + round) % peers.length;
      const answers: Turn['answers'] = new Map();
      for (const peer of [...peers.slice(first), ...peers.slice(0, first)]) {
        signal.throwIfAborted();
        answers.set(peer.name, judge(await ask(peer, task.promptIds, task.maxTokens), task.expected));
      }
      turns.push({ task: index, set: task.set, answers });
      onProgress((round * tasks.length + index + 1) / (repeat * tasks.length));
    }
  }
  return turns;
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
