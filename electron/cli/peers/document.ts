// Puts a part that a command writes into a document that people write, between two marks.
import { readFile, writeFile } from 'node:fs/promises';
import { KangarooError } from '../../contract/errors.ts';

const begin = '<!-- bench:peers, written by the command -->';
const end = '<!-- end of bench:peers -->';

/** The document with `section` between its marks. Throws `file-damaged` where they are not there, once and in order. */
export function replaceSection(document: string, section: string): string {
  const [before, rest, ...more] = document.split(begin);
  const [, after, ...others] = (rest ?? '').split(end);
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new KangarooError('file-damaged', `The document needs the lines "${begin}" and "${end}", once each.`);
  }
  return `${before}${begin}\n${section.trim()}\n${end}${after}`;
}

export async function writeSection(path: string, section: string): Promise<void> {
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section));
}
