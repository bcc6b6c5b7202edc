// GGUF files for tests: any metadata and tensors, and small llama models with a vocabulary of their own that the engine loads.
import { writeFileSync } from 'node:fs';
import { tensorBytes } from '../gguf/types.ts';
import { ggufHead, padded, type GgufWritable } from '../gguf/writer.ts';

export interface TestTensor {
  name: string;
  shape: number[];
  /** ggml's number; by default F32. */
  type?: number;
}

/** A whole file; the tensors hold small numbers that differ. */
export function ggufBytes(metadata: Readonly<Record<string, GgufWritable>>, tensors: readonly TestTensor[]): Buffer {
  const typed = tensors.map((tensor) => ({ ...tensor, type: tensor.type ?? 0 }));
  const data: Buffer[] = [];
  let offset = 0;
  for (const { shape, type } of typed) {
    const bytes = Buffer.alloc(tensorBytes(type, shape) ?? 0);
    if (type === 0) for (let at = 0; at < bytes.length; at += 4) bytes.writeFloatLE(0.02 * (((at + offset) % 17) / 8 - 1), at);
    data.push(padded(bytes));
    offset += data.at(-1)?.length ?? 0;
  }
  return Buffer.concat([ggufHead(metadata, typed), ...data]);
}

export interface TinyModel {
  name?: string;
  layers?: number;
  embeddingLength?: number;
  feedForwardLength?: number;
  heads?: number;
  headsKv?: number;
  vocabularySize?: number;
  trainedContext?: number;
  extra?: Readonly<Record<string, GgufWritable>>;
  /** ggml's number for the matrices: 0 F32, 1 F16, 8 Q8_0. */
  type?: number;
}

/** The parts of a small llama model with an untied head that llama.cpp loads; what is written there is noise. */
export function tinyLlama(options: TinyModel = {}): { metadata: Record<string, GgufWritable>; tensors: TestTensor[] } {
  const { layers = 2, embeddingLength = 64, heads = 4, headsKv = 2, vocabularySize = 300, type = 0 } = options;
  const { feedForwardLength = 128, trainedContext = 512, name = 'Tiny', extra = {} } = options;
  const words = Array.from({ length: vocabularySize }, (_, id) => {
    if (id < 3) return ['<unk>', '<s>', '</s>'][id] ?? '';
    return id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `word${id}`;
  });
  const metadata: Record<string, GgufWritable> = {
    'general.architecture': 'llama',
    'general.name': name,
    'general.file_type': type === 8 ? 7 : type,
    'llama.block_count': layers,
    'llama.context_length': trainedContext,
    'llama.embedding_length': embeddingLength,
    'llama.feed_forward_length': feedForwardLength,
    'llama.attention.head_count': heads,
    'llama.attention.head_count_kv': headsKv,
    'llama.attention.layer_norm_rms_epsilon': { float: 1e-5 },
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': words,
    'tokenizer.ggml.token_type': words.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    ...extra,
  };
  const headLength = (embeddingLength / heads) * headsKv;
  const matrix = (of: string, ...shape: number[]) => ({ name: `${of}.weight`, shape, type });
  const tensors: TestTensor[] = [
    matrix('token_embd', embeddingLength, vocabularySize),
    matrix('output', embeddingLength, vocabularySize),
    { name: 'output_norm.weight', shape: [embeddingLength] },
  ];
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `blk.${layer}`;
    tensors.push(
      { name: `${block}.attn_norm.weight`, shape: [embeddingLength] },
      { name: `${block}.ffn_norm.weight`, shape: [embeddingLength] },
      matrix(`${block}.attn_q`, embeddingLength, embeddingLength),
      matrix(`${block}.attn_k`, embeddingLength, headLength),
      matrix(`${block}.attn_v`, embeddingLength, headLength),
      matrix(`${block}.attn_output`, embeddingLength, embeddingLength),
      matrix(`${block}.ffn_gate`, embeddingLength, feedForwardLength),
      matrix(`${block}.ffn_up`, embeddingLength, feedForwardLength),
      matrix(`${block}.ffn_down`, feedForwardLength, embeddingLength),
    );
  }
  return { metadata, tensors };
}

export function writeTinyLlama(path: string, options: TinyModel = {}): void {
  const { metadata, tensors } = tinyLlama(options);
  writeFileSync(path, ggufBytes(metadata, tensors));
}
