// Checks values from outside: what does not fit is refused with `invalid-argument`, by the name of the value.
import { z } from 'zod';
import { KangarooError } from '../contract/errors.ts';

/** A finite number in a closed range. */
export function number(least: number, most: number) {
  return z.custom<number>((value) => typeof value === 'number' && value >= least && value <= most, {
    error: `must be a number from ${least} to ${most}`,
  });
}

/** A whole number in a closed range. */
export function integer(least: number, most: number) {
  return z.custom<number>((value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most, {
    error: `must be a whole number from ${least} to ${most}`,
  });
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: T[]) {
  return z.custom<T>((value) => (words as unknown[]).includes(value), { error: `must be one of ${words.join(', ')}` });
}

export function flag() {
  return z.custom<boolean>((value) => typeof value === 'boolean', { error: 'must be true or false' });
}

/** Text of a limited length, in UTF-16 units, that can be written as UTF-8. */
export function text(leastLength: number, mostLength: number) {
  return z.custom<string>(
    (value) => typeof value === 'string' && value.length >= leastLength && value.length <= mostLength && value.isWellFormed(),
    { error: `must be valid text of ${leastLength} to ${mostLength} characters` },
  );
}

/** A path of a file. */
export function filePath() {
  return z.custom<string>((value) => typeof value === 'string' && value !== '' && !value.includes('\0'), {
    error: 'must be the path of a file',
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function lookUp(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
  }
  return found;
}

/** The value, or `invalid-argument` that names it: "`maxDraft` must be a whole number from 1 to 16, not 17." */
export function parseArgument<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const place = path.length === 0 ? name : path.map(String).join('.');
  if (issue?.code === 'unrecognized_keys') {
    throw new KangarooError('invalid-argument', `\`${name}\` has no ${issue.keys.map((key) => `\`${key}\``).join(', ')}.`);
  }
  const wanted = issue?.code === 'custom' ? issue.message : `is not understood (${issue?.message ?? 'unknown reason'})`;
  throw new KangarooError('invalid-argument', `\`${place}\` ${wanted}, not ${show(lookUp(value, path))}.`);
}
