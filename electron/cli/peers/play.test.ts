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

test('a warm-up on the shortest prompt, then turns; who is first moves on with every task and repeat', async () => {
  const asked: string[] = [];
  const ask: Playing['ask'] = (peer, promptIds, maxTokens) => {
    asked.push(`${peer.name} ${promptIds.length}/${maxTokens}`);
    return Promise.resolve(answer([1, 2, 3]));
  };
  await playTasks([task([1, 2]), task([1])], playing(ask, 2));
  expect(asked.slice(0, 3)).toEqual(['plain 1/16', 'kangaroo 1/16', 'auto 1/16']);
  expect(asked.slice(3, 6)).toEqual(['plain 2/40', 'kangaroo 2/40', 'auto 2/40']);
  expect(asked.slice(6, 9)).toEqual(['kangaroo 1/40', 'auto 1/40', 'plain 1/40']);
  expect(asked.slice(9, 12)).toEqual(['kangaroo 2/40', 'auto 2/40', 'plain 2/40']);
  expect(asked.slice(12)).toEqual(['auto 1/40', 'plain 1/40', 'kangaroo 1/40']);
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
