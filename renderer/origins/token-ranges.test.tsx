// @vitest-environment jsdom
// Token origins find their place in the rendered page: real Markdown, rendered by the real component into a real DOM.
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { afterEach, expect, test } from 'vitest';
import { MarkdownText } from '../markdown/markdown-text.tsx';
import type { OriginRun } from './origin-runs.ts';
import { tokenRanges, type TokenRange } from './token-ranges.ts';

let cleanUp = () => {};

afterEach(() => cleanUp());

function Block({ start, children }: { start: number; source: string; children: React.ReactNode }) {
  return <div data-block={start}>{children}</div>;
}

/** Renders Markdown; `grow` renders its beginnings first, as streaming does. */
function render(text: string, grow = false): HTMLElement {
  const page = document.createElement('div');
  document.body.append(page);
  const root = createRoot(page);
  cleanUp = () => {
    root.unmount();
    page.remove();
  };
  for (let end = grow ? 1 : text.length; end <= text.length; end += 1) {
    flushSync(() => root.render(<MarkdownText text={text.slice(0, end)} Wrapper={Block} />));
  }
  return page;
}

function rangesIn(page: HTMLElement, runs: OriginRun[]): TokenRange[] {
  return [...page.querySelectorAll('[data-block]')].flatMap((block) =>
    tokenRanges(block, Number(block.getAttribute('data-block')), runs),
  );
}

function textOf(range: TokenRange): string {
  return range.node.data.slice(range.start, range.end);
}

function inPageOrder(a: TokenRange, b: TokenRange): number {
  if (a.node === b.node) return a.start - b.start;
  return a.node.compareDocumentPosition(b.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}

/** What is tinted as drafted when the parts of `marked` between « and » are drafted. */
function drafted(marked: string): string[] {
  const runs: OriginRun[] = [];
  let text = '';
  for (const part of marked.split(/(«[^»]*»)/)) {
    const isDraft = part.startsWith('«');
    const content = isDraft ? part.slice(1, -1) : part;
    if (content === '') continue;
    runs.push({ start: text.length, end: text.length + content.length, origin: isDraft ? 'draft' : 'target' });
    text += content;
  }
  return rangesIn(render(text), runs)
    .filter((range) => range.origin === 'draft')
    .sort(inPageOrder)
    .map(textOf);
}

test.each<[name: string, marked: string, expected: string[]]>([
  ['plain text', 'The quick« brown fox» jumps.', [' brown fox']],
  ['bold split across tokens', 'A **bo«ld** wo»rd', ['ld', ' wo']],
  ['a token that is only syntax', 'A «**»bold**', []],
  ['nested emphasis', '***a«b*** c», ~~d«e~~»', ['b', ' c', 'e']],
  ['heading', '## Once «upon» a time', ['upon']],
  ['leading space of the first token', '« Once» upon', ['Once']],
  ['list with tight items', '- on«e\n- t»wo\n- three', ['e', 't']],
  ['nested loose list', '1. on«e\n\n   - in»ner\n\n2. t«wo»', ['e', 'in', 'wo']],
  ['task list', '- [x] do«ne»\n- [ ] open', ['ne']],
  ['block quote over two lines', '> first «line\n> sec»ond', ['line\nsec']],
  ['hard break', 'one  \nt«wo\\\nthr»ee', ['wo', 'thr']],
  ['trailing spaces at a soft break', 'one« \n  t»wo', ['\nt']],
  ['inline code', 'Call `fo«o()` no»w', ['o()', ' no']],
  ['inline code with padding', 'A «`` `tick` ``» b', ['`tick`']],
  ['link text', 'See [the d«ocs](https://example.org/x) he»re', ['ocs', ' he']],
  ['autolink', 'See https://exa«mple.org/a» now', ['mple.org/a']],
  ['mail address made a link by a transform', 'Write to an«n@example.org to»day', ['n@example.org', ' to']],
  ['escape, split between tokens', 'A \\«*»star', ['*']],
  ['escape, both halves drafted', 'A «\\*»star\\_', ['*']],
  ['entity', 'Tom «&amp;» Jerry &lt; &#65;«&#x1F600;»', ['&', '\u{1F600}']],
  ['an ampersand that is no entity', 'R&D «&foo;» x', ['&foo;']],
  ['emoji', 'Hi «👋🏽 the»re 🦘', ['👋🏽 the']],
  ['fenced code', '```js\nlet «a = 1;\nlet» b;\n```', ['a = 1;\nlet']],
  ['fenced code that is still open', '```\nab«c\nd»e', ['c\nd']],
  ['fenced code in a list', '- item\n\n  ```py\n  x «= 1\n  y» = 2\n  ```', ['= 1\ny']],
  ['fenced code in a quote', '> ~~~\n> a«b\n> c»d\n> ~~~', ['b\nc']],
  ['code with escapes and entities, shown as they are', '```\na \\* «&amp;» b\n```', ['&amp;']],
  ['indented code', 'Text\n\n    in«dent\n    ed»', ['dent\ned']],
  ['table', '| a | b«b» |\n|---|---|\n| c«c | d»d |', ['b', 'c', 'd']],
  ['table cell with an escaped bar', '| a |\n|---|\n| x «\\|» y |', ['|']],
  ['raw HTML is text', 'a <b>bo«ld</b> t»ext', ['ld', '</b>', ' t']],
  ['a block of raw HTML', '<div>\nhe«llo»\n</div>', ['llo']],
  ['windows line ends', 'one\r\n- t«wo\r\n- thr»ee', ['wo', 'thr']],
  ['link definition in another block', 'See [it]« a»nd\n\n[it]: https://example.org', [' a']],
  ['several blocks', '# Title\n\nFirst «block.\n\nSecond» block.', ['block.', 'Second']],
  ['footnotes', 'Text[^1] «more»\n\n[^1]: No«te»', ['more', 'te']],
])('%s', (_name, marked, expected) => {
  expect(drafted(marked)).toEqual(expected);
});

const sample = `# Foxes & \`friends\`

The **quick** *brown* fox\\*es jump -- over "1 < 2" &amp; 3 &gt; 2… ünïcode 🦊🌈 ~~gone~~.
A second line with trailing spaces  
after a hard break, a [link *with* emphasis](https://example.org "t"), <https://auto.example> and www.example.com.

1. One
   continued
2. Two

   With a paragraph and \`\`code \`with\` ticks\`\`.
   - deep
     > quoted
     > text

| Name | What \\| why | \`a\\|b\` |
|:-----|:---:|----:|
| fox  | **red** & small | 12 |
| owl  |  | &copy; 2024 |

\`\`\`python
def leap(n):
\treturn "far" * n  # 🦘

print(leap(3) & 1)
\`\`\`

- [ ] todo
- [x] done \\[really\\]

    indented code <b>

***

<details>raw & text</details>
Last line.
`;

test.each([false, true])('every shown character has a place, and it is the right one (streamed: %s)', (grow) => {
  const page = render(sample, grow);
  const runs = [...sample].reduce<OriginRun[]>((list, character) => {
    const start = list.at(-1)?.end ?? 0;
    list.push({ start, end: start + character.length, origin: list.length % 2 === 0 ? 'draft' : 'target' });
    return list;
  }, []);
  const covered = new Map<Text, boolean[]>();
  for (const run of runs) {
    // One run alone: its range is what it, and nothing else, shows.
    for (const range of rangesIn(page, [run])) {
      const shown = textOf(range);
      const source = sample.slice(run.start, run.end);
      // An entity is shown by the token that ends it.
      if (source !== ';') expect(shown, `source offset ${run.start}`).toBe(source);
      const marks = covered.get(range.node) ?? [];
      for (let index = range.start; index < range.end; index += 1) marks[index] = true;
      covered.set(range.node, marks);
    }
  }
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  const missed: string[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    // A code block's head is the page's own.
    if (node.parentElement?.closest('figcaption') || node.data.trim() === '') continue;
    const marks = covered.get(node) ?? [];
    for (let index = 0; index < node.data.length; index += 1) {
      if (node.data.charAt(index).trim() !== '' && !marks[index])
        missed.push(`${node.data.slice(0, index)}|${node.data.slice(index)}`);
    }
  }
  expect(missed).toEqual([]);
});

test('a text that rendering changed is not tinted, rather than wrongly', () => {
  const page = render('some text');
  const paragraph = page.querySelector('p');
  if (paragraph?.firstChild) paragraph.firstChild.nodeValue = 'other words';
  expect(rangesIn(page, [{ start: 0, end: 9, origin: 'draft' }])).toEqual([]);
});
