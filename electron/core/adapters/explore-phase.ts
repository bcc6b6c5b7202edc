// Choosing where to leave the network: for each layer that could be the exit an adapter is fitted quickly, drafts in the real engine, and
// what it foresees and costs there tells how fast it would be. The draft vocabulary is chosen in the same way.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerResult, TrainingProposal } from '../../contract/adapters.ts';
import { defaultGenerationOptions, type Round } from '../../contract/engine.ts';
import type { NativeModel, NativeSession } from '../engine/addon.ts';
import { promptIds, promptStops } from '../engine/prompt.ts';
import type { StoredAnswer } from './answers.ts';
import { captureAnswers } from './capture-phase.ts';
import {
  candidateVocabularies,
  countTokens,
  exploredVocabulary,
  restrictedTo,
  type DraftVocabulary,
} from './draft-vocabulary.ts';
import { measuredTokens } from './estimate.ts';
import type { Gate } from './gate.ts';
import { roundCostsOf, smoothed, withVocabulary, type LayerCosts, type ModelBytes } from './layer-costs.ts';
import { agreementOf, answersOf, bestLimits, type HeldOutAnswer } from './prediction.ts';
import { trainSteps } from './train-phase.ts';

export interface Exploring {
  model: NativeModel;
  bytes: ModelBytes;
  folder: string;
  layers: readonly number[];
  answers: readonly StoredAnswer[];
  questions: readonly string[];
  steps: number;
  /** Per step. */
  positions: number;
  tokens: number;
  openSession: (adapterPath: string) => Promise<NativeSession>;
  gate: Gate;
  requireRoom: (bytes: number) => void;
  onProgress: (done: number, total: number) => void;
}

export interface Explored {
  layers: LayerResult[];
  proposal: TrainingProposal;
  /** Empty: all tokens. */
  draftVocabulary: number[];
}

interface Looked extends LayerCosts {
  answers: HeldOutAnswer[];
}

/** γ of the drafts that are looked at. */
const farthestDraft = 8;
const measuredRows = farthestDraft + 1;

export async function exploreLayers(exploring: Exploring): Promise<Explored> {
  const { folder, layers, answers, steps, gate, model } = exploring;
  const learned = firstTokens(
    answers.filter(({ heldOut }) => !heldOut),
    exploring.tokens,
  );
  const heldOut = firstTokens(
    answers.filter((answer) => answer.heldOut),
    exploring.tokens / 8,
  );
  const captured = join(folder, 'explore.bin');
  const heldOutPath = join(folder, 'explore-held-out.bin');
  const capturing = { model, layers, gate, requireRoom: exploring.requireRoom };
  await captureAnswers({ ...capturing, path: captured, answers: learned, onProgress: () => {} });
  await captureAnswers({ ...capturing, path: heldOutPath, answers: heldOut, onProgress: () => {} });
  // Learned, drafted and timed with: a head of a hundred thousand rows would be most of each.
  const vocabulary = exploredVocabulary(countTokens(learnedIds(answers)), exploring.bytes.vocabularySize);
  const total = layers.length * steps;
  const looked: Looked[] = [];
  for (const [index, exitLayer] of layers.entries()) {
    const adapterPath = join(folder, `explore-${exitLayer}.gguf`);
    await trainSteps({
      trainer: model,
      gate,
      options: {
        positionsPerStep: exploring.positions,
        captured,
        heldOut: heldOutPath,
        statePath: `${adapterPath}.state`,
        adapterPath,
        exitLayer,
        steps,
        evaluateEvery: 0,
        draftVocab: Int32Array.from(vocabulary),
      },
      onStep: ({ step }) => exploring.onProgress(index * steps + step, total),
      onEvaluation: () => {},
    });
    looked.push(await lookAt(exploring, exitLayer, adapterPath));
    exploring.onProgress((index + 1) * steps, total);
  }
  const found = choose(looked, exploring.bytes, answers, vocabulary.length);
  for (const path of [captured, heldOutPath]) rmSync(path, { force: true });
  for (const layer of layers) {
    for (const end of ['.gguf', '.gguf.state']) rmSync(join(folder, `explore-${layer}${end}`), { force: true });
  }
  return found;
}

/** Drafts as far as possible on questions that were not learned from: what it foresees, and what its steps cost. */
async function lookAt(exploring: Exploring, exitLayer: number, adapterPath: string): Promise<Looked> {
  const session = await exploring.openSession(adapterPath);
  try {
    const costs = await session.measure({
      maxRows: measuredRows,
      repeat: 3,
      depth: Math.min(64, session.contextSize >> 2),
      budgetMs: 1500,
    });
    const answers: HeldOutAnswer[] = [];
    for (const question of exploring.questions) {
      answers.push(...answersOf(await draftFar(exploring, session, question)));
    }
    return { exitLayer, answers, costs: roundCostsOf(costs) };
  } finally {
    await session.dispose();
  }
}

/** Rounds of a greedy answer with η = 0. */
export async function draftFar(
  { model, gate }: Pick<Exploring, 'model' | 'gate'>,
  session: NativeSession,
  question: string,
): Promise<Round[]> {
  const prompt = { kind: 'messages' as const, messages: [{ role: 'user' as const, content: question }] };
  const ids = promptIds(model, prompt);
  const options = {
    ...defaultGenerationOptions,
    mode: 'kangaroo' as const,
    threshold: 0,
    maxDraft: farthestDraft,
    promptLookup: false,
    maxTokens: Math.min(measuredTokens, session.contextSize - ids.length),
    stop: promptStops(model, prompt),
  };
  let rounds: Round[] = [];
  await gate.run(
    () => {
      rounds = [];
      const result = session.generate(ids, options, (events) => {
        for (const event of events) if (event.type === 'round') rounds.push(event);
      });
      return { result, stop: () => session.cancel() };
    },
    ({ reason }) => reason === 'cancelled',
  );
  return rounds;
}

/**
 * The layer and the draft vocabulary that are predicted to be fastest together. `measuredWith`: the size of the vocabulary that was
 * looked with; 0: all of it. Pure.
 */
export function choose(
  looked: readonly Looked[],
  bytes: ModelBytes,
  answers: readonly StoredAnswer[],
  measuredWith = 0,
): Explored {
  const unseen = answers.filter(({ heldOut }) => heldOut).map(({ answerIds }) => answerIds);
  const vocabularies = candidateVocabularies(countTokens(learnedIds(answers)), unseen, bytes.vocabularySize);
  const times = smoothed(looked, bytes);
  const layers: LayerResult[] = [];
  let best: { proposal: TrainingProposal; vocabulary: DraftVocabulary } | null = null;
  for (const [index, { exitLayer, answers: foreseen }] of looked.entries()) {
    const costs = times[index]?.costs;
    if (!costs) continue;
    let own: LayerResult | null = null;
    for (const vocabulary of vocabularies) {
      const size = vocabulary.tokenIds.length;
      const played = bestLimits(restrictedTo(vocabulary, foreseen), withVocabulary(costs, bytes, size, measuredWith));
      const { threshold, maxDraft, tokensPerRound, speedup: predictedSpeedup } = played;
      if (!own || predictedSpeedup > own.predictedSpeedup) {
        own = { exitLayer, agreement: agreementOf(foreseen), predictedSpeedup, tokensPerRound, threshold, maxDraft };
      }
      if (best && predictedSpeedup <= best.proposal.predictedSpeedup) continue;
      const draftVocabularyCoverage = vocabulary.coverage;
      const limits = { exitLayer, threshold, maxDraft, predictedSpeedup };
      best = { proposal: { ...limits, draftVocabularySize: size, draftVocabularyCoverage }, vocabulary };
    }
    if (own) layers.push(own);
  }
  if (!best) throw new Error('no layer was looked at');
  return { layers, proposal: best.proposal, draftVocabulary: best.vocabulary.tokenIds };
}

function learnedIds(answers: readonly StoredAnswer[]): number[][] {
  return answers.filter(({ heldOut }) => !heldOut).map(({ answerIds }) => answerIds);
}

/** The first answers that have so many tokens together. */
function firstTokens(answers: readonly StoredAnswer[], tokens: number): StoredAnswer[] {
  const some: StoredAnswer[] = [];
  let taken = 0;
  for (const answer of answers) {
    if (taken >= tokens && some.length > 0) break;
    some.push(answer);
    taken += answer.answerIds.length;
  }
  return some;
}
