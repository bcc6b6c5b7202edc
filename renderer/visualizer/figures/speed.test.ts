import { describe, expect, test } from 'vitest';
import type { Round } from '../../../electron/contract/engine.ts';
import { speedupInside } from '../../../electron/contract/speedup.ts';
import { makeAnswer } from '../../testing/make-round.ts';
import { draftRound, plainRound, simulate, testCosts } from '../testing.ts';
import { bucketOf, bucketsOf, columnsOf } from './buckets.ts';
import { movingSpeed, paceOf, slowStretches, speedOf } from './speed.ts';
import { joinTraces, traceAnswer, type AnswerTrace } from './trace.ts';

const trace = (rounds: Round[], number = 1): AnswerTrace => traceAnswer(makeAnswer(rounds), rounds, number, testCosts);
const plain = (count: number) => Array.from({ length: count }, () => plainRound());
const drafting = (count: number, accepted: number) => Array.from({ length: count }, () => draftRound([0.9, 0.9], accepted));

describe('the speed of an answer', () => {
  test('is the one that the rest of the app shows, where it has plain steps of its own', () => {
    const rounds = [...plain(10), ...simulate(60, { threshold: 0.5, maxDraft: 6 }, 3)];
    const speed = speedOf([trace(rounds)]);
    expect(speed?.factor).toBeCloseTo(speedupInside(rounds) ?? Number.NaN, 10);
    expect(trace(rounds).baseline).toMatchObject({ source: 'inside', stepMs: 10 });
  });

  test('refers to the calibration where it has none, and says so', () => {
    // 20 rounds of 3 tokens and 18 ms; plain decoding: 10 ms a token.
    const answer = trace(drafting(20, 2));
    expect(answer.baseline).toMatchObject({ source: 'calibration', stepMs: 10 });
    expect(speedOf([answer])).toMatchObject({ answers: 1, of: 1 });
    expect(speedOf([answer])?.factor).toBeCloseTo(30 / 18);
    expect(speedOf([answer])?.savedMs).toBeCloseTo(600 - 360);
  });

  test('of a chat adds times up, and leaves out what cannot be compared', () => {
    const unknown = traceAnswer(makeAnswer([]), drafting(20, 2), 2, null);
    const chat = [trace(drafting(20, 2)), trace(drafting(20, 0)), unknown];
    expect(speedOf(chat)).toMatchObject({ answers: 2, of: 3 });
    expect(speedOf(chat)?.factor).toBeCloseTo((600 + 200) / (360 + 360));
    expect(speedOf([unknown])).toBeNull();
  });
});

describe('its uncertainty', () => {
  test('holds the truth about as often as it says', () => {
    // Many answers of one process, whose factor over many rounds is the truth.
    const settings = { threshold: 0.5, maxDraft: 6 };
    const truth = speedOf([trace([...plain(10), ...simulate(20_000, settings, 99)])])?.factor ?? Number.NaN;
    let holds = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const interval = speedOf([trace([...plain(8), ...simulate(120, settings, 1000 + seed)])])?.interval;
      if (interval && interval.low <= truth && truth <= interval.high) holds += 1;
    }
    expect(holds / 200).toBeGreaterThan(0.8);
    expect(holds / 200).toBeLessThan(0.97);
  });

  test('shrinks with more rounds, is the same each time, and is not claimed for a few', () => {
    const width = (count: number) => {
      const interval = speedOf([trace(simulate(count, { threshold: 0.5, maxDraft: 6 }, 7))])?.interval;
      return interval ? interval.high - interval.low : Number.NaN;
    };
    expect(width(2000)).toBeLessThan(width(60));
    expect(width(60)).toBe(width(60));
    expect(speedOf([trace(drafting(10, 2))])?.interval).toBeNull();
  });
});

describe('stretches below plain decoding', () => {
  test('are found where they are, with the reason, and do not reach over answers', () => {
    const first = [...drafting(40, 2), ...drafting(30, 0)];
    const paused = Array.from({ length: 30 }, () => plainRound({ paused: true, expectedSpeedup: 0.75, verifyMs: 12 }));
    const joined = joinTraces([trace(first), trace(paused, 2)]);
    const [worst, other, ...none] = slowStretches(joined);
    expect(none).toEqual([]);
    expect(worst).toMatchObject({ to: 70, reason: 'always', expectedSpeedup: null });
    expect(worst?.from).toBeGreaterThan(38);
    expect(worst?.from).toBeLessThan(52);
    expect(worst?.factor).toBeCloseTo(10 / 18, 1);
    // Its plain steps are its baseline: it cannot be slower than itself.
    expect(other).toBeUndefined();
  });

  test('a paused one carries what the policy expected', () => {
    const rounds = Array.from({ length: 20 }, () => plainRound({ paused: true, expectedSpeedup: 0.75, verifyMs: 12 }));
    const answer = { ...trace(rounds), baseline: { stepMs: 10, source: 'after' as const, insideMs: [], quartilesMs: null } };
    expect(slowStretches(joinTraces([answer]))).toMatchObject([{ from: 0, to: 20, reason: 'paused', expectedSpeedup: 0.75 }]);
  });

  test('an unknown baseline is unknown, not slow', () => {
    const joined = joinTraces([traceAnswer(makeAnswer([]), drafting(20, 0), 1, null), trace(drafting(20, 2), 2)]);
    const moving = movingSpeed(joined);
    expect(moving[5]).toBeNaN();
    expect(moving[30]).toBeCloseTo(30 / 18);
  });
});

describe('buckets', () => {
  const joined = joinTraces([trace(simulate(10_000, { threshold: 0.5, maxDraft: 6 }, 5))]);
  const columns = columnsOf(joined);

  test('lose nothing: their sums are those of the rounds', () => {
    const buckets = bucketsOf(columns, 0, 10_000, 300);
    expect(buckets.length).toBeLessThanOrEqual(300);
    const total = bucketOf(columns, 0, 10_000);
    for (const key of ['draftMs', 'verifyMs', 'drafted', 'copied', 'own', 'plainMs', 'timesMs'] as const) {
      expect(buckets.reduce((sum, bucket) => sum + bucket[key], 0)).toBeCloseTo(total[key], 4);
    }
    expect(total.drafted + total.own).toBe(joined.tokens.reduce((sum, tokens) => sum + tokens, 0));
  });

  test('have the pace of the rounds around them: neighbours that alternate are neither fast nor slow', () => {
    // 3 tokens, then 1, in 18 ms each; plain decoding: 10 ms a token.
    const rounds = Array.from({ length: 100 }, (_, at) => draftRound([0.9, 0.9], at % 2 === 0 ? 2 : 0));
    const alternating = columnsOf(joinTraces([trace(rounds)]));
    const paces = bucketsOf(alternating, 20, 80, 100).map(({ pace }) => paceOf(pace));
    expect(new Set(paces)).toEqual(new Set(['faster']));
    const unknown = columnsOf(joinTraces([traceAnswer(makeAnswer([]), rounds, 1, null)]));
    expect(bucketOf(unknown, 0, 10).pace).toBeNaN();
  });

  test('stay where they are while the view moves', () => {
    const [first, second] = [bucketsOf(columns, 1000, 4000, 100), bucketsOf(columns, 1010, 4010, 100)];
    expect(first[1]?.from).toBe(second[1]?.from);
    expect(bucketsOf(columns, 40, 60, 300).map(({ from, to }) => to - from)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  test('copies are counted as such, unknown baselines not at all', () => {
    const rounds = [draftRound([0.9, 0.5], 2)];
    const [round] = rounds;
    if (round?.drafts[1]) round.drafts[1].source = 'lookup';
    const unknown = columnsOf(joinTraces([traceAnswer(makeAnswer([]), rounds, 1, null)]));
    expect(bucketOf(unknown, 0, 1)).toMatchObject({ drafted: 1, copied: 1, own: 1, plainMs: 0, timesMs: 0 });
    expect(bucketsOf(unknown, 0, 1, 0)).toEqual([]);
  });
});
