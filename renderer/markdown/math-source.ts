// Makes formulas out of what models write: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, never out of prices. Every character is
// replaced by one character, so that offsets into the text stay what they were.
import type { Element, Root } from 'hast';

/** Stands for a dollar sign that is only a dollar sign, until the text is shown: a character that nobody writes. */
const plainDollar = '\u{E0F1}';

const fencedCode = /^ {0,3}(?<fence>`{3,}|~{3,})[^\n]*(?:\n[\s\S]*?)?(?:\n {0,3}\k<fence>[`~]*[ \t]*$|$(?![\s\S]))/;
const inlineCode = /(?<ticks>`+)(?!`)[\s\S]*?[^`]\k<ticks>(?!`)/;
const brackets = /\\\[(?<bracketed>[^$]*?)\\\]/;
const parentheses = /\\\((?<parenthesised>[^$\n]*?)\\\)/;
const display = /\$\$[\s\S]*?\$\$/;
/** As Pandoc has it: no space inside the signs, no digit behind the closing one. Prices have one of the two. */
const inline = /\$(?![\s$])(?:[^$\n\\]|\\.)*?(?<![\s\\])\$(?![\d$])/;
const rest = /\\\$|\$/;

const parts = new RegExp(
  [fencedCode, inlineCode, brackets, parentheses, display, inline, rest].map(({ source }) => source).join('|'),
  'gm',
);

/** The text with formulas as remark-math reads them; as long as before. */
export function markFormulas(text: string): string {
  if (!text.includes('$') && !/\\[[(]/.test(text)) return text;
  return text.replace(parts, (whole: string, ...rest: unknown[]) => {
    const { bracketed, parenthesised } = rest.at(-1) as Record<string, string | undefined>;
    const inner = bracketed ?? parenthesised;
    // On one line: a formula in brackets may stand within a sentence, and its text has no line breaks that mean anything.
    if (inner !== undefined) return `$$${inner.replaceAll('\n', ' ')}$$`;
    return whole === '$' ? plainDollar : whole;
  });
}

/** Plain dollar signs are shown as such again. For a text or an address. */
export function showDollars(text: string): string {
  return text.includes(plainDollar) ? text.replaceAll(plainDollar, '$') : text;
}

/** A rehype plugin: plain dollar signs in texts, and a formula that is a whole paragraph is displayed as one. */
export function rehypeFormulas(): (tree: Root) => void {
  return (tree) => {
    visit(tree);
    for (const child of tree.children) {
      if (child.type !== 'element' || child.tagName !== 'p') continue;
      const [only, ...others] = child.children.filter((part) => part.type !== 'text' || part.value.trim() !== '');
      if (only && others.length === 0 && isFormula(only)) only.properties['className'] = ['language-math', 'math-display'];
    }
  };
}

function visit(parent: Root | Element): void {
  for (const child of parent.children) {
    if (child.type === 'text' || child.type === 'raw') child.value = showDollars(child.value);
    else if (child.type === 'element') visit(child);
  }
}

function isFormula(node: Element['children'][number]): node is Element {
  const classes = node.type === 'element' ? node.properties['className'] : undefined;
  return Array.isArray(classes) && classes.includes('math-inline');
}
