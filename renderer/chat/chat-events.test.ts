// The page's copy of a chat follows the core's events.
import { expect, test } from 'vitest';
import type { ChatEvent, Message } from '../../electron/contract/chats.ts';
import { makeAnswer, makeChat, makePromptRound, makeRound } from '../testing/make-round.ts';
import { applyEvents, type ChatView } from './chat-events.ts';

const question: Message = { ...makeAnswer([]), id: 'question', role: 'user', text: 'Hi', status: 'complete' };

function view(messages: Message[]): ChatView {
  return { chat: makeChat(messages), prefill: null };
}

function lastOf(result: ChatView): Message {
  const last = result.chat?.messages.at(-1);
  if (!last) throw new Error('the chat is empty');
  return last;
}

test('rounds of several events extend the text and the rounds of their message', () => {
  const events: ChatEvent[] = [
    { type: 'rounds', messageId: 'answer', rounds: [makePromptRound('Once')] },
    { type: 'rounds', messageId: 'answer', rounds: [makeRound([' upon', ' a'], ' time', [' the']), makeRound([], ',')] },
  ];
  const result = applyEvents(view([question, makeAnswer([])]), events);
  expect(lastOf(result).text).toBe('Once upon a time,');
  expect(lastOf(result).rounds).toHaveLength(3);
});

test('a message that no event concerns keeps its identity', () => {
  const before = view([question, makeAnswer([])]);
  const after = applyEvents(before, [{ type: 'rounds', messageId: 'answer', rounds: [makePromptRound('A')] }]);
  expect(after.chat?.messages[0]).toBe(question);
  expect(after.chat?.messages[1]).not.toBe(before.chat?.messages[1]);
});

test('rounds that come before and after a snapshot are not mixed up', () => {
  const snapshot = makeAnswer([makePromptRound('New')], { id: 'second' });
  const result = applyEvents(view([question, makeAnswer([])]), [
    { type: 'rounds', messageId: 'answer', rounds: [makePromptRound('Old')] },
    { type: 'snapshot', chat: makeChat([question, snapshot]) },
    { type: 'rounds', messageId: 'second', rounds: [makeRound([], 'er')] },
  ]);
  expect(result.chat?.messages.map((message) => message.text)).toEqual(['Hi', 'Newer']);
});

test('a final state replaces the message; a new message is appended', () => {
  const streamed = applyEvents(view([question]), [
    { type: 'message', message: makeAnswer([]) },
    { type: 'rounds', messageId: 'answer', rounds: [makePromptRound('Yes')] },
    { type: 'message', message: makeAnswer([makePromptRound('Yes')], { status: 'complete', stopReason: 'end-of-turn' }) },
  ]);
  expect(streamed.chat?.messages).toHaveLength(2);
  expect(lastOf(streamed)).toMatchObject({ text: 'Yes', status: 'complete' });
});

test('reading the prompt shows until the first round, and ends with a failure', () => {
  const reading = applyEvents(view([question, makeAnswer([])]), [{ type: 'prefill', messageId: 'answer', done: 64, total: 512 }]);
  expect(reading.prefill).toEqual({ messageId: 'answer', done: 64, total: 512 });
  const begun = applyEvents(reading, [{ type: 'rounds', messageId: 'answer', rounds: [makePromptRound('A')] }]);
  expect(begun.prefill).toBeNull();
  const failed = applyEvents(reading, [{ type: 'message', message: makeAnswer([], { status: 'failed' }) }]);
  expect(failed.prefill).toBeNull();
});
