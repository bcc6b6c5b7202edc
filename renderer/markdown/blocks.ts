// Splits a growing Markdown text into top-level blocks, so that while an answer streams only its last block is rendered
// again. Blocks that can no longer change are kept; only the text behind them is parsed.
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

/** A top-level block: `source` is `text.slice(start, start + source.length)`. */
export interface Block {
  start: number;
  source: string;
  /** A link definition: shows nothing itself. */
  isDefinition: boolean;
}

export interface BlockSplit {
  text: string;
  blocks: Block[];
  /** Sources of the link definitions, for the blocks that refer to them. */
  definitions: string;
}

const parser = unified().use(remarkParse).use(remarkGfm).use(remarkMath).freeze();

/**
 * How many blocks at the end are parsed again when text is appended. What is typed next may still join the last two
 * (`1. a⏎⏎2` is a list and a paragraph until `.` makes it one list), never an earlier one.
 */
const openBlocks = 2;

interface Piece {
  type: string;
  start: number;
  end: number;
}

function parsePieces(text: string): Piece[] {
  return parser.parse(text).children.map((node) => {
    const start = node.position?.start.offset ?? 0;
    // A block's indent belongs to it: four spaces make code.
    return { type: node.type, start: start - ((node.position?.start.column ?? 1) - 1), end: node.position?.end.offset ?? start };
  });
}

/** Remembers the split of one growing text. */
export class BlockSplitter {
  #split: BlockSplit | null = null;

  split(text: string): BlockSplit {
    this.#split = splitBlocks(text, this.#split);
    return this.#split;
  }
}

/** Blocks that end before the texts differ. A formula that is closed changes the text from its beginning on. */
function unchangedBlocks({ text: before, blocks }: BlockSplit, text: string): readonly Block[] {
  if (text.startsWith(before)) return blocks;
  let same = 0;
  while (same < before.length && before[same] === text[same]) same += 1;
  return blocks.filter(({ start, source }) => start + source.length <= same);
}

/** Splits `text`; finished blocks of `previous`, the split of an earlier state of it, are taken over where nothing changed. */
export function splitBlocks(text: string, previous: BlockSplit | null): BlockSplit {
  if (previous?.text === text) return previous;
  const kept = previous ? unchangedBlocks(previous, text).slice(0, -openBlocks) : [];
  const last = kept.at(-1);
  const parsedFrom = last ? last.start + last.source.length : 0;
  const pieces = parsePieces(text.slice(parsedFrom));

  // Footnotes number each other across blocks: such a text, rare, is one block.
  if (pieces.some((piece) => piece.type === 'footnoteDefinition')) {
    return { text, blocks: [{ start: 0, source: text, isDefinition: false }], definitions: '' };
  }
  const parsed = pieces.map((piece) => ({
    start: parsedFrom + piece.start,
    source: text.slice(parsedFrom + piece.start, parsedFrom + piece.end),
    isDefinition: piece.type === 'definition',
  }));
  const blocks = [...kept, ...parsed];
  const definitions = blocks.filter((block) => block.isDefinition).map((block) => block.source);
  return { text, blocks, definitions: definitions.join('\n') };
}
