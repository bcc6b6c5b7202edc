// Estimates of known shapes: cache sizes that model cards and llama.cpp's own log give, and what follows from them.
import { expect, test } from 'vitest';
import type { GgufHeader, GgufValue } from './gguf/header.ts';
import { factsOf, shapeOf } from './facts.ts';
import { estimateFit, memoryParts, type Machine } from './fit.ts';
import { tensorBytes } from './gguf/types.ts';

const gib = 2 ** 30;
const mib = 2 ** 20;

function header(
  architecture: string,
  values: Record<string, GgufValue>,
  tensors: [name: string, shape: number[], type: number][] = [],
): GgufHeader {
  const metadata = new Map<string, GgufValue>([['general.architecture', architecture]]);
  for (const [key, value] of Object.entries(values))
    metadata.set(key.includes('.') && key.startsWith('tokenizer') ? key : `${architecture}.${key}`, value);
  const infos = tensors.map(([name, shape, type]) => ({
    name,
    shape,
    type,
    offset: 0,
    sizeBytes: tensorBytes(type, shape) ?? Number.NaN,
  }));
  return { metadata, tensors: infos, dataOffset: 0 };
}

const llama8b = header(
  'llama',
  {
    block_count: 32,
    embedding_length: 4096,
    feed_forward_length: 14_336,
    context_length: 131_072,
    'attention.head_count': 32,
    'attention.head_count_kv': 8,
    'tokenizer.ggml.tokens': { items: 128_256 },
  },
  [
    ['token_embd.weight', [4096, 128_256], 12],
    ['output.weight', [4096, 128_256], 14],
    ['blk.0.ffn_up.weight', [4096, 14_336], 12],
  ],
);

function kvBytes(header: GgufHeader, contextSize: number, cacheType: 'f16' | 'q8_0' = 'f16'): number {
  return memoryParts(shapeOf(header), { contextSize, cacheType, adapter: null }).find(({ name }) => name === 'kv')?.bytes ?? 0;
}

function machine(freeGib: number, gpuGib: number | null = null): Machine {
  const pool = (free: number) => ({ totalBytes: 2 * free * gib, freeBytes: free * gib });
  return { ram: pool(freeGib), gpu: gpuGib === null ? null : pool(gpuGib), bytesPerSecond: null };
}

test('Llama 3.1 8B keeps 1 GiB of K/V for 8,192 tokens, and little more than half of it in Q8_0', () => {
  expect(kvBytes(llama8b, 8192)).toBe(gib);
  expect(kvBytes(llama8b, 8192, 'q8_0')).toBe((gib * 34) / 64);
  // A context is padded as llama.cpp pads it.
  expect(kvBytes(llama8b, 8000)).toBe(gib);
});

test('layers with heads of their own, without attention, with shared or with latent caches', () => {
  const perLayer = header('jamba', {
    block_count: 4,
    embedding_length: 1024,
    'attention.head_count': 16,
    'attention.head_count_kv': [0, 8, 0, 0],
  });
  expect(kvBytes(perLayer, 1024)).toBe(1024 * 2 * 2 * 64 * 8);
  const interval = header('qwen3next', {
    block_count: 8,
    embedding_length: 2048,
    'attention.head_count': 16,
    'attention.head_count_kv': 2,
    'attention.key_length': 256,
    'attention.value_length': 256,
    full_attention_interval: 4,
  });
  expect(kvBytes(interval, 1024)).toBe(1024 * 2 * 2 * 256 * 2 * 2);
  const shared = header('gemma4', {
    block_count: 10,
    embedding_length: 512,
    'attention.head_count': 8,
    'attention.head_count_kv': 1,
    'attention.shared_kv_layers': 4,
  });
  expect(kvBytes(shared, 256)).toBe(256 * 6 * 2 * 2 * 64);
  // DeepSeek V2/V3: one vector of 512 + 64 values per token and layer.
  const latent = header('deepseek2', {
    block_count: 61,
    embedding_length: 7168,
    'attention.head_count': 128,
    'attention.head_count_kv': 1,
    'attention.key_length': 576,
    'attention.value_length': 512,
    'attention.key_length_mla': 192,
  });
  expect(kvBytes(latent, 4096)).toBe(4096 * 61 * 576 * 2);
  expect(
    kvBytes(
      header('mamba', {
        block_count: 4,
        embedding_length: 768,
        'attention.head_count': 0,
        'ssm.inner_size': 1536,
        'ssm.state_size': 16,
        'ssm.conv_kernel': 4,
      }),
      1024,
    ),
  ).toBe(4 * 4 * (3 * 1536 + 1536 * 16));
});

test('layers behind the network that predict several tokens are not loaded and not counted', () => {
  const values = {
    block_count: 3,
    nextn_predict_layers: 1,
    embedding_length: 64,
    'attention.head_count': 2,
    'attention.head_count_kv': 2,
  };
  const blocks: [string, number[], number][] = [0, 1, 2].map((layer) => [`blk.${layer}.attn_q.weight`, [64, 64], 0]);
  const shape = shapeOf(header('glm4moe', values, blocks));
  expect(shape).toMatchObject({ layers: 2, weightBytes: 2 * 64 * 64 * 4 });
  expect(shape.caches).toHaveLength(2);
});

test('an adapter brings its weights and K/V of its own, in half precision', () => {
  const parts = memoryParts(shapeOf(llama8b), {
    contextSize: 4096,
    cacheType: 'q8_0',
    adapter: { sizeBytes: 80 * mib, keyLength: 1024 },
  });
  expect(parts.find(({ name }) => name === 'adapter')?.bytes).toBe(80 * mib);
  expect(parts.find(({ name }) => name === 'draft-kv')?.bytes).toBe(4096 * 2 * 1024 * 2 + (17 + 64) * 4096 * 4);
});

test('what fits, what is tight, what is too large, and which context would do', () => {
  const shape = { ...shapeOf(llama8b), weightBytes: Math.round(4.6 * gib) };
  const options = { contextSize: 8192, cacheType: 'f16' as const, adapter: null };
  expect(estimateFit(shape, options, machine(16))).toMatchObject({ verdict: 'fits', contextSize: 8192, gpu: null });
  expect(estimateFit(shape, options, machine(6.4)).verdict).toBe('tight');
  const small = estimateFit(shape, options, machine(5.3));
  expect(small.verdict).toBe('too-large');
  expect(small.contextThatFits).toBeLessThan(8192);
  expect(small.contextThatFits).toBeGreaterThan(256);
  expect(small.explanation).toContain(`A context of ${small.contextThatFits?.toLocaleString('en')} tokens would fit`);
  // It says so truly: with that context it fits, with the next step it does not.
  expect(estimateFit(shape, { ...options, contextSize: small.contextThatFits ?? 0 }, machine(5.3)).verdict).not.toBe('too-large');
  expect(estimateFit(shape, { ...options, contextSize: (small.contextThatFits ?? 0) + 256 }, machine(5.3)).verdict).toBe(
    'too-large',
  );
  const none = estimateFit(shape, options, machine(2));
  expect(none).toMatchObject({ verdict: 'too-large', contextThatFits: null });
  expect(none.explanation).toContain('smaller');
});

test('on a GPU everything but the embeddings is moved; where it does not fit, whole layers stay', () => {
  const shape = { ...shapeOf(llama8b), weightBytes: Math.round(4.6 * gib) };
  const options = { contextSize: 8192, cacheType: 'f16' as const, adapter: null };
  const whole = estimateFit(shape, options, machine(16, 24));
  expect(whole.verdict).toBe('fits');
  expect(whole.parts.find(({ name }) => name === 'weights')?.ramBytes).toBe(shape.embeddingBytes);
  expect(whole.parts.find(({ name }) => name === 'kv')).toMatchObject({ ramBytes: 0, gpuBytes: gib });
  const half = estimateFit(shape, options, machine(16, 2));
  expect(half.verdict).toBe('partly-on-gpu');
  const onGpu = half.parts.reduce((sum, part) => sum + part.gpuBytes, 0);
  expect(onGpu).toBeGreaterThan(1.5 * gib);
  expect(onGpu).toBeLessThanOrEqual(2 * gib);
  expect(half.speed.tokensPerSecond[1]).toBeLessThan(whole.speed.tokensPerSecond[1]);
});

test('speed follows the bytes that a token reads: of a mixture, those of the experts that are asked', () => {
  const values = { block_count: 1, embedding_length: 256, 'attention.head_count': 4, expert_count: 8, expert_used_count: 2 };
  const mixture = shapeOf(
    header('qwen3moe', values, [
      ['blk.0.ffn_up_exps.weight', [256, 512, 8], 0],
      ['blk.0.attn_q.weight', [256, 256], 0],
      ['token_embd.weight', [256, 1000], 0],
    ]),
  );
  expect(mixture.activeBytes).toBe(256 * 1000 * 4 + 256 * 256 * 4 + (256 * 512 * 8 * 4) / 4);
  const shape = { ...shapeOf(llama8b), activeBytes: 4e9 };
  const options = { contextSize: 1024, cacheType: 'f16' as const, adapter: null };
  const measured = estimateFit(shape, options, { ...machine(16), bytesPerSecond: 20e9 }).speed;
  expect(measured).toMatchObject({ class: 'slow', measured: true });
  expect(measured.tokensPerSecond[0]).toBeCloseTo(4, 5);
  expect(estimateFit(shape, options, machine(16, 24)).speed.class).toBe('fast');
});

test('facts: parameters, quantisation and context as the header has them', () => {
  expect(factsOf(llama8b)).toMatchObject({
    architecture: 'llama',
    layers: 32,
    vocabularySize: 128_256,
    trainedContext: 131_072,
    quantisation: 'Q4_K',
    support: { support: 'drafts' },
  });
});

test('a head that is the table of embeddings is read for every token, and kept once more on a GPU', () => {
  const [embedding, head] = [llama8b.tensors[0]?.sizeBytes ?? 0, llama8b.tensors[1]?.sizeBytes ?? 0];
  const tied = { ...llama8b, tensors: llama8b.tensors.filter(({ name }) => name !== 'output.weight') };
  const [own, shared] = [shapeOf(llama8b), shapeOf(tied)];
  expect(own.activeBytes - shared.activeBytes).toBe(head - embedding);
  const weights = (shape: typeof own, gpuGib: number | null) => {
    const { parts } = estimateFit(shape, { contextSize: 256, cacheType: 'f16', adapter: null }, machine(16, gpuGib));
    return parts.find(({ name }) => name === 'weights');
  };
  expect(weights(shared, null)).toMatchObject({ ramBytes: shared.weightBytes, gpuBytes: 0 });
  expect(weights(shared, 64)).toMatchObject({ ramBytes: embedding, gpuBytes: shared.weightBytes });
  expect(weights(own, 64)).toMatchObject({ ramBytes: embedding, gpuBytes: own.weightBytes - embedding });
});
