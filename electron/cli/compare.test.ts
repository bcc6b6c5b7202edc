import { describe, expect, test } from 'vitest';
import { defaultGenerationOptions, type ChatTurn } from '../contract/engine.ts';
import { compareConversation, firstDifference } from './compare.ts';
import type { Conversation } from './prompts.ts';
import { ScriptedSession, type ScriptedAnswer } from './scripted-session.ts';

const plainly = (...ids: number[]): ScriptedAnswer => ({
  first: ids[0] ?? 0,
  rounds: ids.slice(1).map((token) => ({ drafts: [], accepted: 0, token })),
  ms: 10,
});

/** One id per character, so that the prompts of later turns can be read back. */
const encode = (messages: ChatTurn[]) =>
  Int32Array.from(messages.flatMap((message) => [...message.content].map((letter) => letter.charCodeAt(0))));
const conversation = (...turns: string[]): Conversation => ({ index: 7, category: 'x', history: [], turns });

function comparing(plain: ScriptedSession, kangaroo: ScriptedSession) {
  return {
    plain,
    kangaroo,
    encode,
    mode: 'kangaroo' as const,
    options: defaultGenerationOptions,
    signal: new AbortController().signal,
  };
}

test('the same tokens in other rounds are the same', async () => {
  const plain = new ScriptedSession(() => plainly(1, 2, 3, 4));
  const kangaroo = new ScriptedSession(() => ({ first: 1, rounds: [{ drafts: [2, 3, 9], accepted: 2, token: 4 }], ms: 1 }));
  expect(await compareConversation(conversation('a'), comparing(plain, kangaroo))).toEqual({
    turns: 1,
    tokens: 4,
    drafted: 3,
    accepted: 2,
    copied: 0,
    copiedAccepted: 0,
    tooLong: false,
    difference: null,
  });
  expect(plain.calls.map((call) => call.call)).toEqual(['reset', 'generate']);
  expect(plain.calls[1]).toMatchObject({ options: { mode: 'plain' } });
  expect(kangaroo.calls[1]).toMatchObject({ options: { mode: 'kangaroo' } });
});

test('the logit gap is read behind the prompt and what both agree on', async () => {
  const plain = new ScriptedSession(() => plainly(1, 2, 3));
  const kangaroo = new ScriptedSession(() => plainly(1, 5, 6));
  plain.logits[2] = 4.5;
  plain.logits[5] = 4.25;
  const { difference } = await compareConversation(conversation('ab'), comparing(plain, kangaroo));
  expect(difference).toEqual({ index: 7, position: 1, plainId: 2, kangarooId: 5, logitGap: 0.25, turn: 0 });
  expect(plain.prefilled).toEqual([97, 98, 1]);
});

test('the drafting session is asked for the mode that is compared', async () => {
  const plain = new ScriptedSession(() => plainly(1, 2));
  const drafting = new ScriptedSession(() => plainly(1, 2));
  const { difference } = await compareConversation(conversation('a'), { ...comparing(plain, drafting), mode: 'auto' });
  expect(difference).toBeNull();
  expect(plain.calls[1]).toMatchObject({ options: { mode: 'plain' } });
  expect(drafting.calls[1]).toMatchObject({ options: { mode: 'auto' } });
});

test('an answer that ends earlier differs where it ends', async () => {
  const plain = new ScriptedSession(() => plainly(1, 2));
  const kangaroo = new ScriptedSession(() => plainly(1, 2, 3));
  const { difference } = await compareConversation(conversation('a'), comparing(plain, kangaroo));
  expect(difference).toEqual({ index: 7, position: 2, plainId: null, kangarooId: 3, logitGap: null, turn: 0 });
});

describe('turns', () => {
  test('build on the answers before; nothing is reset between them', async () => {
    const plain = new ScriptedSession(() => plainly(1));
    const kangaroo = new ScriptedSession(() => plainly(1));
    expect(await compareConversation(conversation('a', 'b'), comparing(plain, kangaroo))).toMatchObject({ turns: 2, tokens: 2 });
    const history = [...'aanswer 1b'].map((letter) => letter.charCodeAt(0));
    expect(kangaroo.calls[2]).toMatchObject({ promptIds: history });
    expect(kangaroo.calls.map((call) => call.call)).toEqual(['reset', 'generate', 'generate']);
  });

  test('end at the first difference', async () => {
    const plain = new ScriptedSession(() => plainly(1));
    const kangaroo = new ScriptedSession(() => plainly(2));
    expect(await compareConversation(conversation('a', 'b'), comparing(plain, kangaroo))).toMatchObject({
      turns: 1,
      difference: { turn: 0 },
    });
  });

  test('end where the context does', async () => {
    const plain = new ScriptedSession(() => plainly(1), 8);
    const kangaroo = new ScriptedSession(() => plainly(1), 8);
    expect(await compareConversation(conversation('a', 'b'), comparing(plain, kangaroo))).toMatchObject({
      turns: 1,
      tooLong: true,
    });
    expect(await compareConversation(conversation('12345678'), comparing(plain, kangaroo))).toMatchObject({
      turns: 0,
      tooLong: true,
    });
  });
});

test('cancelling ends the running answer and rejects', async () => {
  const controller = new AbortController();
  const plain = new ScriptedSession(() => plainly(1));
  plain.onGenerate = () => controller.abort();
  const kangaroo = new ScriptedSession(() => plainly(1));
  const running = compareConversation(conversation('a'), { ...comparing(plain, kangaroo), signal: controller.signal });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect(kangaroo.calls).toEqual([{ call: 'reset' }]);
});

test('first difference', () => {
  expect(firstDifference([], [])).toBeNull();
  expect(firstDifference([1, 2], [1, 2])).toBeNull();
  expect(firstDifference([1, 2], [1, 3])).toBe(1);
  expect(firstDifference([1], [1, 3])).toBe(1);
});
