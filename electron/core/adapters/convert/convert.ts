// A published Kangaroo checkpoint (PyTorch, Hugging Face's layout) as an adapter of ours, bound to the base that is given.
import { KangarooError } from '../../../contract/errors.ts';
import { readModelFile } from '../../models/gguf/files.ts';
import { fingerprintOf } from '../../models/gguf/fingerprint.ts';
import { numberAt, textAt, type GgufHeader } from '../../models/gguf/header.ts';
import { writeGguf, type TensorToWrite } from '../../models/gguf/writer.ts';
import { openCheckpoint, readAdapterConfig, type AdapterConfig } from './checkpoint.ts';
import { adjacentPairs, halves, singles } from './numbers.ts';
import { isTensorType, type Checkpoint, type TensorType } from './tensors.ts';

export interface ConvertRequest {
  /** Folder with config.json and the tensors. */
  checkpoint: string;
  /** The model that it was trained for, GGUF, in any quantisation. */
  base: string;
  /** The file to write; one that is there is replaced. */
  out: string;
  /** Layers before the adapter; null: as in the paper, 3 of 40 and else 2. A checkpoint does not say. */
  exitLayer: number | null;
}

export interface ConvertedAdapter {
  name: string;
  exitLayer: number;
  embeddingLength: number;
  heads: number;
  headsKv: number;
  parameters: number;
  baseName: string;
  baseFingerprint: string;
  /** Tensors of the checkpoint that an adapter does not use. */
  ignored: string[];
}

interface Base {
  name: string;
  fingerprint: string;
  layers: number;
}

/** ggml's numbers. */
const ggmlTypes: Readonly<Record<TensorType, number>> = { F32: 0, F16: 1, BF16: 30 };

/** Our tensors: the name in the checkpoint, and which heads its rows are turned by, if they are. */
const parts = [
  { name: 'attn_norm.weight', from: 'layers.0.input_layernorm.weight', turned: null },
  { name: 'attn_q.weight', from: 'layers.0.self_attn.q_proj.weight', turned: 'heads' },
  { name: 'attn_k.weight', from: 'layers.0.self_attn.k_proj.weight', turned: 'headsKv' },
  { name: 'attn_v.weight', from: 'layers.0.self_attn.v_proj.weight', turned: null },
  { name: 'attn_output.weight', from: 'layers.0.self_attn.o_proj.weight', turned: null },
  { name: 'norm.weight', from: 'norm.weight', turned: null },
] as const;

/**
 * Rejects with `adapter-invalid` (what the checkpoint holds is no adapter), `adapter-mismatch` (it is of another base),
 * `unsupported-architecture`, `file-damaged`, `file-not-found`, `file-not-readable` (also for one that cannot be written),
 * `not-a-gguf`, `disk-full`.
 */
export async function convertAdapter({
  checkpoint: folder,
  base: basePath,
  out,
  exitLayer,
}: ConvertRequest): Promise<ConvertedAdapter> {
  const config = await readAdapterConfig(folder);
  const base = await readBase(basePath, config);
  const exit = exitLayer ?? (base.layers === 40 ? 3 : 2);
  if (exit < 1 || exit >= base.layers) {
    throw new KangarooError('invalid-argument', `The exit layer must be 1 to ${base.layers - 1} for this base; it is ${exit}.`);
  }
  const checkpoint = await openCheckpoint(folder);
  try {
    const planned = plan(checkpoint, config);
    const metadata = {
      'general.architecture': 'kangaroo',
      'general.name': `${base.name} adapter`,
      'kangaroo.exit_layer': exit,
      'kangaroo.embedding_length': config.embeddingLength,
      'kangaroo.attention.head_count': config.heads,
      'kangaroo.attention.head_count_kv': config.headsKv,
      'kangaroo.rope.dimension_count': config.embeddingLength / config.heads,
      'kangaroo.rope.freq_base': { float: config.ropeFrequencyBase },
      'kangaroo.norm_rms_eps': { float: config.normEpsilon },
      'kangaroo.base.fingerprint': base.fingerprint,
      'kangaroo.base.name': base.name,
    };
    await writeGguf(out, metadata, planned.tensors, planned.values).catch((error: unknown) => {
      throw error instanceof KangarooError ? error : writeError(error, out);
    });
    return {
      name: metadata['general.name'],
      exitLayer: exit,
      embeddingLength: config.embeddingLength,
      heads: config.heads,
      headsKv: config.headsKv,
      parameters: planned.tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0),
      baseName: base.name,
      baseFingerprint: base.fingerprint,
      ignored: planned.ignored,
    };
  } finally {
    await checkpoint.close();
  }
}

function writeError(error: unknown, path: string): KangarooError {
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return full
    ? new KangarooError('disk-full', `The disk is full, and ${path} was not written. Make room and try again.`)
    : new KangarooError(
        'file-not-readable',
        `${path} cannot be written. Check that its folder is there, and its rights.`,
        String(error),
      );
}

/** What the adapter is to be bound to; refuses a base that it cannot have been trained for. */
async function readBase(path: string, config: AdapterConfig): Promise<Base> {
  const model = await readModelFile(path);
  const { header } = model;
  const { metadata } = header;
  if (textAt(metadata, 'general.architecture') !== 'llama') {
    const found = textAt(metadata, 'general.architecture') ?? 'unknown';
    throw new KangarooError(
      'unsupported-architecture',
      `${path} is of the architecture "${found}"; checkpoints of Kangaroo are of "llama".`,
    );
  }
  if (
    (textAt(metadata, 'llama.rope.scaling.type') ?? 'none') !== 'none' ||
    header.tensors.some(({ name }) => name === 'rope_freqs.weight')
  ) {
    throw new KangarooError(
      'unsupported-architecture',
      `${path} scales its rotation (RoPE), and adapters of Kangaroo's reference code do not.`,
    );
  }
  const layers = numberAt(metadata, 'llama.block_count') ?? 0;
  const fingerprint = await fingerprintOf(model);
  if (fingerprint === null) {
    throw new KangarooError(
      'unsupported-architecture',
      `${path} has no norms in F32 by which an adapter could name it. Convert the base again.`,
    );
  }
  checkBase(path, header, config);
  return { name: textAt(metadata, 'general.name') ?? 'unnamed', fingerprint, layers };
}

function checkBase(path: string, { metadata, tensors }: GgufHeader, config: AdapterConfig): void {
  const words = tensors.find(({ name }) => name === 'token_embd.weight')?.shape[1];
  const facts: [what: string, base: number | null | undefined, adapter: number][] = [
    ['wide', numberAt(metadata, 'llama.embedding_length'), config.embeddingLength],
    ['attention heads', numberAt(metadata, 'llama.attention.head_count'), config.heads],
    [
      'key and value heads',
      numberAt(metadata, 'llama.attention.head_count_kv') ?? numberAt(metadata, 'llama.attention.head_count'),
      config.headsKv,
    ],
    ['tokens', words, config.vocabularySize],
  ];
  for (const [what, base, adapter] of facts) {
    if (base === adapter) continue;
    const message = `The checkpoint is for a base with ${adapter} (${what}), and ${path} has ${base ?? 'none'}. Give the base that it was trained for.`;
    throw new KangarooError('adapter-mismatch', message);
  }
}

interface Plan {
  tensors: TensorToWrite[];
  values(tensor: TensorToWrite): Promise<Buffer>;
  ignored: string[];
}

/** Checks every tensor's name, shape and type before anything is written. */
function plan(checkpoint: Checkpoint, config: AdapterConfig): Plan {
  const { embeddingLength: width, heads, headsKv } = config;
  const invalid = (what: string) => new KangarooError('adapter-invalid', `${checkpoint.name} is no Kangaroo adapter: ${what}.`);
  if (width % heads !== 0 || (width / heads) % 2 !== 0)
    throw invalid(`a width of ${width} does not go into ${heads} heads of even size`);
  if (heads % headsKv !== 0) throw invalid(`${heads} heads cannot share ${headsKv} key and value heads`);
  const kv = (width / heads) * headsKv;
  const shapes = [[width], [width, width], [kv, width], [kv, width], [width, width], [width]];
  const known = new Set<string>(parts.map(({ from }) => from));
  // of a second layer or an adapter with a feed-forward network the result would not be what was trained
  const foreign = [...checkpoint.tensors.keys()].find(
    (name) => /^layers\.(?!0\.self_attn\.rotary_emb\.)/.test(name) && !known.has(name),
  );
  if (foreign !== undefined) throw invalid(`it also has ${foreign}, which has no place in an adapter`);
  const sources = parts.map(({ name, from, turned }, index) => {
    const tensor = checkpoint.tensors.get(from);
    const shape = shapes[index] ?? [];
    if (!tensor) throw invalid(`${from} is missing`);
    if (tensor.shape.join() !== shape.join()) {
      throw invalid(`${from} is ${tensor.shape.join(' × ')}, and config.json makes it ${shape.join(' × ')}`);
    }
    const { type } = tensor;
    if (!isTensorType(type)) throw invalid(`${from} is of the type ${type}; F32, F16 and BF16 are read`);
    const written: TensorType = shape.length === 1 ? 'F32' : type === 'F32' ? 'F16' : type;
    const read = async () => {
      const bytes = shape.length === 1 ? singles(await tensor.read(), type) : halves(await tensor.read(), type);
      if (bytes === null) throw invalid(`${from} holds values that are no numbers, or too large for 16 bits`);
      return turned === null ? bytes : adjacentPairs(bytes, config[turned], bytes.length / (shape[0] ?? 1));
    };
    return { read, tensor: { name, shape: shape.toReversed(), type: ggmlTypes[written] } };
  });
  const readers = new Map<string, () => Promise<Buffer>>(sources.map(({ read, tensor }) => [tensor.name, read]));
  return {
    tensors: sources.map(({ tensor }) => tensor),
    values: async ({ name }) => (await readers.get(name)?.()) ?? Buffer.alloc(0),
    ignored: [...checkpoint.tensors.keys()].filter((name) => !known.has(name)),
  };
}
