// What the header says about drafting is what the engine does.
import { expect, test } from 'vitest';
import type { DraftingMode, LoadedModel, Round } from '../../electron/contract/engine.ts';
import { makeAnswer, makeChat, makePromptRound, makeRound } from '../testing/make-round.ts';
import { draftingStateOf, newestRound } from './drafting-state.ts';

const adapter = { name: 'Adapter' } as LoadedModel['adapter'];
const loaded = { adapter, adapterError: null } as LoadedModel;
const paused: Round = { ...makeRound([], ' a'), paused: true, expectedSpeedup: 0.88 };

const choose = (decodingMode: DraftingMode, promptLookup = true) => ({ decodingMode, promptLookup });

test('without an adapter, automatic drafting copies from the conversation, unless it may not', () => {
  const without = { ...loaded, adapter: null };
  expect(draftingStateOf(without, choose('auto'), null)).toEqual({ kind: 'copiesOnly' });
  expect(draftingStateOf(without, choose('auto', false), null)).toEqual({ kind: 'noAdapter' });
  const adapterError = { code: 'adapter-invalid', message: 'It is none.' };
  expect(draftingStateOf({ ...without, adapterError }, choose('auto'), null)).toMatchObject({ copies: true });
  expect(draftingStateOf({ ...without, adapterError }, choose('auto', false), null)).toMatchObject({ copies: false });
});

test('no adapter, or one that cannot be used, comes before any choice of the user', () => {
  expect(draftingStateOf({ ...loaded, adapter: null }, choose('kangaroo'), null)).toEqual({ kind: 'noAdapter' });
  const adapterError = { code: 'adapter-mismatch', message: 'It belongs to another model.' };
  expect(draftingStateOf({ ...loaded, adapter: null, adapterError }, choose('plain'), null)).toEqual({
    kind: 'adapterError',
    message: 'It belongs to another model.',
    copies: false,
  });
});

test('what the user chose comes before what the last answer did', () => {
  expect(draftingStateOf(loaded, choose('plain'), paused)).toEqual({ kind: 'plain' });
  expect(draftingStateOf(loaded, choose('kangaroo'), paused)).toEqual({ kind: 'always' });
});

test('automatic drafting is on until a round says that it has paused, and by how much it would not pay', () => {
  expect(draftingStateOf(loaded, choose('auto'), null)).toEqual({ kind: 'automatic' });
  expect(draftingStateOf(loaded, choose('auto'), { ...paused, paused: false })).toEqual({ kind: 'automatic' });
  expect(draftingStateOf(loaded, choose('auto'), paused)).toEqual({ kind: 'paused', speedup: 0.88 });
});

test('a probe that looks well is still a pause, but 1.00× is not its reason', () => {
  expect(draftingStateOf(loaded, choose('auto'), { ...paused, expectedSpeedup: 0.998 })).toEqual({
    kind: 'paused',
    speedup: null,
  });
  expect(draftingStateOf(loaded, choose('auto'), { ...paused, expectedSpeedup: 1.2 })).toEqual({ kind: 'paused', speedup: null });
});

test('the newest round is that of the last answer; a question that waits for one has none', () => {
  const answer = makeAnswer([makePromptRound('A'), paused]);
  const chat = makeChat([answer]);
  expect(newestRound(chat)).toBe(paused);
  expect(newestRound({ ...chat, messages: [answer, makeAnswer([])] })).toBeNull();
  expect(newestRound(null)).toBeNull();
});
