import { expect, test } from 'vitest';
import { joinDrafter, NoDrafter } from './drafter.ts';
import { ggmlF32, readValue, text, uint32, type Gguf, type GgufTensor } from './gguf.ts';

const tensor = (name: string, byte: number): GgufTensor => ({ name, shape: [1], type: ggmlF32, data: Buffer.alloc(4, byte) });

function model(architecture = 'llama'): Gguf {
  const layers = [0, 1, 2, 3].flatMap((layer) => [
    tensor(`blk.${layer}.attn_q.weight`, layer),
    tensor(`blk.${layer}.ffn_up.weight`, layer),
  ]);
  return {
    metadata: new Map([
      ['general.architecture', text(architecture)],
      ['general.name', text('Example')],
      ['llama.block_count', uint32(4)],
      ['llama.embedding_length', uint32(8)],
      ['llama.feed_forward_length', uint32(64)],
      ['llama.rope.freq_base', uint32(10_000)],
      ['tokenizer.ggml.model', text('llama')],
    ]),
    tensors: [tensor('token_embd.weight', 9), tensor('output_norm.weight', 8), ...layers],
  };
}

function adapter(freqBase = 10_000): Gguf {
  const names = ['attn_norm', 'attn_q', 'attn_k', 'attn_v', 'attn_output', 'norm'];
  return {
    metadata: new Map([
      ['kangaroo.exit_layer', uint32(2)],
      ['kangaroo.rope.freq_base', uint32(freqBase)],
    ]),
    tensors: names.map((name, index) => tensor(`${name}.weight`, 20 + index)),
  };
}

test("the first layers, the adapter as the next one without a feed-forward part, the base's embeddings", () => {
  const drafter = joinDrafter(model(), adapter());
  const bytes = Object.fromEntries(drafter.tensors.map(({ name, data }) => [name, Buffer.isBuffer(data) ? data[0] : null]));
  expect(bytes).toEqual({
    'token_embd.weight': 9,
    'blk.0.attn_q.weight': 0,
    'blk.0.ffn_up.weight': 0,
    'blk.1.attn_q.weight': 1,
    'blk.1.ffn_up.weight': 1,
    'blk.2.attn_norm.weight': 20,
    'blk.2.attn_q.weight': 21,
    'blk.2.attn_k.weight': 22,
    'blk.2.attn_v.weight': 23,
    'blk.2.attn_output.weight': 24,
    'output_norm.weight': 25,
    'blk.2.ffn_norm.weight': 0,
    'blk.2.ffn_gate.weight': 0,
    'blk.2.ffn_up.weight': 0,
    'blk.2.ffn_down.weight': 0,
  });
  const down = drafter.tensors.find(({ name }) => name === 'blk.2.ffn_down.weight');
  expect(down?.shape).toEqual([32, 8]);
});

test('its metadata: layers of different widths, the same tokenizer', () => {
  const drafter = joinDrafter(model(), adapter());
  expect(readValue(drafter, 'general.architecture')).toBe('deci');
  expect(readValue(drafter, 'general.name')).toBe('Example: drafter');
  expect(readValue(drafter, 'deci.block_count')).toBe(3);
  expect(readValue(drafter, 'deci.embedding_length')).toBe(8);
  expect(readValue(drafter, 'tokenizer.ggml.model')).toBe('llama');
  expect([...drafter.metadata.keys()].filter((key) => key.startsWith('llama.'))).toEqual([]);
  const widths = drafter.metadata.get('deci.feed_forward_length')?.bytes;
  expect([0, 1, 2].map((layer) => widths?.readUInt32LE(12 + 4 * layer))).toEqual([64, 64, 32]);
});

test('pairs that are no such model are refused with the reason', () => {
  expect(() => joinDrafter(model('qwen3'), adapter())).toThrow(NoDrafter);
  expect(() => joinDrafter(model('qwen3'), adapter())).toThrow('only written for llama models, not qwen3');
  expect(() => joinDrafter(model(), adapter(500_000))).toThrow(
    "the adapter's rope.freq_base (500000) is not the model's (10000)",
  );
  const incomplete = adapter();
  incomplete.tensors.pop();
  expect(() => joinDrafter(model(), incomplete)).toThrow('the adapter has no norm.weight');
});
