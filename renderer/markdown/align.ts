// Which characters of the Markdown source a rendered text shows. Rendering drops escapes, decodes entities and strips
// the prefixes of continued lines; this finds, for each rendered character, where in the source it stood.
import { decodeNamedCharacterReference } from 'decode-named-character-reference';

/**
 * A stretch of rendered text and the source it shows. Lengths are UTF-16 units. Equal lengths: character for character;
 * otherwise the stretch as a whole shows that source (an escape, an entity, a line break with its prefix).
 */
export interface Stretch {
  textStart: number;
  textLength: number;
  sourceStart: number;
  sourceLength: number;
}

/** `prose`: escapes and entities are decoded. `code`: inline code, only line breaks change. `verbatim`: raw HTML as text. */
export type TextKind = 'prose' | 'code' | 'verbatim';

export interface Alignment {
  stretches: Stretch[];
  /** Source offset behind the last character that was found. */
  end: number;
  /** False where a part of the text could not be found; that part is in no stretch. */
  complete: boolean;
}

const asciiPunctuation = /[!-/:-@[-`{-~]/;
const characterReference = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([0-9A-Za-z]{1,31}));/y;

/** Collects stretches; neighbours that go character for character become one. */
class Stretches {
  readonly list: Stretch[] = [];

  add(textStart: number, textLength: number, sourceStart: number, sourceLength: number): void {
    const last = this.list.at(-1);
    const linear = textLength === sourceLength;
    if (
      last &&
      linear &&
      last.textLength === last.sourceLength &&
      last.textStart + last.textLength === textStart &&
      last.sourceStart + last.sourceLength === sourceStart
    ) {
      last.textLength += textLength;
      last.sourceLength += sourceLength;
    } else {
      this.list.push({ textStart, textLength, sourceStart, sourceLength });
    }
  }
}

/** The text that a character reference at `index` stands for, and the reference's length; null where there is none. */
function readReference(source: string, index: number, end: number): { text: string; length: number } | null {
  characterReference.lastIndex = index;
  const match = characterReference.exec(source);
  if (!match || index + match[0].length > end) return null;
  const [whole, decimal, hexadecimal, name] = match;
  if (name !== undefined) {
    const text = decodeNamedCharacterReference(name);
    return text === false ? null : { text, length: whole.length };
  }
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '0', 16) : Number.parseInt(decimal, 10);
  const valid = code > 0 && code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
  return { text: valid ? String.fromCodePoint(code) : '\u{FFFD}', length: whole.length };
}

function lineBreakLength(source: string, index: number): number {
  if (source[index] === '\r') return source[index + 1] === '\n' ? 2 : 1;
  return source[index] === '\n' ? 1 : 0;
}

/**
 * Finds `text` in `source[start, end)`. Source characters that are not in the text (markers, prefixes, trailing spaces)
 * are skipped; the text is never taken out of order.
 */
export function alignText(text: string, source: string, start: number, end: number, kind: TextKind): Alignment {
  const stretches = new Stretches();
  let at = 0;
  let from = start;
  let found = start;
  while (at < text.length && from < end) {
    const wanted = text[at];
    const given = source[from];
    if (kind === 'prose' && given === '\\' && from + 1 < end) {
      const escaped = source[from + 1] ?? '';
      if (escaped === wanted && asciiPunctuation.test(escaped)) {
        stretches.add(at, 1, from, 2);
        at += 1;
        from += 2;
        found = from;
        continue;
      }
    }
    if (kind === 'prose' && given === '&') {
      const reference = readReference(source, from, end);
      if (reference && text.startsWith(reference.text, at)) {
        stretches.add(at, reference.text.length, from, reference.length);
        at += reference.text.length;
        from += reference.length;
        found = from;
        continue;
      }
    }
    if (given === wanted || (given === '\0' && wanted === '\u{FFFD}')) {
      stretches.add(at, 1, from, 1);
      at += 1;
      from += 1;
      found = from;
      continue;
    }
    const breakLength = lineBreakLength(source, from);
    if (kind === 'code' && wanted === ' ' && breakLength > 0) {
      stretches.add(at, 1, from, breakLength);
      at += 1;
      from += breakLength;
      found = from;
      continue;
    }
    from += 1;
  }
  return { stretches: stretches.list, end: found, complete: at === text.length };
}

/** The inside of inline code: without its backticks and the one space of padding that they may have. */
export function alignInlineCode(text: string, source: string, start: number, end: number): Alignment {
  let ticks = 0;
  while (source[start + ticks] === '`' && start + ticks < end) ticks += 1;
  let from = start + ticks;
  let to = Math.max(from, end - ticks);
  const inner = source.slice(from, to);
  const padded = /^[ \r\n]/.test(inner) && /[ \r\n]$/.test(inner) && /[^ \r\n]/.test(inner);
  if (padded) {
    from += Math.max(1, lineBreakLength(source, from));
    to -= 1;
  }
  return alignText(text, source, from, to, 'code');
}

/** A code block, line by line: each line may have lost a prefix (list indent, `> `), never its end. */
export function alignCodeBlock(text: string, source: string, start: number, end: number): Alignment {
  const stretches = new Stretches();
  const fenced = /^[`~]{3}/.test(source.slice(start, start + 3));
  let line = start;
  let found = start;
  let complete = true;
  if (fenced) line = nextLine(source, line, end);
  let at = 0;
  while (at < text.length) {
    const lineBreak = text.indexOf('\n', at);
    const textEnd = lineBreak === -1 ? text.length : lineBreak;
    const content = text.slice(at, textEnd).replace(/\r$/, '');
    const next = nextLine(source, line, end);
    let lineEnd = next;
    while (lineEnd > line && /[\r\n]/.test(source[lineEnd - 1] ?? '')) lineEnd -= 1;
    if (line < end && source.slice(line, lineEnd).endsWith(content)) {
      const contentStart = lineEnd - content.length;
      const closed = lineBreak !== -1 && next > lineEnd;
      const breakLength = closed ? textEnd - at - content.length + 1 : 0;
      // A CRLF that became LF, or the reverse, is shown by one stretch of its own.
      if (content.length > 0) stretches.add(at, content.length, contentStart, content.length);
      if (closed) stretches.add(at + content.length, breakLength, lineEnd, next - lineEnd);
      found = closed ? next : lineEnd;
    } else if (content.length > 0) {
      complete = false;
    }
    line = next;
    at = textEnd + 1;
  }
  return { stretches: stretches.list, end: found, complete };
}

function nextLine(source: string, from: number, end: number): number {
  for (let index = from; index < end; index += 1) {
    const length = lineBreakLength(source, index);
    if (length > 0) return Math.min(end, index + length);
  }
  return end;
}
