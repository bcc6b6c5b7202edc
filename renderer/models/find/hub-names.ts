// What things of the hub are called and which download they are.
import type { Download } from '../../../electron/contract/downloads.ts';
import type { HubVariant } from '../../../electron/contract/hub.ts';

/** `owner/name` without its owner and the ending that GGUF repositories have: what people call the model. */
export function modelNameOf(repository: string): string {
  return (repository.split('/')[1] ?? repository).replace(/[-_.]gguf$/i, '');
}

/** `huggingface.co` of `https://huggingface.co`. */
export function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).host;
  } catch {
    return endpoint;
  }
}

/** The item of the queue that fetches a variant: a repository may be in it with several. */
export function downloadOf(downloads: readonly Download[] | null, repository: string, file: string): Download | null {
  return downloads?.find(({ request }) => request.repo === repository && request.files.some(({ path }) => path === file)) ?? null;
}

/** The variant to begin with: the curated one, else what most people take, else the middle one. */
export function recommendedVariant(variants: readonly HubVariant[], curated: readonly string[]): HubVariant | null {
  const chosen = variants.find(({ file }) => curated.includes(file));
  if (chosen) return chosen;
  const wanted = ['Q4_K_M', 'Q4_K_S', 'Q5_K_M', 'Q4_0', 'Q8_0'];
  for (const name of wanted) {
    const variant = variants.find(({ quantisation }) => quantisation.toUpperCase() === name);
    if (variant) return variant;
  }
  return variants[Math.floor((variants.length - 1) / 2)] ?? null;
}
