// The session that a training writes, compares and measures in.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { NativeModel, NativeSession } from '../engine/addon.ts';

/** Longer conversations are seldom, and their caches large. */
const longestContext = 2048;

/** With the adapter of a path, where it is there and fits; else without. Rejects with `out-of-memory`. */
export async function openTrainingSession(model: NativeModel, adapterPath: string | null): Promise<NativeSession> {
  const adapter = adapterPath !== null && existsSync(adapterPath) ? await model.loadAdapter(adapterPath).catch(() => null) : null;
  const contextSize = Math.min(longestContext, model.info.trainedContext || longestContext);
  // One core stays free, as in training: others use this machine, and threads that wait for each other wait for the slowest.
  const threads = Math.max(1, availableParallelism() - 1);
  return model.createSession({ contextSize, cacheType: 'f16', threads, flashAttention: 'auto', adapter });
}
