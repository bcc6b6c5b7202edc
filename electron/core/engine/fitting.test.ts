// A conversation that has outgrown the context: which turns go, and that they stay gone.
import { expect, test } from 'vitest';
import type { ChatTurn, Prompt } from '../../contract/engine.ts';
import { fittingPrompt } from './fitting.ts';
import { promptIds } from './prompt.ts';
import { createCharacterTokenizer } from './testing/character-tokenizer.ts';

/** A token a character; no template: "User: …" and "Assistant: …" paragraphs. */
const model = createCharacterTokenizer(['<s>'], { bosText: '<s>' });
const contextSize = 800;

/** Questions and answers of about 30 tokens each. */
const talk = (turns: number): ChatTurn[] =>
  Array.from({ length: turns }, (_, place) => ({
    role: place % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${place} ${'x'.repeat(12)}`,
  }));
const prompt = (messages: ChatTurn[]): Prompt => ({ kind: 'messages', messages });
const fit = (messages: ChatTurn[]) => fittingPrompt(model, prompt(messages), contextSize);

test('what fits is left as it is', () => {
  const messages = talk(3);
  expect(fit(messages)).toEqual({ ids: promptIds(model, prompt(messages)), leftOut: 0 });
  expect(fittingPrompt(model, { kind: 'raw', text: 'x'.repeat(500) }, contextSize)).toMatchObject({ leftOut: 0 });
});

test('the oldest turns go, and what is left begins with a question and fits', () => {
  for (let turns = 1; turns < 120; turns += 2) {
    const messages = talk(turns);
    const { ids, leftOut } = fit(messages);
    expect(ids.length).toBeLessThan(contextSize);
    expect(messages[leftOut]?.role).toBe('user');
    expect(ids).toEqual(promptIds(model, prompt(messages.slice(leftOut))));
  }
});

test('no other turns go with every question: the cache keeps its beginning', () => {
  const leftOut = Array.from({ length: 80 }, (_, place) => fit(talk(2 * place + 1)).leftOut);
  expect(leftOut.at(-1)).toBeGreaterThan(0);
  expect(leftOut).toEqual(leftOut.toSorted((first, second) => first - second));
  const changes = leftOut.filter((count, place) => place > 0 && count !== leftOut[place - 1]).length;
  expect(changes).toBeLessThan(leftOut.length / 2);
});

test('the system turn stays', () => {
  const messages: ChatTurn[] = [{ role: 'system', content: 'Be kind.' }, ...talk(61)];
  const { ids, leftOut } = fit(messages);
  expect(leftOut).toBeGreaterThan(0);
  expect(ids).toEqual(promptIds(model, prompt(messages.toSpliced(1, leftOut))));
});

test('a last question that does not fit alone is told by its length', () => {
  const messages: ChatTurn[] = [...talk(2), { role: 'user', content: 'x'.repeat(900) }];
  expect(fit(messages).ids.length).toBeGreaterThan(contextSize);
});
