// Writing a small file so that it is the old one or the new one at any moment, a power cut included.
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Throws as `node:fs` does; the old file is then still there. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w');
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
