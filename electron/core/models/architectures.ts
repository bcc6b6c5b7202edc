// What Kangaroo does with each architecture: the matrix of docs/architectures.md as data; a test holds one against the other.
import type { ArchitectureSupport } from '../../contract/fit.ts';

/** Tested: drafting gives the plain answer, with and without flash attention. By `general.architecture`. */
export const drafting: readonly string[] = `
  llama llama4 mistral3 qwen qwen2 qwen2moe qwen2vl qwen3 qwen3moe qwen3vl gemma gemma2 gemma3 gemma4 phi2
  phi3 phimoe granite granitemoe granite_swa olmo2 olmoe smollm3 starcoder starcoder2 gpt-oss stablelm falcon
  gptneox gpt2 bloom mpt refact command-r cohere2 exaone exaone4 glm4 glm4moe chatglm ernie4_5 ernie4_5-moe
  hunyuan-dense hunyuan-moe deepseek deepseek2 internlm2 baichuan minicpm minicpm3 orion nemotron arcee
  apertus seed_oss xverse codeshell plamo jais dots1 bailingmoe bailingmoe2 smallthinker minimax-m2 afmoe
  mimo2 grok dbrx
`
  .trim()
  .split(/\s+/);

const noRollback =
  'its memory is no K/V cache that can be rolled back to an earlier token (it is recurrent, hybrid, sparse or none)';

/** They answer, plainly: why they cannot be left at an inner layer. */
export const plainOnly: Readonly<Record<string, string>> = {
  mamba: noRollback,
  mamba2: noRollback,
  jamba: noRollback,
  granitehybrid: noRollback,
  'falcon-h1': noRollback,
  lfm2: noRollback,
  qwen3next: noRollback,
  qwen35: noRollback,
  deepseek32: noRollback,
  'minimax-m3': noRollback,
  gemma3n: 'this architecture does not show one state per token between its layers',
};

const encoder = 'it reads a text as a whole, with an encoder; choose a decoder-only model';

/** Not loaded at all. */
export const notLoaded: Readonly<Record<string, string>> = {
  t5: encoder,
  t5encoder: encoder,
  bert: encoder,
  'modern-bert': encoder,
  'nomic-bert': encoder,
  'nomic-bert-moe': encoder,
  'neo-bert': encoder,
  'jina-bert-v2': encoder,
  'jina-bert-v3': encoder,
  eurobert: encoder,
  'gemma-embedding': encoder,
  clip: 'it reads images for another model; load that model',
  llada: 'it writes by diffusion, not token by token; choose a decoder-only model',
  'llada-moe': 'it writes by diffusion, not token by token; choose a decoder-only model',
  dream: 'it writes by diffusion, not token by token; choose a decoder-only model',
};

const drafts = new Set(drafting);

export function supportOf(architecture: string): ArchitectureSupport {
  if (drafts.has(architecture)) return { support: 'drafts' };
  if (Object.hasOwn(plainOnly, architecture)) return { support: 'plain-only', reason: plainOnly[architecture] ?? '' };
  if (Object.hasOwn(notLoaded, architecture)) return { support: 'not-supported', reason: notLoaded[architecture] ?? '' };
  return { support: 'untested' };
}
