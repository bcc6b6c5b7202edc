// Rounds come back from their stored form as they were, also strange ones; and the form is compact.
import { expect, test } from 'vitest';
import type { Round } from '../../contract/engine.ts';
import { makeStoredRound } from '../testing/make-message.ts';
import { compactRound, decodeRounds, encodeRounds, textOfRounds } from './round-codec.ts';

const strange: Round[] = [
  { ...makeStoredRound([], 'a'), rows: 0, expectedSpeedup: null, paused: false },
  // Cut by the token limit: not all that was accepted became a piece.
  { ...makeStoredRound(['b', 'c'], 'd'), pieces: [{ id: 101, text: 'b', origin: 'draft' }] },
  // A character in two tokens: the first piece is empty.
  {
    ...makeStoredRound(['\ufffd'], '\ufffd'),
    pieces: [
      { id: 101, text: '', origin: 'draft' },
      { id: 7, text: '🦘', origin: 'target' },
    ],
  },
  // The same id with another text, and texts that look like keys.
  { ...makeStoredRound(['7 a'], 'constructor'), token: { id: 7, text: '__proto__' } },
  { ...makeStoredRound([], ''), drafts: [], pieces: [], mode: 'lookup' },
];

test.each([
  ['none', []],
  ['usual ones', [makeStoredRound([], 'One'), makeStoredRound([' day', ' a'], ' kangaroo', [' dog'])]],
  ['strange ones', strange],
])('%s', (_name, rounds) => {
  expect(decodeRounds(encodeRounds(rounds))).toEqual(rounds);
});

test('times become whole microseconds', () => {
  const round = { ...makeStoredRound(['a'], 'b'), draftMs: 1.234_567_8, verifyMs: 2.000_000_1, expectedSpeedup: 1.123_456 };
  expect(compactRound(round)).toMatchObject({ draftMs: 1.235, verifyMs: 2, expectedSpeedup: 1.1235 });
});

test('the text of an answer is in its rounds', () => {
  expect(textOfRounds([makeStoredRound([], 'One'), makeStoredRound([' day'], '.')])).toBe('One day.');
});

test('an answer of many tokens takes a few bytes for each of them', () => {
  const words = Array.from({ length: 300 }, (_, place) => ` word${(place * 7919) % 300}`);
  const pick = (place: number) => words[(place * 31) % words.length] ?? '';
  const rounds = Array.from({ length: 1000 }, (_, place) =>
    compactRound({
      ...makeStoredRound([pick(place), pick(place + 1)], pick(place + 2), [pick(place + 3)]),
      draftMs: 1 + Math.abs(Math.sin(place)),
      verifyMs: 3 + Math.abs(Math.cos(place)),
      expectedSpeedup: 1 + Math.abs(Math.sin(place * 3)) / 5,
    }),
  );
  // Three tokens in each: as JSON they are more than a hundred bytes for every token.
  expect(JSON.stringify(rounds).length / 3000).toBeGreaterThan(100);
  expect(encodeRounds(rounds).length / 3000).toBeLessThan(10);
});

test.each([
  ['another format', Buffer.of(9, 1, 2)],
  ['nothing', Buffer.of()],
  ['noise', Buffer.of(1, 255, 255, 0)],
])('%s is refused', (_name, bytes) => {
  expect(() => decodeRounds(bytes)).toThrow();
});
