// Totals of a whole branch, also of one that is longer than a page, and of all chats, without what is in a trash.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messagesPerPage } from '../../contract/chats.ts';
import type { GenerationStats } from '../../contract/engine.ts';
import { makeContent, makeQuestion } from '../testing/make-message.ts';
import { openStore, type ChatStore } from './store.ts';

let folder = '';
let store: ChatStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-totals-'));
  store = openStore(folder);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const stats = (rounds: number, drafted: number, accepted: number, roundsMs: number) =>
  ({ rounds, drafted, accepted, roundsMs }) as GenerationStats;

const none = {
  answers: 0,
  rounds: 0,
  tokens: 0,
  drafted: 0,
  accepted: 0,
  compared: 0,
  comparedMs: 0,
  savedMs: 0,
  savedDeviationMs: 0,
};

function addChat(id: string): number {
  return store.chats.insert({ id, title: id, titleSource: 'user', createdAtMs: 1 }).key;
}

const leaf = (id: string) => store.chats.find(id)?.leafKey ?? null;

test('nothing comes to nothing', () => {
  addChat('a');
  expect(store.totals(leaf('a'))).toEqual(none);
  expect(store.totals()).toEqual(none);
});

test('answers without figures are not counted, and only those with a speedup are compared', () => {
  const chat = addChat('a');
  let last = store.messages.append(chat, null, makeQuestion('q'));
  last = store.messages.append(chat, last, makeContent('fast', { stats: stats(10, 20, 15, 400), speedup: 1.5 }));
  last = store.messages.append(chat, last, makeContent('unknown', { stats: stats(5, 4, 1, 900), speedup: null }));
  last = store.messages.append(chat, last, makeContent('slow', { stats: stats(8, 8, 2, 200), speedup: 0.75 }));
  store.messages.append(chat, last, makeContent('failed', { status: 'failed' }));
  const totals = {
    answers: 3,
    rounds: 23,
    tokens: 41,
    drafted: 32,
    accepted: 18,
    compared: 2,
    comparedMs: 600,
    savedMs: 150,
    savedDeviationMs: 0,
  };
  expect(store.totals(leaf('a'))).toEqual(totals);
});

test('how sure the sum is: answers are independent, those that do not know add nothing', () => {
  const chat = addChat('a');
  const answer = (id: string, roundsMs: number, speedupDeviation?: number) =>
    makeContent(id, {
      stats: { ...stats(20, 0, 0, roundsMs), ...(speedupDeviation !== undefined && { speedupDeviation }) },
      speedup: 1,
    });
  let last = store.messages.append(chat, null, answer('0', 300, 0.1));
  last = store.messages.append(chat, last, answer('1', 400, 0.1));
  store.messages.append(chat, last, answer('2', 1000));
  expect(store.totals(leaf('a')).savedDeviationMs).toBeCloseTo(50);
  expect(store.totals().savedDeviationMs).toBeCloseTo(50);
});

test('a branch is counted to its beginning, other branches and trashes only where they belong', () => {
  const chat = addChat('a');
  const answer = (id: string) => makeContent(id, { stats: stats(1, 2, 1, 10), speedup: 2 });
  const first = store.messages.append(chat, null, answer('0'));
  let last = first;
  for (let place = 1; place < messagesPerPage * 2; place += 1) last = store.messages.append(chat, last, answer(`${place}`));
  const long = leaf('a');
  store.messages.append(chat, first, answer('beside'));
  expect(store.totals(long)).toMatchObject({ answers: messagesPerPage * 2, savedMs: messagesPerPage * 2 * 10 });
  expect(store.totals(leaf('a'))).toMatchObject({ answers: 2 });

  const other = addChat('b');
  store.messages.append(other, null, answer('other'));
  expect(store.totals()).toMatchObject({ answers: messagesPerPage * 2 + 2 });
  const beside = store.messages.find(chat, 'beside');
  if (beside) store.messages.remove(chat, beside, 1);
  store.chats.trash(other, 1);
  expect(store.totals()).toMatchObject({ answers: messagesPerPage * 2 });
});
