// First phase: the model answers questions, as people let it answer, and every answer is kept as soon as it is there.
import { defaultGenerationOptions, type GenerationOptions } from '../../contract/engine.ts';
import type { NativeModel, NativeSession } from '../engine/addon.ts';
import { promptIds, promptStops } from '../engine/prompt.ts';
import type { AnswerFile, StoredAnswer } from './answers.ts';
import type { Gate } from './gate.ts';
import { questionAt } from './questions.ts';

/** Longer answers say little more about how the model goes on. */
const longestAnswer = 256;

const sampling: Partial<GenerationOptions> = { temperature: 0.7, topK: 40, topP: 0.95, minP: 0.05 };

export interface Generating {
  model: NativeModel;
  session: NativeSession;
  questions: readonly string[];
  answers: AnswerFile;
  /** Until there are so many to learn from. */
  tokens: number;
  gate: Gate;
  /** Throws where the disk is full. */
  checkRoom: () => void;
  onProgress: (tokens: number) => void;
}

/** Rejects with what the gate's signal was aborted with; what had been answered is kept. */
export async function generateAnswers(generating: Generating): Promise<void> {
  const { questions, answers, tokens, checkRoom, onProgress } = generating;
  let written = answers.tokens;
  let unseen = answers.answers.filter((answer) => answer.heldOut).length;
  // Questions that do not fit, or that the model has nothing to say to, must not go on for ever.
  const lastIndex = answers.next + questions.length * 20;
  for (let index = answers.next; (written < tokens || unseen === 0) && index < lastIndex; index++) {
    const { text, heldOut, seed } = questionAt(questions, index);
    const answer = await writeAnswer(generating, text, seed, longestAnswer);
    if (!answer) continue;
    checkRoom();
    if (answer.answerIds.length < 2) continue;
    answers.append({ index, heldOut, ...answer });
    if (heldOut) unseen++;
    else written += answer.answerIds.length;
    onProgress(Math.min(written, tokens));
  }
  answers.sync();
}

/** A sampled answer to one question; null where the question leaves no room for one. Rejects as above. */
export async function writeAnswer(
  { model, session, gate }: Pick<Generating, 'model' | 'session' | 'gate'>,
  question: string,
  seed: number,
  longest: number,
): Promise<Pick<StoredAnswer, 'promptIds' | 'answerIds'> | null> {
  const prompt = { kind: 'messages' as const, messages: [{ role: 'user' as const, content: question }] };
  const ids = promptIds(model, prompt);
  const room = session.contextSize - ids.length;
  if (room < 16) return null;
  const options: GenerationOptions = {
    ...defaultGenerationOptions,
    ...sampling,
    mode: 'auto',
    maxTokens: Math.min(longest, room),
    stop: promptStops(model, prompt),
    seed,
  };
  const done = await gate.run(
    () => ({ result: session.generate(ids, options, () => {}), stop: () => session.cancel() }),
    ({ reason }) => reason === 'cancelled',
  );
  return { promptIds: Array.from(ids), answerIds: done.tokenIds };
}
