import { expect, test } from 'vitest';
import { makePromptRound } from '../../testing/make-round.ts';
import { draftRound, plainRound } from '../testing.ts';
import { byRows, quantile } from './cost.ts';
import { countUpTo, raceLength, raceOf } from './race.ts';

test('rounds of one width: their median, quartiles and tokens', () => {
  const rounds = [10, 12, 14].map((verifyMs) => plainRound({ verifyMs }));
  expect(byRows([...rounds, draftRound([0.9], 1)])).toEqual([
    { rows: 1, rounds: 3, medianMs: 12, lowMs: 11, highMs: 13, tokens: 1 },
    { rows: 2, rounds: 1, medianMs: 15, lowMs: 15, highMs: 15, tokens: 2 },
  ]);
  expect(quantile([1, 2, 4], 0.75)).toBe(3);
});

test('a race: both begin with the token of the prompt; plain decoding takes a step for each token', () => {
  const race = raceOf([makePromptRound('Once'), draftRound([0.9, 0.9], 2), draftRound([0.4], 0)], 10);
  expect([...race.plainMs]).toEqual([0, 10, 20, 30, 40]);
  expect([...race.draftedMs]).toEqual([0, 18, 18, 18, 33]);
  expect(race.text.slice(0, race.textEnds[countUpTo(race.draftedMs, 18) - 1])).toBe('Once w0 w1 own');
  expect(raceLength(race)).toBe(40);
  expect(countUpTo(race.plainMs, 9.9)).toBe(1);
});
