// A checkpoint's folder as Kangaroo's reference code leaves it: `config.json` (that of a Llama with one layer) beside
// `pytorch_model.bin` or `model.safetensors`. https://github.com/Equationliu/Kangaroo
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import { fileError } from '../../models/gguf/files.ts';
import { openSafetensors } from './safetensors.ts';
import type { Checkpoint } from './tensors.ts';
import { openTorchCheckpoint } from './torch-checkpoint.ts';

const count = z
  .number()
  .int()
  .min(1)
  .max(1 << 20);
const configShape = z.object({
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  num_hidden_layers: z.number().int(),
  vocab_size: count,
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  rope_theta: z.number().positive().max(1e12).nullish(),
  rope_scaling: z.unknown().optional(),
});

export interface AdapterConfig {
  embeddingLength: number;
  heads: number;
  headsKv: number;
  vocabularySize: number;
  normEpsilon: number;
  /** Base of the rotation's frequencies; the reference code's adapter always has 10000. */
  ropeFrequencyBase: number;
}

/** Safer formats first. */
const readers = [
  ['model.safetensors', openSafetensors],
  ['pytorch_model.bin', openTorchCheckpoint],
] as const;

const longestConfigBytes = 1 << 20;

/** Rejects with `file-not-found`, `file-not-readable`, `adapter-invalid`. */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const path = join(folder, 'config.json');
  const parsed = configShape.safeParse(await readJson(path));
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0] ?? { path: [], message: 'it is no object' };
    throw invalid(path, `its ${where.join('.') || 'contents'}: ${message}`);
  }
  const config = parsed.data;
  if (config.num_hidden_layers !== 1)
    throw invalid(path, `it is of a network of ${config.num_hidden_layers} layers, and an adapter has one`);
  if (config.rope_scaling !== undefined && config.rope_scaling !== null)
    throw invalid(path, 'it scales its rotation (rope_scaling)');
  return {
    embeddingLength: config.hidden_size,
    heads: config.num_attention_heads,
    headsKv: config.num_key_value_heads ?? config.num_attention_heads,
    vocabularySize: config.vocab_size,
    normEpsilon: config.rms_norm_eps,
    ropeFrequencyBase: config.rope_theta ?? 10_000,
  };
}

/** Rejects with `file-not-found`, `file-not-readable`, `file-damaged`, `adapter-invalid`. */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  for (const [name, openFile] of readers) {
    const path = join(folder, name);
    const found = await stat(path).catch((error: unknown) => {
      const shape = fileError(error, path);
      if (shape.code === 'file-not-found') return null;
      throw shape;
    });
    if (found) return await openFile(path);
  }
  const names = readers.map(([name]) => name).join(' or ');
  throw new KangarooError('file-not-found', `${folder} holds no ${names}. Give the folder of a Kangaroo checkpoint.`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > longestConfigBytes) throw invalid(path, `it has ${size} bytes`);
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof KangarooError) throw error;
    throw error instanceof SyntaxError ? invalid(path, 'it is no JSON') : fileError(error, path);
  }
}

function invalid(path: string, what: string): KangarooError {
  return new KangarooError('adapter-invalid', `${path} is not that of a Kangaroo adapter: ${what}.`);
}
