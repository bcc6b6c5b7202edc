import { expect, test } from 'vitest';
import { defaultGenerationOptions, type ChatTurn } from '../../contract/engine.ts';
import type { Conversation } from '../prompts.ts';
import { ScriptedSession } from '../scripted-session.ts';
import { prepareTasks, type Preparing } from './tasks.ts';

/** As many tokens as there are characters. */
const encode = (messages: ChatTurn[]) => Int32Array.from(messages.map(({ content }) => content).join(''), (c) => c.charCodeAt(0));
const conversation = (turns: string[]): Conversation => ({ index: 0, category: 'story', history: [], turns });

function preparing(contextSize: number): Preparing & { session: ScriptedSession } {
  const session = new ScriptedSession(() => ({ first: 1, rounds: [{ drafts: [], accepted: 0, token: 2 }], ms: 1 }), contextSize);
  const options = { ...defaultGenerationOptions, mode: 'plain' as const, maxTokens: 50 };
  return { session, encode, options, signal: new AbortController().signal, onProgress: () => {} };
}

test('every turn is a task of its own, with our plain answer as what is expected and in the history', async () => {
  const with200 = preparing(200);
  const { tasks, skipped } = await prepareTasks([{ name: 'simple', conversations: [conversation(['abc', 'de'])] }], with200);
  expect(tasks.map(({ set, category, maxTokens, expected }) => ({ set, category, maxTokens, expected }))).toEqual([
    { set: 'simple', category: 'story', maxTokens: 50, expected: [1, 2] },
    { set: 'simple', category: 'story', maxTokens: 50, expected: [1, 2] },
  ]);
  const [first, second] = tasks;
  expect(first?.promptIds).toEqual([...encode([{ role: 'user', content: 'abc' }])]);
  expect(second?.promptIds.length).toBeGreaterThan('abcde'.length);
  expect(skipped.size).toBe(0);
  expect(with200.session.calls.map(({ call }) => call)).toEqual(['reset', 'generate', 'reset', 'generate']);
});

test('there is room for the longest drafts behind every answer; what does not fit is counted', async () => {
  const conversations = [conversation(['a'.repeat(20)]), conversation(['a'.repeat(25)])];
  const { tasks, skipped } = await prepareTasks([{ name: 'simple', conversations }], preparing(100));
  expect(tasks.map(({ promptIds, maxTokens }) => [promptIds.length, maxTokens])).toEqual([[20, 8]]);
  expect(skipped).toEqual(new Map([['simple', 1]]));
});
