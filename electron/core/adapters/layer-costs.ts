// What the rounds of an adapter cost on this machine: its own steps as they were measured, and what a shorter draft vocabulary would
// save of them. Decoding is bound by reading weights, so the bytes of the head's rows tell their share of a step.
import type { Costs } from '../../contract/engine.ts';
import type { GgufHeader } from '../models/gguf/header.ts';
import { shapeOf } from '../models/facts.ts';
import { quantile } from '../statistics.ts';
import type { RoundCosts } from './prediction.ts';

/** Bytes that one token reads. */
export interface ModelBytes {
  /** By layer. */
  layers: number[];
  /** The head, all rows; where it is the embedding itself, that. */
  head: number;
  /** An adapter in F16. */
  adapter: number;
  vocabularySize: number;
}

const median = (samples: readonly number[]) => quantile(samples, 0.5) ?? 0;
const layerOf = (name: string) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
const bytesOfHalf = 2;

/** Of the experts of a mixture those that are asked count, in the mean. */
export function modelBytesOf(header: GgufHeader): ModelBytes {
  const shape = shapeOf(header);
  const { tensors, metadata } = header;
  const architecture = String(metadata.get('general.architecture') ?? '');
  const experts = Number(metadata.get(`${architecture}.expert_count`) ?? 0);
  const used = experts > 0 ? Number(metadata.get(`${architecture}.expert_used_count`) ?? experts) / experts : 1;
  const layers = Array.from({ length: shape.layers }, () => 0);
  for (const { name, sizeBytes } of tensors) {
    const layer = layerOf(name);
    if (layer in layers) layers[layer] = (layers[layer] ?? 0) + sizeBytes * (name.includes('_exps.') ? used : 1);
  }
  const sizeOf = (name: string) => tensors.find((tensor) => tensor.name === name)?.sizeBytes;
  const cache = shape.caches.find(({ keyLength }) => keyLength > 0);
  const keys = cache?.keyLength ?? shape.embeddingLength;
  const heads = Math.max(1, shape.heads);
  const headsKv = Number(metadata.get(`${architecture}.attention.head_count_kv`) ?? heads) || heads;
  const queries = (keys / headsKv) * heads;
  return {
    layers,
    head: sizeOf('output.weight') ?? sizeOf('token_embd.weight') ?? 0,
    adapter: bytesOfHalf * shape.embeddingLength * (2 * queries + 2 * keys),
    vocabularySize: shape.vocabularySize,
  };
}

/** Of a whole pass, what the head takes, 0…1. */
export function headShare({ layers, head }: ModelBytes): number {
  const all = layers.reduce((sum, each) => sum + each, 0) + head;
  return all > 0 ? head / all : 0;
}

/** From a measurement with the adapter and the full vocabulary. */
export function roundCostsOf({ verifyMs, verifyLateMs, draftStepMs, stateStepMs }: Costs): RoundCosts {
  const plainMs = verifyMs[0] ?? 0;
  return { plainMs, draftMs: draftStepMs ?? plainMs, stateMs: stateStepMs ?? 0, verifyMs: verifyLateMs };
}

/** With a draft vocabulary of so many tokens, from a measurement with another; 0: the full one. */
export function withVocabulary(costs: RoundCosts, bytes: ModelBytes, size: number, measuredSize = 0): RoundCosts {
  const all = bytes.vocabularySize;
  if (all <= 0 || size === measuredSize) return costs;
  const rows = (of: number) => (of === 0 ? all : of);
  const saved = costs.plainMs * headShare(bytes) * ((rows(measuredSize) - rows(size)) / all);
  return { ...costs, draftMs: Math.max(costs.stateMs, costs.draftMs - saved) };
}

export interface LayerCosts {
  exitLayer: number;
  costs: RoundCosts;
}

/**
 * Layers are timed one after the other, and on a machine that does other things too, one that was timed at a bad moment would never be
 * chosen. So of each kind of pass the median over all layers tells how long it takes in proportion to the bytes that it reads, and
 * those tell the layers apart. One layer alone keeps its own times.
 */
export function smoothed(measured: readonly LayerCosts[], bytes: ModelBytes): LayerCosts[] {
  const sum = (layers: readonly number[]) => layers.reduce((total, each) => total + each, 0);
  const readBy = (exitLayer: number) => {
    const early = sum(bytes.layers.slice(0, exitLayer));
    return {
      state: early + bytes.adapter,
      draft: early + bytes.adapter + bytes.head,
      late: sum(bytes.layers.slice(exitLayer)) + bytes.head,
    };
  };
  const perByte = (of: (costs: RoundCosts) => number | undefined, kind: 'state' | 'draft' | 'late') =>
    median(
      measured.flatMap(({ exitLayer, costs }) => {
        const ms = of(costs);
        return ms === undefined ? [] : [ms / readBy(exitLayer)[kind]];
      }),
    );
  const plainMs = median(measured.map(({ costs }) => costs.plainMs));
  const state = perByte(({ stateMs }) => stateMs, 'state');
  const draft = perByte(({ draftMs }) => draftMs, 'draft');
  const widest = Math.max(0, ...measured.map(({ costs }) => costs.verifyMs.length));
  const late = Array.from({ length: widest }, (_, row) => perByte(({ verifyMs }) => verifyMs[row], 'late'));
  return measured.map(({ exitLayer }) => {
    const read = readBy(exitLayer);
    const verifyMs = late.map((each) => each * read.late);
    return { exitLayer, costs: { plainMs, stateMs: state * read.state, draftMs: draft * read.draft, verifyMs } };
  });
}
