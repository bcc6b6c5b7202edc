// A token's text with its white space made visible.
import { strings } from '../strings.ts';

export function visibleToken(text: string): string {
  if (text === '') return strings.rounds.emptyToken;
  return text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '␣');
}
