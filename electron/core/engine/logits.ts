// The likeliest tokens, and those that were asked for, out of the logits over a whole vocabulary.
import type { Logits, WeighedToken } from '../../contract/engine.ts';
import type { NativeModel } from './addon.ts';

/** Of equal logits the smaller id comes first, as in a greedy answer. `logits`: `[n_vocab]`; `candidateIds` are below that. */
export function logitsOf(logits: Float32Array, candidateIds: readonly number[], model: Pick<NativeModel, 'detokenize'>): Logits {
  let [first, second] = [-1, -1];
  const at = (id: number) => logits[id] ?? Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id += 1) {
    if (first < 0 || at(id) > at(first)) [first, second] = [id, first];
    else if (second < 0 || at(id) > at(second)) second = id;
  }
  const weighed = (id: number): WeighedToken => ({ id, text: model.detokenize(Int32Array.of(id), true), logit: at(id) });
  return { top: [first, second].filter((id) => id >= 0).map(weighed), candidates: candidateIds.map(weighed) };
}
