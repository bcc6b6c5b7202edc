// What a command is to the dispatcher in main.ts: a table of options, words for its help, and its work.
import type { OptionTable, ParsedArguments } from './arguments.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  /** The project's root: `native/build` and `assets` lie there. */
  root: string;
  output: Output;
  /** Aborted by Ctrl-C. A command then ends soon; main.ts sets the exit code. */
  signal: AbortSignal;
}

export interface Command<T extends OptionTable = OptionTable> {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows the name in the usage line. */
  usage: string;
  /** Paragraphs of help before the options. */
  description: string;
  options: T;
  positionals?: { name: string; minimum: number; maximum: number };
  /** Resolves with whether it succeeded; a failure that needs words throws a `KangarooError`. */
  run(parsed: ParsedArguments<T>, context: CommandContext): Promise<boolean>;
}
