// Will it fit: the memory that a model would need, part by part, from its header, and how that compares with what is free.
// Weights, K/V and draft K/V are exact; compute buffers follow llama.cpp's graph for a batch of 512 tokens with flash attention,
// as measured on dense models of many shapes. A model test holds the sum against what the engine really allocates.
import { longestDefaultContext, type Fit, type FitVerdict, type SpeedClass } from '../../contract/fit.ts';
import type { MemoryPart, MemoryPool } from '../../contract/memory.ts';
import type { AdapterShape, ModelShape } from './facts.ts';

/** What is taken where a model does not say; as the engine does. */
const unknownTrainedContext = 4096;
/** llama.cpp pads a context to this many tokens. */
const contextStep = 256;
/** Tokens that are read at once; see BATCH in native/src/session.cpp. */
const batchTokens = 512;
/** Rows of the widest verification: MAX_DRAFT + 1 in native/src/session.h. */
const mostRows = 17;
/** Exit states that a paused chat keeps until its adapter wants them: KEPT_STATES in native/src/llama-exit-internal.h. */
const keptStates = 64;
/** Buffers of verification for 1…8 rows, each a schedule of its own: 1 + 2 + … + 8 rows. */
const roundRows = 36;
/** Above this share of what is free it is called tight. */
const tightShare = 0.85;

export interface Machine {
  ram: MemoryPool;
  /** All GPUs together; null without one. */
  gpu: MemoryPool | null;
  /** Bytes of weights per second that a larger model was measured to read on this machine; null before that. */
  bytesPerSecond: number | null;
}

export interface FitOptions {
  contextSize: number;
  cacheType: 'f16' | 'q8_0';
  adapter: AdapterShape | null;
}

function padded(contextSize: number): number {
  return Math.ceil(contextSize / contextStep) * contextStep;
}

/** Tokens: what was chosen, else the model's own, at most 8192. */
function contextOf(shape: Pick<ModelShape, 'trainedContext'>, chosen: number): number {
  return chosen > 0 ? chosen : Math.min(shape.trainedContext || unknownTrainedContext, longestDefaultContext);
}

function cacheBytesPerToken(shape: ModelShape, cacheType: FitOptions['cacheType']): number {
  const values = shape.caches.reduce((sum, { keyLength, valueLength }) => sum + keyLength + valueLength, 0);
  return values * (cacheType === 'q8_0' ? 34 / 32 : 2);
}

/** Bytes of the buffers for intermediate results. */
function computeBytes(shape: ModelShape, contextSize: number, adapter: AdapterShape | null): number {
  const tokens = Math.min(batchTokens, contextSize);
  const perToken = 3 * shape.feedForwardLength + 4 * shape.embeddingLength;
  // The mask of attention is kept in half precision, one number per token and cell.
  const prompt = tokens * (4 * perToken + 2 * contextSize);
  const logits = mostRows * 4 * shape.vocabularySize + tokens * 4 * shape.embeddingLength;
  const rounds = roundRows * 4 * Math.max(perToken, shape.vocabularySize);
  return Math.max(prompt, logits) + rounds * (adapter ? 2 : 1);
}

/** Every part, bytes; parts of nothing are left out. */
export function memoryParts(shape: ModelShape, options: FitOptions): { name: MemoryPart['name']; bytes: number }[] {
  const tokens = padded(contextOf(shape, options.contextSize));
  const { adapter } = options;
  return [
    { name: 'weights' as const, bytes: shape.weightBytes },
    { name: 'kv' as const, bytes: tokens * cacheBytesPerToken(shape, options.cacheType) + shape.recurrentBytes },
    { name: 'adapter' as const, bytes: adapter?.sizeBytes ?? 0 },
    {
      name: 'draft-kv' as const,
      bytes: adapter ? 4 * adapter.keyLength * tokens + 4 * (mostRows + keptStates) * shape.embeddingLength : 0,
    },
    { name: 'compute' as const, bytes: computeBytes(shape, tokens, adapter) },
  ].filter(({ bytes }) => bytes > 0);
}

/** How much lies on a GPU: whole layers, as many as fit, and what belongs to them; 0…1. */
function gpuShare(total: number, shape: ModelShape, gpu: MemoryPool | null): number {
  if (!gpu || gpu.freeBytes <= 0) return 0;
  const movable = total - shape.embeddingBytes;
  if (movable <= gpu.freeBytes) return 1;
  const layers = Math.max(1, shape.layers);
  return Math.floor((gpu.freeBytes / movable) * layers) / layers;
}

function verdictOf(ramBytes: number, gpuBytes: number, { ram, gpu }: Machine): FitVerdict {
  if (ramBytes > ram.freeBytes) return 'too-large';
  if (gpu && gpuBytes > 0 && ramBytes > gpuBytes) return 'partly-on-gpu';
  const tight = ramBytes > tightShare * ram.freeBytes || (gpu !== null && gpuBytes > tightShare * gpu.freeBytes);
  return tight ? 'tight' : 'fits';
}

function totalBytes(shape: ModelShape, options: FitOptions): number {
  return memoryParts(shape, options).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The longest context, a multiple of 256 and at most what the model was trained for, that fits; null: not even the shortest. */
function contextThatFits(shape: ModelShape, options: FitOptions, machine: Machine): number | null {
  const free = machine.ram.freeBytes + (machine.gpu?.freeBytes ?? 0);
  const fits = (steps: number) => totalBytes(shape, { ...options, contextSize: steps * contextStep }) <= free;
  let [least, most] = [0, Math.max(1, Math.ceil((shape.trainedContext || unknownTrainedContext) / contextStep))];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return least === 0 ? null : least * contextStep;
}

/** What memory of such a kind usually delivers, bytes per second from to: two channels of DDR4 or DDR5; a GPU's own. */
const usualRates = { ram: [8e9, 40e9], gpu: [150e9, 800e9] } as const;

function speedOf(shape: ModelShape, onGpu: number, bytesPerSecond: number | null): Fit['speed'] {
  const rates: readonly [number, number] = bytesPerSecond !== null ? [0.8 * bytesPerSecond, 1.1 * bytesPerSecond] : [0, 0];
  // Decoding reads every active weight once per token: its time is what that takes.
  const seconds = (index: 0 | 1) =>
    bytesPerSecond !== null
      ? shape.activeBytes / rates[index]
      : (shape.activeBytes * onGpu) / usualRates.gpu[index] + (shape.activeBytes * (1 - onGpu)) / usualRates.ram[index];
  const tokensPerSecond: [number, number] = [1 / Math.max(seconds(0), 1e-4), 1 / Math.max(seconds(1), 1e-4)];
  return {
    class: classOf(Math.sqrt(tokensPerSecond[0] * tokensPerSecond[1])),
    tokensPerSecond,
    measured: bytesPerSecond !== null,
  };
}

/** People read about 5 tokens per second. */
function classOf(tokensPerSecond: number): SpeedClass {
  if (tokensPerSecond >= 20) return 'fast';
  if (tokensPerSecond >= 7) return 'comfortable';
  return tokensPerSecond >= 2.5 ? 'slow' : 'very-slow';
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}

export function estimateFit(model: ModelShape, options: FitOptions, machine: Machine): Fit {
  // A head that is the table of embeddings is kept twice then: the table is looked up in RAM.
  const shape = machine.gpu ? { ...model, weightBytes: model.weightBytes + model.tiedBytes } : model;
  const parts = memoryParts(shape, options);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const share = gpuShare(total, shape, machine.gpu);
  const memory = parts.map(({ name, bytes }): MemoryPart => {
    const movable = name === 'weights' ? bytes - shape.embeddingBytes : bytes;
    const gpuBytes = Math.round(movable * share);
    return { name, ramBytes: bytes - gpuBytes, gpuBytes };
  });
  const gpuBytes = memory.reduce((sum, part) => sum + part.gpuBytes, 0);
  const verdict = verdictOf(total - gpuBytes, gpuBytes, machine);
  const fitting = contextThatFits(shape, options, machine);
  const contextSize = contextOf(shape, options.contextSize);
  return {
    verdict,
    explanation: explain({ verdict, total, contextSize, fitting, machine }),
    contextSize,
    cacheType: options.cacheType,
    parts: memory,
    totalBytes: total,
    ram: machine.ram,
    gpu: machine.gpu,
    contextThatFits: fitting,
    speed: speedOf(shape, share, machine.bytesPerSecond),
  };
}

interface Explained {
  verdict: FitVerdict;
  total: number;
  contextSize: number;
  fitting: number | null;
  machine: Machine;
}

function explain({ verdict, total, contextSize, fitting, machine }: Explained): string {
  const { ram, gpu } = machine;
  const free = gpu ? `${size(gpu.freeBytes)} on the GPU and ${size(ram.freeBytes)} of RAM` : `${size(ram.freeBytes)} of RAM`;
  const needs = `It needs about ${size(total)} with a context of ${contextSize.toLocaleString('en')} tokens; ${free} are free.`;
  if (verdict === 'fits') return needs;
  if (verdict === 'tight') return `${needs} That leaves little for other programs.`;
  if (verdict === 'partly-on-gpu') return `${needs} Some layers stay in RAM, which is slower.`;
  if (fitting !== null && fitting < contextSize) return `${needs} A context of ${fitting.toLocaleString('en')} tokens would fit.`;
  return `${needs} Choose a smaller quantisation or a smaller model, or close other programs.`;
}
