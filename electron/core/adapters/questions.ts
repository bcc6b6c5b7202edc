// What a model is asked to write for its own training: the app's list, and, only if the user says so, questions of their chats.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KangarooError } from '../../contract/errors.ts';

const line = z.object({ prompt: z.string().min(1) });

/** The list that ships with the app (assets/prompts/training/README.md). Throws `file-not-found`, `file-damaged`. */
export function bundledQuestions(root: string): string[] {
  return readQuestions(join(root, 'assets', 'prompts', 'training', 'prompts.jsonl'));
}

/** JSON Lines with a `prompt` each. Throws `file-not-found`, `file-not-readable`, `file-damaged`. */
export function readQuestions(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing) throw new KangarooError('file-not-found', `${path} does not exist. Check the path.`);
    throw new KangarooError('file-not-readable', `${path} cannot be read. It must be a file that you may read.`, String(error));
  }
  const lines = text.split('\n').filter((each) => each.trim() !== '');
  const questions = lines.map((each, index) => {
    try {
      return line.parse(JSON.parse(each)).prompt;
    } catch {
      throw new KangarooError('file-damaged', `${path}: line ${index + 1} is no JSON object with a text "prompt".`);
    }
  });
  if (questions.length === 0) throw new KangarooError('file-damaged', `${path} holds no prompts: give one JSON object per line.`);
  return questions;
}

/** Longer ones, in UTF-16 units, would be mostly reading. */
const longestQuestion = 4000;
/** Of all questions, one in so many is held out. */
const heldOutEvery = 12;

/** Both lists mixed, each question once, in an order that is always the same. */
export function mixQuestions(bundled: readonly string[], own: readonly string[]): string[] {
  const usable = (text: string) => text.trim() !== '' && text.length <= longestQuestion;
  return shuffled([...new Set([...bundled, ...own].filter(usable))]);
}

export interface Question {
  text: string;
  heldOut: boolean;
  /** Another one in every repetition of the list: the same question gets another answer. */
  seed: number;
}

/** The question of this index; behind the end the list begins anew. A question that is held out is held out every time. */
export function questionAt(questions: readonly string[], index: number): Question {
  const place = index % questions.length;
  return { text: questions[place] ?? '', heldOut: place % heldOutEvery === 1, seed: index + 1 };
}

/** Fisher-Yates with a small generator of fixed seed (mulberry32). */
function shuffled(items: string[]): string[] {
  let state = 0x6b616e67;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] ?? '', items[last] ?? ''];
  }
  return items;
}
