// A child process of the benchmark: node-llama-cpp with its own prebuilt binary, through the lowest level of its API that
// still knows token predictors (`LlamaContextSequence.evaluate`).
import {
  DraftSequenceTokenPredictor,
  getLlama,
  InputLookupTokenPredictor,
  LlamaLogLevel,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
  type TokenPredictor,
} from 'node-llama-cpp';
import type { Answer, GenerateRequest, OpenRequest, Opened, PeerSpecification } from './protocol.ts';
import { serveRequests } from './serve-requests.ts';

interface Peer {
  model: LlamaModel;
  sequence: LlamaContextSequence;
  predictor: TokenPredictor | undefined;
}

const peers = new Map<string, Peer>();

async function open(request: OpenRequest): Promise<Opened> {
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: request.gpuLayers === 0 ? false : 'auto',
    logLevel: LlamaLogLevel.error,
    progressLogs: false,
    maxThreads: 0, // no limit of its own: every context has the threads that it is given
  });
  const gpuLayers = request.gpuLayers < 0 ? 'max' : request.gpuLayers;
  const model = await llama.loadModel({ modelPath: request.modelPath, gpuLayers });
  const drafter = request.drafterPath === null ? null : await llama.loadModel({ modelPath: request.drafterPath, gpuLayers });
  const parameters: Record<string, string> = {};
  for (const specification of request.peers) {
    const predictor = await makePredictor(specification, drafter, request);
    const sequence = await openSequence(model, request, predictor);
    peers.set(specification.name, { model, sequence, predictor });
    parameters[specification.name] = inWords(predictor);
  }
  return { type: 'opened', parameters };
}

/** A sequence in a context of its own: sequences that share one would share its cells. */
async function openSequence(model: LlamaModel, request: OpenRequest, tokenPredictor?: TokenPredictor) {
  const { contextSize, threads } = request;
  const context = await model.createContext({
    contextSize,
    sequences: 1,
    threads: { ideal: threads, min: threads },
    flashAttention: 'auto',
  });
  return context.getSequence(tokenPredictor === undefined ? {} : { tokenPredictor });
}

async function makePredictor(
  { kind, settings }: PeerSpecification,
  drafter: LlamaModel | null,
  request: OpenRequest,
): Promise<TokenPredictor | undefined> {
  if (kind === 'plain') return undefined;
  if (kind === 'input-lookup') return new InputLookupTokenPredictor();
  if (kind !== 'draft-sequence' || drafter === null) throw new Error(`There is no ${kind}, or no draft model for it.`);
  return new DraftSequenceTokenPredictor(await openSequence(drafter, request), settings);
}

function inWords(predictor: TokenPredictor | undefined): string {
  if (predictor instanceof InputLookupTokenPredictor) {
    const { patternMinLength, predictionMinLength, predictionMaxLength } = predictor;
    return `patterns from ${patternMinLength}, ${predictionMinLength} to ${predictionMaxLength} drafts`;
  }
  if (predictor instanceof DraftSequenceTokenPredictor) {
    return `confidence ${predictor.minConfidence}, ${predictor.minTokens} to ${predictor.maxTokens} drafts, in the background`;
  }
  return '';
}

async function generate({ name, promptIds, maxTokens }: GenerateRequest): Promise<Answer> {
  const peer = peers.get(name);
  if (peer === undefined) throw new Error(`There is no peer ${name}.`);
  const { model, sequence, predictor } = peer;
  await sequence.clearHistory();
  const prompt = promptIds as Token[];
  if (predictor instanceof InputLookupTokenPredictor) predictor.updateInputTokens(prompt);
  const before = sequence.tokenPredictions;
  const tokenIds: number[] = [];
  const start = performance.now();
  let [first, last] = [start, start];
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    last = performance.now();
    if (tokenIds.length === 0) first = last;
    tokenIds.push(token);
    if (tokenIds.length >= maxTokens || model.isEogToken(token)) break;
  }
  const { used, validated, refuted } = sequence.tokenPredictions;
  // A token that was predicted and used came out of a pass that another token had paid for.
  const rounds = Math.max(0, tokenIds.length - 1 - (used - before.used));
  // A drafter in the background must not go on into the next peer's turn.
  if (predictor instanceof DraftSequenceTokenPredictor) await predictor.draftSequence.clearHistory();
  const drafted = validated + refuted - before.validated - before.refuted;
  const accepted = validated - before.validated;
  return { type: 'answer', tokenIds, promptMs: first - start, ms: last - first, rounds, drafted, accepted };
}

await serveRequests({ open, generate });
process.exit(0);
