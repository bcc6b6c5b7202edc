// Times each kind of work of a training for a second or two, with the very calls that the training makes.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeRequest, TrainingSpeeds } from '../../contract/training.ts';
import type { NativeAddon, NativeModel, NativeSession } from '../engine/addon.ts';
import { readModelFile } from '../models/gguf/files.ts';
import type { StoredAnswer } from './answers.ts';
import { captureAnswers } from './capture-phase.ts';
import { exploredVocabularySize } from './draft-vocabulary.ts';
import { layersToCompare } from './estimate.ts';
import type { Gate } from './gate.ts';
import { writeAnswer } from './generate-phase.ts';
import { modelBytesOf, type ModelBytes } from './layer-costs.ts';
import { trainSteps } from './train-phase.ts';
import { openTrainingSession } from './training-session.ts';
import { speedsFrom } from './training-speeds.ts';

export interface Probing {
  model: NativeModel;
  /** With the adapter that the model has, if any. */
  session: NativeSession;
  bytes: ModelBytes;
  exitLayer: number;
  folder: string;
  questions: readonly string[];
  gate: Gate;
}

/** What each kind of work may take, about. */
const budgetMs = 2000;
const answers = 3;
const steps = 3;

/** Rejects with what the gate's signal was aborted with, and as the phases do. Leaves nothing in the folder. */
export async function probeSpeeds({
  model,
  session,
  bytes,
  exitLayer,
  folder,
  questions,
  gate,
}: Probing): Promise<TrainingSpeeds> {
  const costs = await session.measure({
    maxRows: 8,
    repeat: 3,
    depth: Math.min(64, session.contextSize >> 2),
    budgetMs: 800,
  });
  const guessed = speedsFrom(costs, bytes);
  const within = (ms: number, least: number, most: number) => Math.max(least, Math.min(most, Math.round(budgetMs / ms)));

  const longest = Math.ceil(within(guessed.generateMs, 24, 288) / answers);
  const written: { promptIds: number[]; answerIds: number[] }[] = [];
  let [tokens, ms] = [0, 0];
  for (const [index, question] of questions.entries()) {
    if (written.length >= answers) break;
    const began = gate.openMs();
    const answer = await writeAnswer({ model, session, gate }, question, index + 1, longest);
    if (!answer || answer.answerIds.length < 2) continue;
    ms += gate.openMs() - began;
    tokens += answer.answerIds.length;
    written.push(answer);
  }
  const [first] = written;
  if (!first) return guessed;
  const generateMs = ms / tokens;

  // The same texts again and again, until there is enough to time.
  const wanted = within(guessed.captureMs, 128, 4096);
  const texts: StoredAnswer[] = [];
  for (let read = 0; read < wanted && texts.length < 64;) {
    const text = written[texts.length % written.length] ?? first;
    texts.push({ ...text, index: texts.length, heldOut: false });
    read += text.promptIds.length + text.answerIds.length;
  }
  const captured = join(folder, 'probe.bin');
  const statePath = join(folder, 'probe.state');
  const adapterPath = join(folder, 'probe.gguf');
  try {
    let [beganMs, beganWith] = [0, 0];
    const totals = await captureAnswers({
      model,
      path: captured,
      layers: [exitLayer],
      answers: texts,
      gate,
      requireRoom: () => {},
      onProgress: (done) => {
        if (beganMs === 0 || done === beganWith) [beganMs, beganWith] = [gate.openMs(), done];
      },
    });
    const captureMs = (gate.openMs() - beganMs) / (totals.tokens - beganWith);

    const positions = Math.min(totals.positions, within(guessed.trainMs * steps, 32, 2048));
    const perPosition: number[] = [];
    const size = exploredVocabularySize(bytes.vocabularySize);
    await trainSteps({
      trainer: model,
      gate,
      options: {
        captured,
        heldOut: '',
        statePath,
        adapterPath,
        exitLayer,
        steps,
        positionsPerStep: positions,
        evaluateEvery: 0,
        draftVocab: Int32Array.from({ length: size }, (_, id) => id),
      },
      onStep: (step) => perPosition.push((totals.tokens / totals.positions / step.tokensPerSecond) * 1000),
      onEvaluation: () => {},
    });
    // The first step builds graphs; a step that had to wait for a core says nothing.
    return { generateMs, captureMs, trainMs: Math.min(...perPosition), exploreFactor: 1, measureFactor: 1 };
  } finally {
    for (const path of [captured, statePath, adapterPath]) rmSync(path, { force: true });
  }
}

/** Loads a model for that alone, and frees it. Rejects as loading does, too. */
export async function probeModel(addon: NativeAddon, request: ProbeRequest, gate: Gate): Promise<TrainingSpeeds> {
  const { modelPath, adapterPath, gpuLayers, folder, questions } = request;
  const { header } = await readModelFile(modelPath);
  const model = await addon.loadModel({ path: modelPath, gpuLayers }, () => {}).promise;
  try {
    const layers = layersToCompare(model.info.layers);
    const exitLayer = layers[layers.length >> 1] ?? 1;
    const session = await openTrainingSession(model, adapterPath);
    try {
      return await probeSpeeds({ model, session, bytes: modelBytesOf(header), exitLayer, folder, questions, gate });
    } finally {
      await session.dispose();
    }
  } finally {
    await model.dispose();
  }
}
