// Our drafter as a model of its own, for peers that draft with a second model: the base's first ℓ layers, the adapter as one
// more layer, the base's head. It computes the same drafts as our engine does, and shares nothing with the base.
//
// The adapter is `RMSNorm_out(h + Wo · MHA(RMSNorm_in(h)))`: a llama layer whose feed-forward part adds nothing, with the
// adapter's norm as the model's last one. llama.cpp's architecture `deci` is llama with a feed-forward width for every layer, so
// that this part can be as narrow as there is (32, all zeros) and costs next to nothing. An adapter's draft vocabulary has no place in
// it: such a model has the head that its base has, and may draft what our engine cannot.
import { mkdir, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { ggmlF32, readGguf, readValue, text, uint32, uint32Array, writeGguf, type Gguf, type GgufTensor } from './gguf.ts';

const narrowest = 32;
const layout = 1;

/** What becomes of the adapter's tensors; `@` is the number of its layer. */
const adapterTensors: Readonly<Record<string, string>> = {
  'attn_norm.weight': 'blk.@.attn_norm.weight',
  'attn_q.weight': 'blk.@.attn_q.weight',
  'attn_k.weight': 'blk.@.attn_k.weight',
  'attn_v.weight': 'blk.@.attn_v.weight',
  'attn_output.weight': 'blk.@.attn_output.weight',
  'norm.weight': 'output_norm.weight',
};

/** Settings that the adapter and the base's layers must share, as one model has only one of each. */
const sharedSettings = [
  ['attention.head_count', 'attention.head_count'],
  ['attention.head_count_kv', 'attention.head_count_kv'],
  ['norm_rms_eps', 'attention.layer_norm_rms_epsilon'],
  ['rope.freq_base', 'rope.freq_base'],
  ['rope.dimension_count', 'rope.dimension_count'],
] as const;

/** This pair cannot be written as such a model; the message says why. */
export class NoDrafter extends Error {}

/** The path of the drafter, made in `folder` if it is not there yet. Throws `NoDrafter`. */
export async function ensureDrafter(folder: string, modelPath: string, adapterPath: string): Promise<string> {
  const key = createHash('sha256').update(`${layout}`);
  for (const path of [modelPath, adapterPath]) {
    const { size, mtimeMs } = await stat(path);
    key.update(`\0${resolve(path)}\0${size}\0${mtimeMs}`);
  }
  const name = `${basename(modelPath, '.gguf')}-drafter-${key.digest('hex').slice(0, 12)}.gguf`;
  const path = join(folder, name);
  if ((await stat(path).catch(() => null)) !== null) return path;
  const drafter = joinDrafter(await readGguf(modelPath), await readGguf(adapterPath));
  await mkdir(folder, { recursive: true });
  await writeGguf(path, drafter);
  return path;
}

export function joinDrafter(model: Gguf, adapter: Gguf): Gguf {
  checkSettings(model, adapter);
  const exitLayer = Number(readValue(adapter, 'kangaroo.exit_layer'));
  const base = model.tensors.filter(({ name }) => {
    const layer = /^blk\.(\d+)\./.exec(name)?.[1];
    return layer === undefined ? name !== 'output_norm.weight' : Number(layer) < exitLayer;
  });
  const tensors = [...base, ...adapterLayer(adapter, exitLayer), ...emptyFeedForward(model, exitLayer)];
  return { metadata: drafterMetadata(model, exitLayer), tensors };
}

function checkSettings(model: Gguf, adapter: Gguf): void {
  const architecture = readValue(model, 'general.architecture');
  if (architecture !== 'llama') throw new NoDrafter(`a drafter of its own is only written for llama models, not ${architecture}`);
  if (Number(readValue(model, 'llama.expert_count') ?? 0) > 0) throw new NoDrafter('the model has experts');
  for (const [own, base] of sharedSettings) {
    const [adapterValue, baseValue] = [readValue(adapter, `kangaroo.${own}`), readValue(model, `llama.${base}`)];
    // What neither of the two files says is the same default for both.
    if (adapterValue !== null && baseValue !== null && adapterValue !== baseValue) {
      throw new NoDrafter(`the adapter's ${own} (${adapterValue}) is not the model's (${baseValue})`);
    }
  }
}

function adapterLayer(adapter: Gguf, layer: number): GgufTensor[] {
  return Object.entries(adapterTensors).map(([from, to]) => {
    const tensor = adapter.tensors.find(({ name }) => name === from);
    if (tensor === undefined) throw new NoDrafter(`the adapter has no ${from}`);
    return { ...tensor, name: to.replace('@', String(layer)) };
  });
}

function emptyFeedForward(model: Gguf, layer: number): GgufTensor[] {
  const width = Number(readValue(model, 'llama.embedding_length'));
  const zeros = (name: string, shape: number[]): GgufTensor => ({
    name: `blk.${layer}.${name}.weight`,
    shape,
    type: ggmlF32,
    data: Buffer.alloc(4 * shape.reduce((product, length) => product * length, 1)),
  });
  return [
    zeros('ffn_norm', [width]),
    zeros('ffn_gate', [width, narrowest]),
    zeros('ffn_up', [width, narrowest]),
    zeros('ffn_down', [narrowest, width]),
  ];
}

function drafterMetadata(model: Gguf, exitLayer: number): Gguf['metadata'] {
  const metadata: Gguf['metadata'] = new Map();
  for (const [key, value] of model.metadata) metadata.set(key.replace(/^llama\./, 'deci.'), value);
  const feedForward = Number(readValue(model, 'llama.feed_forward_length'));
  metadata.set('general.architecture', text('deci'));
  metadata.set('general.name', text(`${readValue(model, 'general.name') ?? 'model'}: drafter`));
  metadata.set('deci.block_count', uint32(exitLayer + 1));
  const widths = Array.from({ length: exitLayer + 1 }, (_, layer) => (layer < exitLayer ? feedForward : narrowest));
  metadata.set('deci.feed_forward_length', uint32Array(widths));
  metadata.delete('general.alignment'); // the writer aligns to the default
  return metadata;
}
