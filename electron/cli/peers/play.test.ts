import { expect, test } from 'vitest';
import { playTasks, type Playing } from './play.ts';
import type { Answer } from './protocol.ts';
import { roster } from './roster.ts';
import type { Task } from './tasks.ts';

const peers = roster.slice(0, 3);
const answer = (tokenIds: number[], ms = 2): Answer => ({
  type: 'answer',
  tokenIds,
  promptMs: 1,
  ms,
  rounds: tokenIds.length - 1,
  drafted: 0,
  accepted: 0,
});
const task = (promptIds: number[], expected = [1, 2, 3]): Task => ({
  set: 'simple',
  category: 'story',
  promptIds,
  maxTokens: 40,
  expected,
});

function playing(ask: Playing['ask'], repeat = 1): Playing {
  return { peers, repeat, ask, signal: new AbortController().signal, onProgress: () => {} };
}

/** Names and lengths as they were asked, `repeat` times over tasks with prompts of 2, 1, 2, 1, … tokens. */
async function ordersOf(taskCount: number, repeat: number): Promise<string[]> {
  const asked: string[] = [];
  const ask: Playing['ask'] = (peer, promptIds, maxTokens) => {
    asked.push(`${peer.name} ${promptIds.length}/${maxTokens}`);
    return Promise.resolve(answer([1, 2, 3]));
  };
  const tasks = Array.from({ length: taskCount }, (_, index) => task(index % 2 === 0 ? [1, 2] : [1]));
  await playTasks(tasks, playing(ask, repeat));
  return asked;
}

test('a warm-up on the shortest prompt, then every peer once for each task and repeat', async () => {
  const asked = await ordersOf(2, 2);
  expect(asked.slice(0, 3)).toEqual(['plain 1/16', 'kangaroo 1/16', 'auto 1/16']);
  const turns = [3, 6, 9, 12].map((start) => asked.slice(start, start + 3).toSorted());
  expect(asked).toHaveLength(15);
  expect(turns[0]).toEqual(['auto 2/40', 'kangaroo 2/40', 'plain 2/40']);
  expect(turns[1]).toEqual(['auto 1/40', 'kangaroo 1/40', 'plain 1/40']);
  expect([turns[2], turns[3]]).toEqual([turns[0], turns[1]]);
});

test('the order is another one each time, fair to all, and the same in the next run', async () => {
  const asked = (await ordersOf(200, 3)).slice(3).map((name) => name.split(' ')[0]);
  expect((await ordersOf(200, 3)).slice(3).map((name) => name.split(' ')[0])).toEqual(asked);
  const counts = new Map<string, number>();
  for (let start = 0; start < asked.length; start += 3) {
    const order = asked.slice(start, start + 3).join(' ');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(35); // 600 turns, six orders
});

test('speed counts the tokens after the first; answers are compared token by token', async () => {
  const answers = { plain: answer([1, 2, 3], 4), kangaroo: answer([1, 9, 3], 2), auto: answer([1, 2], 0) };
  const [turn] = await playTasks(
    [task([1])],
    playing((peer) => Promise.resolve(answers[peer.name as keyof typeof answers])),
  );
  expect(turn?.answers.get('plain')).toMatchObject({ tokensPerSecond: 500, identical: true, firstDifference: null });
  expect(turn?.answers.get('kangaroo')).toMatchObject({ tokensPerSecond: 1000, identical: false, firstDifference: 1 });
  expect(turn?.answers.get('auto')).toMatchObject({ tokensPerSecond: null, identical: false, firstDifference: 2 });
});

test('nothing to play, and an interruption', async () => {
  expect(
    await playTasks(
      [],
      playing(() => Promise.reject(new Error('not asked'))),
    ),
  ).toEqual([]);
  const controller = new AbortController();
  const ask: Playing['ask'] = () => {
    controller.abort(new Error('stopped'));
    return Promise.resolve(answer([1, 2, 3]));
  };
  await expect(playTasks([task([1])], { ...playing(ask), signal: controller.signal })).rejects.toThrow('stopped');
});
