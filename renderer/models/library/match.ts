// Which models of the library a few typed words mean.
import type { LibraryModel } from '../../../electron/contract/library.ts';

/** True where every word is somewhere in the model's name, architecture, quantisation or path. */
export function matches(model: LibraryModel, text: string): boolean {
  const { name, path, facts } = model;
  const searched = [name, path, facts?.architecture, facts?.quantisation].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}
