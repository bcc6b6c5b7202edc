// Which base a model is, whatever its quantisation and in however many files: SHA-256 over its F32 norms, as
// native/src/model-files.cpp computes it and as adapters name their base.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { ModelFile } from './files.ts';

const f32 = 0;
/** OLMo 2 and EXAONE 4 have no norm before attention. */
const norms = ['attn_norm', 'post_attention_norm', 'ffn_norm'];

/** Hexadecimal; null where the norms are not in F32. Rejects as the file system does. */
export async function fingerprintOf({ paths, headers }: Pick<ModelFile, 'paths' | 'headers'>): Promise<string | null> {
  const byName = new Map(
    headers.flatMap(({ tensors }, index) =>
      tensors.map((tensor) => [tensor.name, { tensor, path: paths[index] ?? '' }] as const),
    ),
  );
  const files = new Map<string, FileHandle>();
  try {
    for (const norm of norms) {
      const hash = createHash('sha256');
      let layer = 0;
      for (; ; layer += 1) {
        const found = byName.get(`blk.${layer}.${norm}.weight`);
        if (!found) break;
        const { path, tensor } = found;
        if (tensor.type !== f32) return null;
        const file = files.get(path) ?? (await open(path));
        files.set(path, file);
        const bytes = Buffer.alloc(tensor.sizeBytes);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, tensor.offset);
        if (bytesRead < bytes.length) return null;
        hash.update(bytes);
      }
      if (layer > 0) return hash.digest('hex');
    }
    return null;
  } finally {
    for (const file of files.values()) await file.close();
  }
}
