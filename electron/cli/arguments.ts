// Command line options as tables: one entry gives the parser, the type of the value and the line of help.
// Anything unknown, missing or out of range is an `invalid-argument` that names the option.
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { KangarooError } from '../contract/errors.ts';

/** One option: how its text becomes a value of type `V`, and what help says about it. */
export interface Option<V> {
  readonly takesValue: boolean;
  /** What stands for the value in help, for example `FILE`; '' for a flag. */
  readonly valueName: string;
  readonly help: string;
  /** The default as help shows it; '' where there is none to show. */
  readonly defaultText: string;
  /** `given`: each occurrence on the command line in order; a flag's is 'true'. Empty: not given. */
  parse(name: string, given: readonly string[]): V;
}

export type OptionTable = Record<string, Option<unknown>>;
export type OptionValues<T extends OptionTable> = { [K in keyof T]: T[K] extends Option<infer V> ? V : never };

export interface ParsedArguments<T extends OptionTable> {
  values: OptionValues<T>;
  positionals: string[];
}

/** An `invalid-argument` about the command line; the process exits with 2. */
export function usageError(message: string): KangarooError {
  return new KangarooError('invalid-argument', message);
}

export function flag(help: string): Option<boolean> {
  return { takesValue: false, valueName: '', help, defaultText: '', parse: (_name, given) => given.length > 0 };
}

interface TextSpecification {
  valueName: string;
  help: string;
  defaultText?: string;
  /** Is the empty text a value? */
  allowEmpty?: boolean;
}

export function text(specification: TextSpecification): Option<string | undefined> {
  return {
    ...describe(specification),
    parse: (name, given) => given.map((value) => notEmpty(name, value, specification)).at(-1),
  };
}

/** May be given more than once. */
export function texts(specification: TextSpecification): Option<string[]> {
  return { ...describe(specification), parse: (name, given) => given.map((value) => notEmpty(name, value, specification)) };
}

interface NumberSpecification<D> {
  help: string;
  fallback: D;
  minimum: number;
  maximum: number;
  /** The minimum itself is out of range. */
  exclusiveMinimum?: boolean;
  /** The default as help shows it, where the number alone would not say enough. */
  defaultText?: string;
}

export function number<D extends number | undefined>(specification: NumberSpecification<D>): Option<number | D> {
  return numeric('NUMBER', specification, (value) => (decimalPattern.test(value) ? Number(value) : undefined), 'a number');
}

export function integer<D extends number | undefined>(specification: NumberSpecification<D>): Option<number | D> {
  return numeric('N', specification, (value) => (integerPattern.test(value) ? Number(value) : undefined), 'a whole number');
}

export function choice<C extends string, D extends C | undefined>(specification: {
  choices: readonly C[];
  help: string;
  fallback: D;
  defaultText?: string;
}): Option<C | D> {
  const { choices, fallback } = specification;
  return {
    ...describe({ defaultText: fallback ?? '', valueName: choices.join('|'), ...specification }),
    parse(name, given) {
      const value = given.at(-1);
      if (value === undefined) return fallback;
      const found = choices.find((candidate) => candidate === value);
      if (found === undefined) throw usageError(`${name} must be one of ${choices.join(', ')}; it is "${value}".`);
      return found;
    },
  };
}

/** Comma-separated words of a list, each once, in the list's order; undefined when not given. */
export function choices<C extends string>(specification: {
  choices: readonly C[];
  help: string;
  defaultText: string;
}): Option<C[] | undefined> {
  const { choices: all, ...others } = specification;
  return {
    ...describe({ valueName: 'LIST', ...others }),
    parse(name, given) {
      const value = given.at(-1);
      if (value === undefined) return undefined;
      const words = value.split(',').map((word) => word.trim());
      const wrong = words.find((word) => !all.some((choice) => choice === word));
      if (wrong !== undefined) throw usageError(`${name} takes ${all.join(', ')}, with commas between them; "${wrong}" is none.`);
      return all.filter((choice) => words.includes(choice));
    },
  };
}

/** Comma-separated whole numbers ≥ 0; undefined when not given. */
export function integerList(specification: TextSpecification): Option<number[] | undefined> {
  return {
    ...describe(specification),
    parse(name, given) {
      const value = given.at(-1);
      if (value === undefined) return undefined;
      const parts = value.split(',').map((part) => part.trim());
      const wrong = parts.find((part) => !/^\d{1,10}$/.test(part));
      if (wrong !== undefined) {
        throw usageError(`${name} must be whole numbers with commas between them, such as 1,2,3; "${wrong}" is none.`);
      }
      return parts.map(Number);
    },
  };
}

/**
 * Parses what stands after the command's name. Options are written `--max-draft` for a table's `maxDraft`.
 * `positionals` says how many arguments without a name there may be.
 */
export function parseArguments<T extends OptionTable>(
  table: T,
  argv: readonly string[],
  positionals: { name: string; minimum: number; maximum: number } = { name: 'argument', minimum: 0, maximum: 0 },
): ParsedArguments<T> {
  const config: ParseArgsOptionsConfig = {};
  for (const [key, option] of Object.entries(table)) {
    config[optionName(key)] = { type: option.takesValue ? 'string' : 'boolean', multiple: true };
  }
  const parsed = readTokens(argv, config);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) {
    const given = parsed.values[optionName(key)];
    const occurrences = Array.isArray(given) ? given.map(String) : [];
    values[key] = option.parse(`--${optionName(key)}`, occurrences);
  }
  const found = parsed.positionals.length;
  if (found > positionals.maximum) {
    const extra = parsed.positionals[positionals.maximum];
    throw usageError(`Unexpected argument "${extra}". A text with spaces needs quotes around it.`);
  }
  if (found < positionals.minimum) throw usageError(`${positionals.name} is missing.`);
  return { values: values as OptionValues<T>, positionals: parsed.positionals };
}

/** `maxDraft` → `max-draft`. */
function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The options part of a command's help. */
export function optionsHelp(table: OptionTable, columns: number): string {
  const entries = Object.entries(table).map(([key, option]) => {
    const left = `  --${optionName(key)}${option.takesValue ? ` ${option.valueName}` : ''}`;
    const right = option.defaultText === '' ? option.help : `${option.help} (default: ${option.defaultText})`;
    return { left, right };
  });
  const indent = Math.min(30, Math.max(...entries.map((entry) => entry.left.length)) + 2);
  const lines = entries.flatMap(({ left, right }) => {
    const wrapped = wrap(right, columns - indent);
    const fits = left.length + 2 <= indent;
    const first = fits ? [left.padEnd(indent) + (wrapped.shift() ?? '')] : [left];
    return [...first, ...wrapped.map((line) => ' '.repeat(indent) + line)];
  });
  return lines.join('\n');
}

const decimalPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const integerPattern = /^[+-]?\d+$/;

function describe(specification: { valueName: string; help: string; defaultText?: string }) {
  const { valueName, help, defaultText = '' } = specification;
  return { takesValue: true, valueName, help, defaultText };
}

function notEmpty(name: string, value: string, specification: TextSpecification): string {
  if (value === '' && specification.allowEmpty !== true) throw usageError(`${name} must not be empty.`);
  return value;
}

function numeric<D extends number | undefined>(
  valueName: string,
  specification: NumberSpecification<D>,
  read: (value: string) => number | undefined,
  kind: string,
): Option<number | D> {
  const { fallback, minimum, maximum, exclusiveMinimum = false } = specification;
  const range = `${exclusiveMinimum ? 'above ' : ''}${minimum} to ${maximum}`;
  return {
    ...describe({ defaultText: fallback === undefined ? '' : String(fallback), valueName, ...specification }),
    parse(name, given) {
      const value = given.at(-1);
      if (value === undefined) return fallback;
      const result = read(value);
      if (result === undefined) throw usageError(`${name} must be ${kind}; it is "${value}".`);
      if (result < minimum || result > maximum || (exclusiveMinimum && result === minimum)) {
        throw usageError(`${name} must be ${range}; it is ${value}.`);
      }
      return result;
    },
  };
}

function readTokens(argv: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: joinDashedValues(argv, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const unknown = /^Unknown option '([^']*)'/.exec(error.message)?.[1];
    if (unknown !== undefined) throw usageError(`Unknown option ${unknown}. See --help for those there are.`);
    const [sentence = error.message] = error.message.split('\n');
    throw usageError(`${sentence.replace(/\.?$/, '.')} See --help.`);
  }
}

/** `--threshold -1` and `--prompt "- a list"` mean what they look like, where `parseArgs` alone would refuse them. */
function joinDashedValues(argv: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (argument === '--') return [...joined, ...argv.slice(index)];
    const next = argv[index + 1];
    const takesValue = argument.startsWith('--') && options[argument.slice(2)]?.type === 'string';
    if (takesValue && next?.startsWith('-') === true && !isOption(next, options)) {
      joined.push(`${argument}=${next}`);
      index += 1;
    } else {
      joined.push(argument);
    }
  }
  return joined;
}

function isOption(argument: string, options: ParseArgsOptionsConfig): boolean {
  const [name = ''] = argument.slice(2).split('=', 1);
  return argument === '--' || (argument.startsWith('--') && Object.hasOwn(options, name));
}

/** The lines of a paragraph, broken between words. */
export function wrap(paragraph: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
