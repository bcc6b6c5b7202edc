// A tokenizer for unit tests: every character is a token, and the special tokens that it is given are found by the
// longest match, as llama.cpp finds them.
import type { PromptModel } from '../prompt.ts';

const firstCharacter = 1000;

export interface CharacterTokenizer extends PromptModel {
  /** A text per token, special ones as `[<|end|>]`. */
  show(ids: Int32Array): string[];
}

export function createCharacterTokenizer(
  specials: string[],
  options: { chatTemplate?: string; bosText?: string; eosText?: string; addEos?: boolean } = {},
): CharacterTokenizer {
  const { chatTemplate = '', bosText = '', eosText = '', addEos = false } = options;
  const longestFirst = specials.toSorted((a, b) => b.length - a.length);
  const written = (id: number) => specials[id] ?? String.fromCodePoint(id - firstCharacter);

  return {
    chatTemplate,
    bosText,
    eosText,
    tokenize(text, { addSpecial, parseSpecial }) {
      const ids: number[] = [];
      if (addSpecial && bosText !== '') ids.push(specials.indexOf(bosText));
      for (let at = 0; at < text.length;) {
        const special = parseSpecial ? longestFirst.find((each) => text.startsWith(each, at)) : undefined;
        const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
        ids.push(special === undefined ? firstCharacter + (text.codePointAt(at) ?? 0) : specials.indexOf(special));
        at += (special ?? character).length;
      }
      if (addSpecial && addEos) ids.push(specials.indexOf(eosText));
      return Int32Array.from(ids);
    },
    detokenize(ids, special) {
      return Array.from(ids, (id) => (id < firstCharacter && !special ? '' : written(id))).join('');
    },
    show: (ids) => Array.from(ids, (id) => (id < firstCharacter ? `[${written(id)}]` : written(id))),
  };
}
