// What is proposed from what was looked at, and what of an answer counts: by hand.
import { describe, expect, test } from 'vitest';
import type { Round } from '../../contract/engine.ts';
import type { StoredAnswer } from './answers.ts';
import { textOf } from './capture-phase.ts';
import { choose } from './explore-phase.ts';
import type { ModelBytes } from './layer-costs.ts';
import { acceptanceOf } from './measure-phase.ts';
import type { HeldOutAnswer, RoundCosts } from './prediction.ts';

const bytes: ModelBytes = { layers: [10, 10, 10, 10], head: 60, adapter: 5, vocabularySize: 10_000 };
const costs: RoundCosts = { plainMs: 10, draftMs: 3, stateMs: 1, verifyMs: [8, 9, 10, 11, 12, 13, 14, 15, 16] };

/** Every so many tokens one is not foreseen; token ids below 100. */
function foreseen(every: number): HeldOutAnswer[] {
  const agrees = Array.from({ length: 600 }, (_, at) => (at % every === every - 1 ? 0 : 1));
  return [{ agrees, confidences: agrees.map((right) => (right ? 0.9 : 0.2)), tokens: agrees.map((_, at) => at % 100) }];
}

const answers: StoredAnswer[] = [false, true].map((heldOut, index) => ({
  index,
  heldOut,
  promptIds: [1],
  answerIds: Array.from({ length: 600 }, (_, at) => at % 100),
}));

describe('a proposal', () => {
  test('is the layer that is predicted to be fastest: a later one foresees more and costs more', () => {
    const early = { exitLayer: 1, answers: foreseen(2), costs };
    const middle = { exitLayer: 2, answers: foreseen(6), costs };
    const late = { exitLayer: 3, answers: foreseen(8), costs: { ...costs, draftMs: 8, stateMs: 6 } };
    const { layers, proposal } = choose([early, middle, late], bytes, answers);
    expect(layers.map(({ exitLayer }) => exitLayer)).toEqual([1, 2, 3]);
    expect(layers.map(({ agreement }) => agreement)).toEqual([0.5, expect.closeTo(5 / 6), 0.875]);
    expect(proposal.exitLayer).toBe(2);
    expect(proposal.predictedSpeedup).toBeGreaterThanOrEqual(layers[1]?.predictedSpeedup ?? Infinity);
  });

  test('drafts from a short list where the head is dear and the list covers what is written', () => {
    const { proposal, draftVocabulary } = choose([{ exitLayer: 1, answers: foreseen(6), costs }], bytes, answers);
    expect(proposal.draftVocabularySize).toBe(draftVocabulary.length);
    expect(draftVocabulary.length).toBeGreaterThan(50);
    expect(draftVocabulary.length).toBeLessThanOrEqual(100);
    expect(proposal.draftVocabularyCoverage).toBeGreaterThan(0.6);
  });

  test('drafts from the whole vocabulary where other text is written than was learned from', () => {
    const other = answers.map((answer) =>
      answer.heldOut ? answer : { ...answer, answerIds: Array.from({ length: 600 }, () => 5000) },
    );
    const { proposal, draftVocabulary } = choose([{ exitLayer: 1, answers: foreseen(6), costs }], bytes, other);
    expect(proposal.draftVocabularySize).toBe(0);
    expect(draftVocabulary).toEqual([]);
  });
});

test('of a text the answer counts, its end included, and of too long a question the end is kept', () => {
  const text = textOf({ index: 0, heldOut: false, promptIds: [1, 2, 3], answerIds: [4, 5] });
  expect([Array.from(text.ids), Array.from(text.mask)]).toEqual([
    [1, 2, 3, 4, 5],
    [0, 0, 0, 1, 1],
  ]);
  const long = textOf({ index: 0, heldOut: false, promptIds: Array.from({ length: 5000 }, (_, at) => at), answerIds: [7, 8] });
  expect(long.ids.length).toBe(1024);
  expect(Array.from(long.ids.slice(-3))).toEqual([4999, 7, 8]);
  expect(long.mask.reduce((sum, each) => sum + each, 0)).toBe(2);
});

test('acceptance is told by place, of the drafts that were verified there', () => {
  const round = (drafts: number, accepted: number) =>
    ({
      accepted,
      drafts: Array.from({ length: drafts }, (_, id) => ({ id, text: '', confidence: 1, source: 'adapter' })),
    }) as Round;
  const told = acceptanceOf([round(2, 2), round(2, 0), round(1, 1), round(0, 0)]);
  expect(told.acceptanceByPosition).toEqual([expect.closeTo(2 / 3), 0.5]);
  expect(told.tokensPerRound).toBe(2);
  expect(acceptanceOf([])).toEqual({ acceptanceByPosition: [], tokensPerRound: 0 });
});
