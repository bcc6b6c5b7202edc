import { expect, test } from 'vitest';
import type { PlayedAnswer, Turn } from './play.ts';
import { roster } from './roster.ts';
import { summarizeSets } from './summary.ts';

const peers = roster.filter(({ name }) => ['plain', 'kangaroo', 'nlc-plain', 'nlc-lookup'].includes(name));

function played(tokensPerSecond: number | null, other: Partial<PlayedAnswer> = {}): PlayedAnswer {
  const rest = { tokens: 11, promptMs: 2, rounds: 10, drafted: 0, accepted: 0, identical: true, firstDifference: null };
  return { tokensPerSecond, ...rest, ...other };
}

function turn(
  task: number,
  speeds: [number, number, number, number | null],
  other: Partial<PlayedAnswer> = {},
  set = 'simple',
): Turn {
  const [plain, kangaroo, nlcPlain, lookup] = speeds;
  return {
    task,
    set,
    answers: new Map([
      ['plain', played(plain)],
      ['kangaroo', played(kangaroo, { rounds: 5, drafted: 10, accepted: 5 })],
      ['nlc-plain', played(nlcPlain)],
      ['nlc-lookup', played(lookup, other)],
    ]),
  };
}

test('ratios are of the same turn, to our plain and to the own plain', () => {
  const turns = [turn(0, [100, 150, 50, 100]), turn(1, [200, 100, 100, 50]), turn(2, [100, 120, 40, 40])];
  const [set] = summarizeSets(turns, peers, { kangaroo: 'threshold 0.6' }, new Map([['simple', 4]]));
  expect(set).toMatchObject({ set: 'simple', tasks: 3, skipped: 4 });
  const byName = Object.fromEntries((set?.peers ?? []).map((peer) => [peer.name, peer]));
  expect(byName['plain']).toMatchObject({ overPlain: { median: 1, low: 1, high: 1 }, overOwnPlain: null, tokensPerRound: 1 });
  expect(byName['kangaroo']).toMatchObject({ parameters: 'threshold 0.6', tokensPerRound: 2, acceptanceRate: 0.5 });
  expect(byName['kangaroo']?.overPlain?.median).toBeCloseTo(1.2);
  expect(byName['kangaroo']?.overOwnPlain).toEqual(byName['kangaroo']?.overPlain);
  expect(byName['nlc-plain']?.tokensPerSecond?.median).toBe(50);
  expect(byName['nlc-plain']?.overPlain?.median).toBe(0.5);
  expect(byName['nlc-lookup']?.overPlain?.median).toBeCloseTo(0.4);
  expect(byName['nlc-lookup']?.overOwnPlain).toMatchObject({ median: 1 });
  expect(byName['nlc-lookup']?.acceptanceRate).toBe(null);
});

test('a task counts as identical only if every repeat was; sets are apart', () => {
  const turns = [
    turn(0, [1, 1, 1, 1]),
    turn(0, [1, 1, 1, 1], { identical: false, firstDifference: 3 }),
    turn(1, [1, 1, 1, 1]),
    turn(2, [1, 1, 1, 1], {}, 'repeat'),
  ];
  const [simple, repeat] = summarizeSets(turns, peers, {}, new Map());
  expect(simple?.peers.map(({ identical, tasks }) => `${identical}/${tasks}`)).toEqual(['2/2', '2/2', '2/2', '1/2']);
  expect(repeat?.peers.map(({ identical, tasks }) => `${identical}/${tasks}`)).toEqual(['1/1', '1/1', '1/1', '1/1']);
});

test('answers of one token have no speed; unknown rounds give no tokens per round', () => {
  const [set] = summarizeSets([turn(0, [1, 1, 1, null], { rounds: null })], peers, {}, new Map());
  const lookup = set?.peers.find(({ name }) => name === 'nlc-lookup');
  expect(lookup).toMatchObject({ tokensPerSecond: null, overPlain: null, overOwnPlain: null, tokensPerRound: null });
});
