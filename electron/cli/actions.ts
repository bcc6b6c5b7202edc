// Commands that are made of actions, such as `kangaroo models list`: which one is meant, and whether it was given enough.
import { usageError } from './arguments.ts';

/** Throws a usage error where none of them has that name. */
export function requireAction<Name extends string>(command: string, names: readonly Name[], name: string): Name {
  const found = names.find((each) => each === name);
  if (found === undefined) throw usageError(`${command} has ${names.join(', ')}; "${name}" is none of them.`);
  return found;
}

/** Throws a usage error where fewer or more arguments than that stand behind the action's name. */
export function checkArguments(action: string, given: readonly string[], [least, most]: readonly [number, number]): void {
  if (given.length < least) {
    const [command] = action.split(' ');
    const needed = least === 1 ? 'an argument' : `${least} arguments`;
    throw usageError(`${action} needs ${needed}; see kangaroo ${command} --help.`);
  }
  if (given.length > most) throw usageError(`Unexpected argument "${given[most]}". A text with spaces needs quotes around it.`);
}
