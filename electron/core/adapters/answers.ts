// What the model wrote for its own training, in a file that grows by whole lines: a line is there or not, whatever happens, and
// a training that was interrupted goes on behind the last one.
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';

export interface StoredAnswer {
  /** Which of the questions, counted on over repetitions of the list: see `questionAt`. */
  index: number;
  /** For looking at what was learned, never for learning. */
  heldOut: boolean;
  promptIds: number[];
  /** With its end-of-turn token, unless it was cut at its longest. */
  answerIds: number[];
}

const ids = z.array(z.int().nonnegative());
const line = z.object({ index: z.int().nonnegative(), heldOut: z.boolean(), promptIds: ids, answerIds: ids });

/** A line is on the disk after so many at the latest. */
const syncEvery = 8;

export class AnswerFile {
  readonly answers: StoredAnswer[] = [];
  readonly #file: number;
  #end: number;
  #unsynced = 0;

  /** Takes what is there, and cuts off a last line that was not finished. Throws as `node:fs` does. */
  constructor(path: string) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w');
    let end = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, end)) {
      const parsed = parseLine(bytes.toString('utf8', end, at));
      if (!parsed) break;
      this.answers.push(parsed);
      end = at + 1;
    }
    ftruncateSync(this.#file, end);
    this.#end = end;
  }

  /** The index of the next question. */
  get next(): number {
    return (this.answers.at(-1)?.index ?? -1) + 1;
  }

  /** Tokens of all answers, of those to learn from. */
  get tokens(): number {
    return this.answers.reduce((sum, { heldOut, answerIds }) => sum + (heldOut ? 0 : answerIds.length), 0);
  }

  append(answer: StoredAnswer): void {
    const bytes = Buffer.from(`${JSON.stringify(answer)}\n`);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written);
    }
    this.#end += bytes.length;
    this.answers.push(answer);
    if (++this.#unsynced >= syncEvery) this.sync();
  }

  sync(): void {
    fdatasyncSync(this.#file);
    this.#unsynced = 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function parseLine(text: string): StoredAnswer | null {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
