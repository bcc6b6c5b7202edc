// A training from the first question to the measured adapter. It works in a folder that tells, at any moment, what is done already: begun
// again after a pause, a crash or a restart, it goes on there. What it needs room for is removed as soon as it is not needed any more.
import { renameSync, rmSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import type { TrainingPhase, TrainingResult } from '../../contract/adapters.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { TrainingEvent, TrainingPlan } from '../../contract/training.ts';
import type { NativeAddon, NativeModel, NativeSession } from '../engine/addon.ts';
import { shapeOf } from '../models/facts.ts';
import { readModelFile } from '../models/gguf/files.ts';
import { annotate } from '../models/gguf/annotate.ts';
import { textAt } from '../models/gguf/header.ts';
import { AnswerFile } from './answers.ts';
import { captureAnswers } from './capture-phase.ts';
import { asDiskFull, availableBytes, requireRoom } from './disk.ts';
import {
  estimateTraining,
  evaluations,
  exploredQuestions,
  explorePositions,
  exploreSteps,
  exploreTokens,
  layersToCompare,
  measuredQuestions,
  positionsPerStep,
  stepsFor,
  workOf,
} from './estimate.ts';
import { draftFar, exploreLayers } from './explore-phase.ts';
import type { Gate } from './gate.ts';
import { generateAnswers } from './generate-phase.ts';
import { modelBytesOf, roundCostsOf } from './layer-costs.ts';
import { measureSpeeds } from './measure-phase.ts';
import { answersOf, bestLimits, type DraftingLimits } from './prediction.ts';
import { PhaseClock } from './phase-clock.ts';
import { readProgress, writeProgress, type Progress } from './progress-file.ts';
import { mixQuestions, questionAt, readQuestions } from './questions.ts';
import { Remaining } from './remaining.ts';
import { resultKey } from './shelf.ts';
import { probeSpeeds } from './speed-probe.ts';
import { trainSteps } from './train-phase.ts';
import { openTrainingSession } from './training-session.ts';

export interface PipelineOptions {
  addon: NativeAddon;
  plan: TrainingPlan;
  /** Its signal pauses. */
  gate: Gate;
  onEvent: (event: TrainingEvent) => void;
  /** Bytes that may be written to a folder's volume; by default what is free, less the reserve. */
  available?: (folder: string) => number;
}

/** Rejects as `TrainingApi.train` does, and with what the gate's signal was aborted with. */
export async function trainAdapter(options: PipelineOptions): Promise<TrainingResult> {
  const pipeline = new Pipeline(options);
  try {
    return await pipeline.run();
  } catch (error) {
    throw asDiskFull(error, options.plan.folder);
  }
}

class Pipeline {
  readonly #options: PipelineOptions;
  readonly #plan: TrainingPlan;
  readonly #progress: Progress;
  readonly #startedAtMs = Date.now();
  #remaining: Remaining | null = null;
  #clock: PhaseClock | null = null;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#progress = readProgress(this.#path('progress.json'));
  }

  async run(): Promise<TrainingResult> {
    const { addon, gate, plan } = this.#options;
    this.#report('load', 0, 0);
    this.#requireRoom(0);
    const loading = addon.loadModel({ path: plan.modelPath, gpuLayers: plan.gpuLayers }, () => {});
    const cancel = () => loading.cancel();
    gate.signal.addEventListener('abort', cancel, { once: true });
    const model = await loading.promise.finally(() => gate.signal.removeEventListener('abort', cancel));
    const answers = new AnswerFile(this.#path('answers.jsonl'));
    try {
      this.#requireSameModel(model);
      const result = await this.#train(model, answers);
      this.#save();
      return result;
    } catch (error) {
      this.#saveIfPossible();
      throw error;
    } finally {
      answers.close();
      await model.dispose();
    }
  }

  async #train(model: NativeModel, answers: AnswerFile): Promise<TrainingResult> {
    const plan = this.#plan;
    const { header, sizeBytes } = await readModelFile(plan.modelPath);
    const bytes = modelBytesOf(header);
    const questions = mixQuestions(readQuestions(this.#path('questions.jsonl')), []);
    const heldOut = questions.filter((_, index) => questionAt(questions, index).heldOut);
    const shared = { model, gate: this.#options.gate, requireRoom: (needed: number) => this.#requireRoom(needed) };

    const session = await openTrainingSession(model, plan.adapterPath);
    try {
      const layers = this.#candidates(model);
      const exitLayer = layers[layers.length >> 1] ?? 1;
      const { folder, tokens } = plan;
      const { gate } = this.#options;
      const speeds = plan.speeds ?? (await probeSpeeds({ model, session, bytes, exitLayer, folder, questions, gate }));
      const work = { tokens, steps: this.#steps, layers, speeds };
      const estimate = estimateTraining({
        ...work,
        shape: shapeOf(header),
        bytes,
        fileBytes: sizeBytes,
        basis: 'measured',
        availableBytes: availableBytes(folder),
        availableMemoryBytes: freemem(),
      });
      this.#options.onEvent({ type: 'estimate', estimate });
      const now = () => gate.openMs();
      this.#remaining = new Remaining(estimate.ms, now);
      this.#clock = new PhaseClock(workOf(work), speeds, now);
      this.#report('generate', answers.tokens, plan.tokens);
      await generateAnswers({
        model,
        session,
        questions,
        answers,
        tokens: plan.tokens,
        gate,
        checkRoom: () => this.#requireRoom(0),
        onProgress: (tokens) => this.#report('generate', tokens, plan.tokens),
      });
    } finally {
      await session.dispose();
    }
    const learned = answers.answers.filter((answer) => !answer.heldOut);
    const unseen = answers.answers.filter((answer) => answer.heldOut);
    if (learned.length === 0 || unseen.length === 0) {
      throw new KangarooError(
        'invalid-argument',
        'The model wrote nothing to learn from. Give it more tokens, or other questions.',
      );
    }

    if (!this.#progress.explored) {
      this.#report('explore', 0, 0);
      this.#progress.explored = await exploreLayers({
        ...shared,
        bytes,
        folder: plan.folder,
        layers: this.#candidates(model),
        answers: answers.answers,
        questions: heldOut.slice(0, exploredQuestions),
        steps: Math.min(exploreSteps, this.#steps),
        positions: Math.min(explorePositions, positionsPerStep(plan.tokens)),
        tokens: Math.min(exploreTokens, plan.tokens),
        openSession: (path) => openTrainingSession(model, path),
        onProgress: (done, total) => this.#report('explore', done, total),
      });
      this.#save();
    }
    const { layers, proposal, draftVocabulary } = this.#progress.explored;
    this.#options.onEvent({ type: 'layers', layers, proposal });

    const adapterPath = this.#path('trained.gguf');
    if (!this.#progress.trained) {
      const read = answers.answers.reduce((sum, { promptIds, answerIds }) => sum + promptIds.length + answerIds.length, 0);
      const capturing = { ...shared, layers: [proposal.exitLayer] };
      let before = 0;
      const onProgress = (tokens: number) => this.#report('capture', before + tokens, read);
      const captured = await captureAnswers({ ...capturing, path: this.#path('features.bin'), answers: learned, onProgress });
      before = captured.tokens;
      await captureAnswers({ ...capturing, path: this.#path('held-out.bin'), answers: unseen, onProgress });
      this.#progress.trained = await this.#learn(model, adapterPath, {
        exitLayer: proposal.exitLayer,
        draftVocab: Int32Array.from(draftVocabulary),
        name: `${model.info.name} adapter`,
        license: textAt(header.metadata, 'general.license') ?? '',
      });
      this.#save();
    }
    for (const name of ['features.bin', 'held-out.bin', 'state.bin']) rmSync(this.#path(name), { force: true });
    return this.#measure(model, adapterPath, heldOut, answers.tokens);
  }

  async #learn(
    model: NativeModel,
    adapterPath: string,
    about: { exitLayer: number; draftVocab: Int32Array; name: string; license: string },
  ): Promise<NonNullable<Progress['trained']>> {
    let looked = { loss: 0, agreement: 0 };
    let last: { step: number; loss: number } = { step: 0, loss: 0 };
    const { onEvent, gate } = this.#options;
    this.#report('train', 0, this.#steps);
    const { steps, heldOut } = await trainSteps({
      trainer: model,
      gate,
      options: {
        ...about,
        captured: this.#path('features.bin'),
        heldOut: this.#path('held-out.bin'),
        statePath: this.#path('state.bin'),
        adapterPath,
        steps: this.#steps,
        positionsPerStep: positionsPerStep(this.#plan.tokens),
        evaluateEvery: Math.max(1, Math.round(this.#steps / evaluations)),
        data: this.#plan.data,
      },
      onStep: ({ step, steps, loss }) => {
        last = { step, loss };
        onEvent({ type: 'point', point: { step, loss, heldOutLoss: null, agreement: null } });
        this.#report('train', step, steps);
      },
      onEvaluation: ({ step, crossEntropy, agreement }) => {
        looked = { loss: crossEntropy, agreement };
        const loss = last.step === step ? last.loss : crossEntropy;
        onEvent({ type: 'point', point: { step, loss, heldOutLoss: crossEntropy, agreement } });
      },
    });
    return { steps, loss: heldOut?.crossEntropy ?? looked.loss, agreement: heldOut?.agreement ?? looked.agreement };
  }

  async #measure(model: NativeModel, adapterPath: string, heldOut: string[], tokens: number): Promise<TrainingResult> {
    const { explored, trained } = this.#progress;
    if (!explored || !trained) throw new Error('measured before it was trained');
    const { gate, onEvent } = this.#options;
    const session = await openTrainingSession(model, adapterPath);
    try {
      const questions = heldOut.slice(0, measuredQuestions);
      this.#report('measure', 0, questions.length * 3);
      const limits = await this.#limits(model, session, questions);
      const measured = await measureSpeeds({
        model,
        session,
        questions,
        limits,
        gate,
        onProgress: (done, total) => this.#report('measure', done, total),
      });
      const result: TrainingResult = {
        exitLayer: explored.proposal.exitLayer,
        threshold: limits.threshold,
        maxDraft: limits.maxDraft,
        draftVocabularySize: explored.draftVocabulary.length,
        tokens,
        ...trained,
        ...measured,
        tookMs: this.#spentMs,
        trainedAtMs: Date.now(),
      };
      await annotate(adapterPath, {
        [resultKey]: JSON.stringify(result),
        'kangaroo.train.layers': JSON.stringify(explored.layers),
      });
      renameSync(adapterPath, this.#plan.outPath);
      if (this.#clock?.end()) onEvent({ type: 'speeds', speeds: this.#clock.speeds });
      onEvent({ type: 'done', result });
      return result;
    } finally {
      await session.dispose();
    }
  }

  /** η and γ that are best for what the adapter has become. */
  async #limits(model: NativeModel, session: NativeSession, questions: readonly string[]): Promise<DraftingLimits> {
    const costs = await session.measure({ maxRows: 9, repeat: 3, depth: Math.min(64, session.contextSize >> 2), budgetMs: 1500 });
    const answers = [];
    for (const question of questions.slice(0, exploredQuestions)) {
      answers.push(...answersOf(await draftFar({ model, gate: this.#options.gate }, session, question)));
    }
    const { threshold, maxDraft } = bestLimits(answers, roundCostsOf(costs));
    return { threshold, maxDraft };
  }

  /** What was written and captured belongs to the file that did it, and to no other quantisation even. */
  #requireSameModel({ info }: NativeModel): void {
    const identity = `${info.fingerprint} ${info.fileType} ${info.sizeBytes}`;
    if (this.#progress.model !== null && this.#progress.model !== identity) {
      const message =
        `${this.#plan.modelPath} is another file than the one that this training began with. Put that one back and resume, or cancel ` +
        'this training and begin a new one.';
      throw new KangarooError('invalid-argument', message);
    }
    if (this.#progress.model === identity) return;
    this.#progress.model = identity;
    this.#save();
  }

  get #steps(): number {
    return this.#plan.steps ?? stepsFor(this.#plan.tokens);
  }

  get #spentMs(): number {
    return this.#progress.spentMs + Date.now() - this.#startedAtMs;
  }

  #candidates(model: NativeModel): number[] {
    const { exitLayer } = this.#plan;
    if (exitLayer === null) return layersToCompare(model.info.layers);
    if (exitLayer >= 1 && exitLayer < model.info.layers) return [exitLayer];
    const most = model.info.layers - 1;
    throw new KangarooError('invalid-argument', `The exit layer must be 1 to ${most} for this model; it is ${exitLayer}.`);
  }

  #report(phase: TrainingPhase, done: number, total: number): void {
    const remainingMs = this.#remaining?.at(phase, done, total) ?? null;
    this.#options.onEvent({ type: 'progress', phase, done, total, remainingMs });
    if (this.#clock?.at(phase, done, total)) this.#options.onEvent({ type: 'speeds', speeds: this.#clock.speeds });
  }

  #requireRoom(bytes: number): void {
    requireRoom(this.#plan.folder, bytes, this.#options.available);
  }

  #save(): void {
    writeProgress(this.#path('progress.json'), { ...this.#progress, spentMs: this.#spentMs });
  }

  /** Where something failed already: what is not saved costs another try, and must not hide the reason. */
  #saveIfPossible(): void {
    try {
      this.#save();
    } catch {
      // The disk is full, or the folder is gone.
    }
  }

  #path(name: string): string {
    return join(this.#plan.folder, name);
  }
}
