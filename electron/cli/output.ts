// Where a command writes: results to stdout, everything else to stderr. With `--json` stdout holds one JSON object
// per line and nothing else.
import type { KangarooError } from '../contract/errors.ts';

/** The part of a stream that is needed here; `process.stdout` and `process.stderr` are such. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export class Output {
  readonly json: boolean;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  #progressShown = false;
  #lastTenth = '';

  constructor(stdout: Sink, stderr: Sink, json: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.json = json;
  }

  /** A result for programs; silent without `--json`. */
  object(value: Record<string, unknown>): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A result for people, as it is; silent with `--json`. */
  text(value: string): void {
    if (this.json) return;
    this.#clearProgress();
    this.#stdout.write(value);
  }

  /** A result that is a file of its own, for people and programs alike. */
  raw(value: string): void {
    this.#clearProgress();
    this.#stdout.write(value);
  }

  /** A line beside the results, on stderr. */
  note(line: string): void {
    this.#clearProgress();
    this.#stderr.write(`${line}\n`);
  }

  /** How far something is, 0…1: one living line on a terminal; elsewhere a line for every tenth, or nothing. */
  progress(label: string, fraction: number, elsewhere: 'tenths' | 'nothing' = 'tenths'): void {
    const shown = `${label} ${Math.floor(fraction * 100)}%`;
    if (this.#stderr.isTTY === true) {
      this.#stderr.write(`\r\u001b[K${shown}`);
      this.#progressShown = true;
      if (fraction >= 1) this.#clearProgress();
      return;
    }
    if (elsewhere === 'nothing') return;
    const tenth = `${label} ${Math.floor(fraction * 10)}`;
    if (tenth !== this.#lastTenth) this.#stderr.write(`${shown}\n`);
    this.#lastTenth = tenth;
  }

  /** Says what went wrong: to people on stderr, and to programs as one line on stdout. */
  error(error: Pick<KangarooError, 'code' | 'message'>): void {
    this.object({ type: 'error', code: error.code, message: error.message });
    this.note(`kangaroo: ${error.message}`);
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }
}
