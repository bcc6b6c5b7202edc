// A repository's files as variants: every quantisation that can be downloaded and loaded, with a hint of its quality.
import type { HubVariant, QualityHint } from '../../../contract/hub.ts';
import { parseSplitName } from '../gguf/files.ts';

export interface ListedFile {
  path: string;
  sizeBytes: number;
  sha256: string | null;
}

/** Files beside the models: projectors for images, importance matrices, LoRA and Kangaroo adapters. */
const notModels = /mmproj|imatrix|lora|kangaroo|adapter/i;
const quantisation =
  /(?:^|[-_./ ])((?:UD-)?(?:I?Q|TQ)[1-8](?:_[0-9A-Z]+)*|MXFP4(?:_MOE)?|NVFP4|BF16|F(?:P)?(?:16|32))(?=[-_./ ]|$)/gi;

/** `Q4_K_M` of `model-Q4_K_M.gguf`; null where the name does not tell. */
export function quantisationOf(path: string): string | null {
  const stem = parseSplitName(path)?.stem ?? path.replace(/\.gguf$/i, '');
  const last = [...stem.matchAll(quantisation)].at(-1)?.[1]?.toUpperCase();
  return last?.replace(/^UD-/, '').replace(/^FP/, 'F') ?? null;
}

/**
 * By bits per weight. Source: perplexities that llama.cpp's quantize tool gives for its types; 4 bits are where most people
 * stop noticing.
 */
export function qualityOf(name: string): QualityHint | null {
  if (/^(F32|BF16|F16)$/.test(name)) return 'lossless';
  if (/^Q8_0|^Q6_K/.test(name)) return 'excellent';
  if (name.startsWith('Q5_')) return 'very-good';
  if (/^(Q4_|IQ4_|MXFP4|NVFP4)/.test(name)) return 'good';
  if (/^(Q3_|IQ3_)/.test(name)) return 'fair';
  return /^(Q[12]_|IQ[12]_|TQ)/.test(name) ? 'extreme' : null;
}

/** Smallest first. A split model is one variant; one of whose parts is missing is none. */
export function variantsOf(files: readonly ListedFile[], modelOf: (file: ListedFile) => string | null): HubVariant[] {
  const models = files.filter(({ path }) => path.toLowerCase().endsWith('.gguf') && !notModels.test(path));
  const groups = Map.groupBy(models, ({ path }) => {
    const split = parseSplitName(path);
    return split ? `${split.stem} of ${split.count}` : path;
  });
  const variants: HubVariant[] = [];
  for (const group of groups.values()) {
    const parts = group.toSorted((first, second) => (first.path < second.path ? -1 : 1));
    const [first] = parts;
    if (!first || parts.length !== (parseSplitName(first.path)?.count ?? 1)) continue;
    const name = quantisationOf(first.path);
    variants.push({
      file: first.path,
      files: parts,
      quantisation: name ?? 'unknown',
      quality: name === null ? null : qualityOf(name),
      sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      modelId: modelOf(first),
    });
  }
  return variants.toSorted((first, second) => first.sizeBytes - second.sizeBytes);
}
