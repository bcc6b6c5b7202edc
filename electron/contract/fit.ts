// Will it fit: what a model would need at a context, part by part, against what is free, told from its header alone.
import type { MemoryPart, MemoryPool } from './memory.ts';

/** Tokens that the default context has at most, where the model has more; as the engine does. */
export const longestDefaultContext = 8192;

export interface FitChoices {
  /** Tokens; 0: the model's own, at most `longestDefaultContext`. */
  contextSize?: number;
  cacheType?: 'f16' | 'q8_0';
}

/**
 * `fits`: with room to spare. `tight`: it would take nearly all that is free. `partly-on-gpu`: some layers stay in RAM, which
 * is slower. `too-large`: it would not load, or the machine would swap.
 */
export type FitVerdict = 'fits' | 'tight' | 'partly-on-gpu' | 'too-large';

/** How fast it will probably decode: reading pace is about 5 tokens per second. */
export type SpeedClass = 'fast' | 'comfortable' | 'slow' | 'very-slow';

export interface Fit {
  verdict: FitVerdict;
  /** One or two sentences: what it needs, what is free, and where it does not fit what would. */
  explanation: string;
  contextSize: number;
  cacheType: 'f16' | 'q8_0';
  parts: MemoryPart[];
  totalBytes: number;
  ram: MemoryPool;
  /** All GPUs together; null: none, or unknown before the engine has started. */
  gpu: MemoryPool | null;
  /** The longest context that would fit, tokens; null: not even the shortest. */
  contextThatFits: number | null;
  /**
   * Plain decoding, from to. `measured`: told from what a larger model reached on this machine; otherwise from what such machines
   * usually reach.
   */
  speed: { class: SpeedClass; tokensPerSecond: [number, number]; measured: boolean };
}

/**
 * What Kangaroo does with an architecture, from the matrix of docs/architectures.md.
 * `drafts`: tested, answers are the plain ones. `plain-only`: it answers, but cannot be left at an inner layer; `reason` says why.
 * `untested`: llama.cpp knows it, the matrix does not. `not-supported`: it is not loaded at all.
 */
export type ArchitectureSupport =
  | { support: 'drafts' }
  | { support: 'plain-only'; reason: string }
  | { support: 'untested' }
  | { support: 'not-supported'; reason: string };
