// What a model's header tells: for people (architecture, parameters, quantisation), and the shape that memory depends on.
import type { ModelFacts } from '../../contract/library.ts';
import { supportOf } from './architectures.ts';
import { numberAt, textAt, type GgufHeader, type GgufValue } from './gguf/header.ts';
import { fileTypeName } from './gguf/types.ts';

/** One layer's attention: what a token keeps in the K/V cache there, in values; 0 for a layer without attention. */
export interface LayerCache {
  keyLength: number;
  valueLength: number;
}

export interface AdapterShape {
  sizeBytes: number;
  /** Values of keys per token; the adapter keeps as many of values. */
  keyLength: number;
}

/** What memory depends on. */
export interface ModelShape {
  /** Tensors that are loaded, bytes. */
  weightBytes: number;
  /** Of these, the token embeddings, which stay in RAM. */
  embeddingBytes: number;
  /** The embeddings once more where they are the head as well, which a GPU keeps a copy of; 0 where the head is its own. */
  tiedBytes: number;
  layers: number;
  embeddingLength: number;
  feedForwardLength: number;
  vocabularySize: number;
  heads: number;
  trainedContext: number;
  caches: LayerCache[];
  /** Bytes that a token reads: of a mixture of experts only those that are asked. */
  activeBytes: number;
  /** State of the recurrent layers together, bytes; 0 without such layers. */
  recurrentBytes: number;
}

/** A number, or the one of a layer where each has its own. */
function perLayer(value: GgufValue | undefined, layer: number, otherwise: number): number {
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) {
    const own = value[layer];
    return typeof own === 'number' ? own : otherwise;
  }
  return otherwise;
}

/** What a layer keeps per token. Sources: llama-hparams.cpp (`n_embd_k_gqa`) and llama-kv-cache.cpp of the bundled llama.cpp. */
function cacheOf(metadata: GgufHeader['metadata'], architecture: string, layer: number, embeddingLength: number): LayerCache {
  const at = (key: string) => metadata.get(`${architecture}.${key}`);
  const heads = perLayer(at('attention.head_count'), layer, 0);
  const headsKv = perLayer(at('attention.head_count_kv'), layer, heads);
  // Every so many layers one has attention, the others a recurrent state.
  const interval = numberAt(metadata, `${architecture}.full_attention_interval`);
  if (headsKv === 0 || (interval !== null && interval > 1 && (layer + 1) % interval !== 0))
    return { keyLength: 0, valueLength: 0 };
  const headLength = heads > 0 ? embeddingLength / heads : 0;
  const keyLength = perLayer(at('attention.key_length'), layer, headLength);
  const valueLength = perLayer(at('attention.value_length'), layer, headLength);
  // Latent attention keeps one compressed vector; the values are a part of it.
  if (at('attention.key_length_mla') !== undefined) return { keyLength, valueLength: 0 };
  // A model with sliding windows may have other heads there. llama.cpp's layers alternate by a pattern that is the architecture's.
  return { keyLength: keyLength * headsKv, valueLength: valueLength * headsKv };
}

function recurrentBytes(metadata: GgufHeader['metadata'], architecture: string, layers: number): number {
  const at = (key: string) => numberAt(metadata, `${architecture}.ssm.${key}`) ?? 0;
  const inner = at('inner_size');
  if (inner === 0 || layers === 0) return 0;
  const convolution = Math.max(0, at('conv_kernel') - 1) * (inner + 2 * at('group_count') * at('state_size'));
  return 4 * layers * (convolution + inner * at('state_size'));
}

/** The layer of a tensor, `blk.7.attn_q.weight`; null for the others. */
function layerOf(name: string): number | null {
  const digits = /^blk\.(\d+)\./.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function shapeOf({ metadata, tensors }: GgufHeader): ModelShape {
  const architecture = textAt(metadata, 'general.architecture') ?? '';
  const number = (key: string) => numberAt(metadata, `${architecture}.${key}`);
  // Layers for predicting several tokens at once lie behind the others and are not loaded.
  const layers = Math.max(0, (number('block_count') ?? 0) - (number('nextn_predict_layers') ?? 0));
  const loaded = tensors.filter(({ name }) => (layerOf(name) ?? 0) < Math.max(1, layers));
  const bytes = (these: typeof tensors) => these.reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
  const embeddings = tensors.filter(({ name }) => name === 'token_embd.weight');
  const tied = tensors.some(({ name }) => name === 'output.weight') ? 0 : bytes(embeddings);
  const embeddingLength = number('embedding_length') ?? 0;
  // The last layers may look into the caches of earlier ones.
  const ownCaches = Math.max(0, layers - (number('attention.shared_kv_layers') ?? 0));
  const caches = Array.from({ length: ownCaches }, (_, layer) => cacheOf(metadata, architecture, layer, embeddingLength));
  const experts = number('expert_count') ?? 0;
  const activeExperts = experts > 0 ? (number('expert_used_count') ?? experts) / experts : 1;
  return {
    weightBytes: bytes(loaded),
    embeddingBytes: bytes(embeddings),
    tiedBytes: tied,
    layers,
    embeddingLength,
    feedForwardLength: feedForwardOf(metadata, architecture, embeddingLength),
    vocabularySize: vocabularySizeOf(metadata, tensors, architecture),
    heads: perLayer(metadata.get(`${architecture}.attention.head_count`), 0, 1),
    trainedContext: number('context_length') ?? 0,
    caches,
    activeBytes:
      tied +
      bytes(loaded.filter(({ name }) => !isExpert(name) && name !== 'token_embd.weight')) +
      activeExperts * bytes(loaded.filter(({ name }) => isExpert(name))),
    recurrentBytes: recurrentBytes(metadata, architecture, caches.filter(({ keyLength }) => keyLength === 0).length),
  };
}

const isExpert = (name: string) => name.includes('_exps.');

/** What a token's widest layer holds at a time; in a mixture of experts all that are asked together. */
function feedForwardOf(metadata: GgufHeader['metadata'], architecture: string, embeddingLength: number): number {
  const at = (key: string) => metadata.get(`${architecture}.${key}`);
  const list = at('feed_forward_length');
  const dense = Array.isArray(list) ? Math.max(...list.map(Number)) : perLayer(list, 0, 4 * embeddingLength);
  const expert = perLayer(at('expert_feed_forward_length'), 0, dense);
  const used = perLayer(at('expert_used_count'), 0, 0);
  return used > 0 ? Math.max(dense, expert * used) : dense;
}

function vocabularySizeOf(metadata: GgufHeader['metadata'], tensors: GgufHeader['tensors'], architecture: string): number {
  const words = metadata.get('tokenizer.ggml.tokens');
  if (Array.isArray(words)) return words.length;
  if (typeof words === 'object') return words.items;
  const embeddings = tensors.find(({ name }) => name === 'token_embd.weight');
  return numberAt(metadata, `${architecture}.vocab_size`) ?? embeddings?.shape[1] ?? 0;
}

function parametersOf(tensors: GgufHeader['tensors']): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
}

/** The name of the file's type, else the type that most of its parameters have. */
function quantisationOf({ metadata, tensors }: GgufHeader): string {
  const named = fileTypeName(numberAt(metadata, 'general.file_type') ?? -1);
  if (named !== null) return named;
  const byType = Map.groupBy(tensors, ({ type }) => type);
  const [most] = [...byType].toSorted(([, first], [, second]) => parametersOf(second) - parametersOf(first));
  return tensorTypeNames[most?.[0] ?? -1] ?? 'unknown';
}

const tensorTypeNames: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  8: 'Q8_0',
  12: 'Q4_K',
  14: 'Q6_K',
  30: 'BF16',
};

export function factsOf(header: GgufHeader): ModelFacts {
  const { metadata, tensors } = header;
  const shape = shapeOf(header);
  const architecture = textAt(metadata, 'general.architecture') ?? '';
  return {
    architecture,
    parameters: parametersOf(tensors),
    quantisation: quantisationOf(header),
    layers: shape.layers,
    embeddingLength: shape.embeddingLength,
    vocabularySize: shape.vocabularySize,
    trainedContext: shape.trainedContext,
    hasChatTemplate: textAt(metadata, 'tokenizer.chat_template') !== null,
    licence: textAt(metadata, 'general.license'),
    support: supportOf(architecture),
  };
}

/** An adapter as memory sees it: its tensors, and the keys that it keeps per token. */
export function adapterShapeOf({ tensors }: GgufHeader): AdapterShape {
  const keys = tensors.find(({ name }) => name === 'attn_k.weight');
  return { sizeBytes: tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0), keyLength: keys?.shape[1] ?? 0 };
}

/** What a GGUF is for. Projectors for images, LoRA adapters and files without a network are no models that can chat. */
export function kindOf({ metadata, tensors }: GgufHeader): 'model' | 'adapter' | 'other' {
  if (textAt(metadata, 'general.architecture') === 'kangaroo') return 'adapter';
  const type = textAt(metadata, 'general.type');
  if (type !== null && type !== 'model') return 'other';
  return tensors.length > 0 && (numberAt(metadata, `${textAt(metadata, 'general.architecture') ?? ''}.block_count`) ?? 0) > 0
    ? 'model'
    : 'other';
}

/** Scalar metadata as text; long lists as `[n items]`. */
export function metadataText(metadata: GgufHeader['metadata']): Record<string, string> {
  const text = (value: GgufValue): string => {
    if (Array.isArray(value)) return value.length > 32 ? `[${value.length} items]` : `[${value.join(', ')}]`;
    return typeof value === 'object' ? `[${value.items} items]` : String(value);
  };
  return Object.fromEntries([...metadata].map(([key, value]) => [key, text(value)]));
}
