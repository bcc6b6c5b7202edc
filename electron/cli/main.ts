#!/usr/bin/env node
// The `kangaroo` command: finds the command, parses its options, runs it, turns errors into exit codes.
// 0: success. 1: an error, or a check that failed. 2: the command line is wrong. 130: Ctrl-C.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KangarooError, toErrorShape } from '../contract/errors.ts';
import { optionsHelp, parseArguments, usageError, wrap, type OptionTable } from './arguments.ts';
import { adaptersCommand } from './adapters/adapters.ts';
import { benchCommand } from './bench.ts';
import type { Command } from './command.ts';
import { chatsCommand } from './chats/chats.ts';
import { convertAdapterCommand } from './convert-adapter.ts';
import { generateCommand } from './generate.ts';
import { inspectCommand } from './inspect.ts';
import { modelsCommand } from './models/models.ts';
import { Output, type Sink } from './output.ts';
import { peersCommand } from './peers/peers.ts';
import { serveCommand } from './serve.ts';
import { trainCommand } from './train.ts';
import { verifyCommand } from './verify.ts';

const helpColumns = 100;
const commands: readonly Command[] = [
  generateCommand,
  verifyCommand,
  benchCommand,
  peersCommand,
  trainCommand,
  inspectCommand,
  convertAdapterCommand,
  modelsCommand,
  adaptersCommand,
  chatsCommand,
  serveCommand,
];

export interface Environment {
  root: string;
  stdout: Sink;
  stderr: Sink;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Runs one command line, without `node` and the script, and resolves with its exit code. Never rejects. */
export async function run(argv: readonly string[], environment: Environment): Promise<number> {
  const { stdout, stderr, signal, root } = environment;
  const output = new Output(stdout, stderr, argv.includes('--json'));
  try {
    const [name, ...rest] = argv;
    if (name === '--help' || name === '-h' || name === 'help') {
      stdout.write(`${help()}\n`);
      return 0;
    }
    if (name === '--version') {
      stdout.write(`${version(root)}\n`);
      return 0;
    }
    const command = findCommand(name);
    if (asksForHelp(rest)) {
      stdout.write(`${commandHelp(command)}\n`);
      return 0;
    }
    const parsed = parseArguments(command.options, rest, command.positionals);
    const succeeded = await command.run(parsed, { root, output, signal });
    return succeeded ? 0 : failureCode(signal);
  } catch (error) {
    const shape = toErrorShape(error);
    output.error(shape);
    if (shape.detail !== undefined && shape.code !== 'cancelled') output.note(shape.detail);
    return shape.code === 'invalid-argument' ? 2 : failureCode(signal);
  }
}

function failureCode(signal: AbortSignal): number {
  return signal.aborted ? 130 : 1;
}

function findCommand(name: string | undefined): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const problem = name === undefined || name.startsWith('-') ? 'Which command?' : `There is no command "${name}".`;
  throw usageError(`${problem} There are ${commands.map((candidate) => candidate.name).join(', ')}; see kangaroo --help.`);
}

/** A `--help` anywhere but behind `--`. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

function help(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    'Usage: kangaroo <command> [options]',
    '',
    'Local language models that draft their own next tokens, without changing what they say.',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'kangaroo <command> --help shows the options of a command. Exit code 0 means success, 2 a wrong command line.',
  ].join('\n');
}

function commandHelp({ name, usage, description, options }: Command<OptionTable>): string {
  const words = description.split('\n').flatMap((line) => wrap(line, helpColumns));
  return [`Usage: kangaroo ${name} ${usage}`, '', ...words, '', 'Options:', optionsHelp(options, helpColumns)].join('\n');
}

function version(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  return String(found);
}

/** Aborted by the first Ctrl-C; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new KangarooError('cancelled', 'Cancelled.'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** A reader that has seen enough (`| head`) ends the command as a signal would. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 141 : 1);
  });
}

if (import.meta.main) {
  endWithReader();
  process.exitCode = await run(process.argv.slice(2), {
    root: join(import.meta.dirname, '..', '..'),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interruption(),
  });
}
