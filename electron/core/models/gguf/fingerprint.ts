// Which base a model is, whatever its quantisation: SHA-256 over its F32 norms, as native/src/gguf-file.cpp computes it and as
// adapters name their base.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { GgufHeader } from './header.ts';

const f32 = 0;
/** OLMo 2 and EXAONE 4 have no norm before attention. */
const norms = ['attn_norm', 'post_attention_norm', 'ffn_norm'];

/** Hexadecimal; null where the norms are not in this file or not in F32. Rejects as the file system does. */
export async function fingerprintOf(path: string, { tensors }: GgufHeader): Promise<string | null> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const file = await open(path);
  try {
    for (const norm of norms) {
      const hash = createHash('sha256');
      let layer = 0;
      for (; ; layer += 1) {
        const tensor = byName.get(`blk.${layer}.${norm}.weight`);
        if (!tensor) break;
        if (tensor.type !== f32) return null;
        const bytes = Buffer.alloc(tensor.sizeBytes);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, tensor.offset);
        if (bytesRead < bytes.length) return null;
        hash.update(bytes);
      }
      if (layer > 0) return hash.digest('hex');
    }
    return null;
  } finally {
    await file.close();
  }
}
