// Rounds are asked for once, whoever shows them, and remembered for a while.
import { expect, test, vi } from 'vitest';
import type { Round } from '../../electron/contract/engine.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import { makeRound } from '../testing/make-round.ts';
import { askForRounds, rememberedRounds } from './rounds-memory.ts';

function core(rounds: (messageId: string) => Promise<Round[]>) {
  const asked = vi.fn((_chatId: string, messageId: string) => rounds(messageId));
  return { client: { chats: { rounds: asked } } as unknown as AppApi, asked };
}

const some = [makeRound([' a'], ' b')];

test('two that ask at once ask the core once, and it is remembered', async () => {
  const { client, asked } = core(async () => some);
  const answer = { id: 'once', roundCount: 1 };
  expect(rememberedRounds(answer)).toBeUndefined();
  const [first, second] = await Promise.all([askForRounds(client, 'chat', answer), askForRounds(client, 'chat', answer)]);
  expect(first).toBe(second);
  expect(rememberedRounds(answer)).toBe(some);
  await askForRounds(client, 'chat', answer);
  expect(asked.mock.calls).toEqual([['chat', 'once']]);
});

test('an answer that was gone on with is another one', async () => {
  const { client, asked } = core(async () => some);
  await askForRounds(client, 'chat', { id: 'longer', roundCount: 1 });
  expect(rememberedRounds({ id: 'longer', roundCount: 2 })).toBeUndefined();
  await askForRounds(client, 'chat', { id: 'longer', roundCount: 2 });
  expect(asked).toHaveBeenCalledTimes(2);
});

test('a failure is told to all who ask, and not remembered', async () => {
  let works = false;
  const { client } = core(async () => {
    if (!works) throw new Error('not now');
    return some;
  });
  const answer = { id: 'fails', roundCount: 1 };
  const asked = [askForRounds(client, 'chat', answer), askForRounds(client, 'chat', answer)];
  for (const each of asked) await expect(each).rejects.toThrow('not now');
  works = true;
  expect(await askForRounds(client, 'chat', answer)).toBe(some);
});

test('only so many are kept: the longest unused go first', async () => {
  const { client } = core(async () => some);
  for (let at = 0; at < 61; at += 1) await askForRounds(client, 'chat', { id: `many ${at}`, roundCount: 1 });
  expect(rememberedRounds({ id: 'many 0', roundCount: 1 })).toBeUndefined();
  // Asked for again, it is the newest, and the next one goes in its place.
  await askForRounds(client, 'chat', { id: 'many 1', roundCount: 1 });
  await askForRounds(client, 'chat', { id: 'one more', roundCount: 1 });
  expect(rememberedRounds({ id: 'many 1', roundCount: 1 })).toBe(some);
  expect(rememberedRounds({ id: 'many 2', roundCount: 1 })).toBeUndefined();
});
