// Middle phase: the answers go through the network once, and the states that an adapter learns from are kept, for as long as it learns.
import { toErrorShape } from '../../contract/errors.ts';
import type { NativeCapture, NativeCaptured, NativeText, NativeTrainer } from '../engine/addon-training.ts';
import type { StoredAnswer } from './answers.ts';
import type { Gate } from './gate.ts';

/** Texts per call: it ends soon when somebody waits for an answer, and the disk is looked at in between. */
const textsPerCall = 16;
/** Of a question with its answer; what lies behind is cut off. */
const longestText = 1024;

export interface Capturing {
  model: NativeTrainer;
  /** The file. */
  path: string;
  layers: readonly number[];
  answers: readonly StoredAnswer[];
  gate: Gate;
  /** Throws where so many bytes more would fill the disk. */
  requireRoom: (bytes: number) => void;
  /** Tokens so far, of these answers. */
  onProgress: (tokens: number) => void;
}

export function textOf({ promptIds, answerIds }: StoredAnswer): NativeText {
  // Of a long question only the end: the answer is what counts.
  const kept = promptIds.slice(Math.max(0, promptIds.length + answerIds.length - longestText));
  const ids = Int32Array.from([...kept, ...answerIds]);
  return { ids, mask: Uint8Array.from(ids, (_, at) => (at >= kept.length ? 1 : 0)) };
}

/** Goes on behind the texts that the file has already. */
export async function captureAnswers(capturing: Capturing): Promise<NativeCaptured> {
  const { model, path, layers, answers, gate, requireRoom, onProgress } = capturing;
  const capture = await model.openCapture({ path, exitLayers: layers, maxTokens: longestText, threads: 0 });
  try {
    onProgress(capture.totals.tokens);
    while (capture.totals.texts < answers.length) {
      const texts = answers.slice(capture.totals.texts, capture.totals.texts + textsPerCall).map(textOf);
      requireRoom(texts.reduce((sum, { ids, mask }) => sum + capture.sizeOf(ids.length, mask.filter(Boolean).length), 0));
      await gate.run(
        () => ({ result: addUnlessCancelled(capture, texts), stop: () => capture.cancel() }),
        (added) => !added,
      );
      onProgress(capture.totals.tokens);
    }
    return capture.totals;
  } finally {
    await capture.dispose();
  }
}

async function addUnlessCancelled(capture: NativeCapture, texts: readonly NativeText[]): Promise<boolean> {
  try {
    await capture.add(texts);
    return true;
  } catch (error) {
    if (toErrorShape(error).code === 'cancelled') return false;
    throw error;
  }
}
