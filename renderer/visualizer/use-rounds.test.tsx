// @vitest-environment jsdom
// The panel's rounds: those of finished answers are fetched one after the other, a failure is told and can be tried again, and
// an answer that is written is followed without asking.
import { act, useEffect, useMemo } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../../electron/contract/chats.ts';
import { KangarooError } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import { useConnection } from '../connection-store.ts';
import { makeAnswer, makePromptRound, makeRound } from '../testing/make-round.ts';
import { ScriptedCore } from '../testing/scripted-core.ts';
import { useRounds, type KnownRounds } from './use-rounds.ts';

let root: Root;
let core: ScriptedCore;
let known: KnownRounds;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  core = new ScriptedCore();
  useConnection.setState({ client: core.services });
  root = createRoot(document.createElement('div'));
});

afterEach(() => {
  act(() => root.unmount());
  useConnection.setState({ client: null });
  vi.unstubAllGlobals();
});

function Probe({ messages }: { messages: readonly Message[] }) {
  const answers = useMemo(() => messages.map((message, at) => ({ message, number: at + 1 })), [messages]);
  const found = useRounds('chat', answers);
  useEffect(() => {
    known = found;
  });
  return null;
}

/** Renders, and lets what was asked for arrive. */
const show = (...messages: Message[]) => act(async () => root.render(<Probe messages={messages} />));

const rounds = [makePromptRound('It'), makeRound([' is'], ' so')];
let count = 0;
/** Of before: its rounds are with the core. Every test has its own, for the page remembers them. */
const stored = (): Message => makeAnswer([], { id: `stored ${count++}`, status: 'complete', roundCount: 2 });
const status = () => known.status;

test('all answers are fetched, in order, before anything is told', async () => {
  const waiting: (() => void)[] = [];
  core.answer('chats.rounds', () => new Promise((resolve) => waiting.push(() => resolve(rounds))));
  const [first, second] = [stored(), stored()];
  await show(first, second);
  expect(status()).toBe('loading');
  expect(core.asked('chats.rounds')).toEqual([['chat', first.id]]);
  await act(async () => waiting[0]?.());
  expect(status()).toBe('loading');
  await act(async () => waiting[1]?.());
  if (known.status !== 'known') throw new Error(status());
  expect(known.trace.answers.map(({ messageId, number }) => [messageId, number])).toEqual([
    [first.id, 1],
    [second.id, 2],
  ]);
  // The round of the prompt's own token is no decoding round.
  expect(known.trace.rounds).toEqual([rounds[1], rounds[1]]);
  expect(known.trace.answers[0]?.first).toEqual(rounds[0]);
});

test('a failure is told, and tried again when that is asked for', async () => {
  core.answer('chats.rounds', () => {
    throw new KangarooError('store-damaged', 'It is damaged.');
  });
  await show(stored());
  if (known.status !== 'failed') throw new Error(status());
  expect(known.error).toMatchObject({ code: 'store-damaged', message: 'It is damaged.' });
  expect(core.asked('chats.rounds')).toHaveLength(1);
  core.answer('chats.rounds', () => rounds);
  const { retry } = known;
  await act(async () => retry());
  expect(status()).toBe('known');
});

test('a lost connection is no failure: the next one is asked', async () => {
  core.answer('chats.rounds', () => {
    throw new KangarooError('closed', 'The connection is lost.');
  });
  await show(stored());
  expect(status()).toBe('loading');
  const next = new ScriptedCore();
  next.answer('chats.rounds', () => rounds);
  await act(async () => useConnection.setState({ client: next.services as AppApi }));
  expect(status()).toBe('known');
});

test('an answer that is written, or says nothing, is not asked for', async () => {
  await show(makeAnswer(rounds), makeAnswer([], { id: 'failed', status: 'failed' }));
  if (known.status !== 'known') throw new Error(status());
  expect(known.trace.rounds).toEqual([rounds[1]]);
  expect(core.asked('chats.rounds')).toEqual([]);
});

test('one that was gone on with is fetched again', async () => {
  core.answer('chats.rounds', () => rounds);
  const answer = stored();
  await show(answer);
  await show({ ...answer, roundCount: 3 });
  expect(core.asked('chats.rounds')).toHaveLength(2);
});
