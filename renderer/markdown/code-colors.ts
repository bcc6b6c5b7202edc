// The colours of source code: which stretches of a text are keywords, strings, comments. highlight.js is loaded with the
// first code block that names a language it knows.
import type { ElementContent, RootContent } from 'hast';

export const codeKinds = [
  'keyword',
  'string',
  'number',
  'comment',
  'title',
  'type',
  'attribute',
  'addition',
  'deletion',
] as const;
export type CodeKind = (typeof codeKinds)[number];

/** `text.slice(start, end)` is of this kind. */
export interface CodeSpan {
  start: number;
  end: number;
  kind: CodeKind;
}

/** The colour of each of highlight.js's scopes; those that are not here stay plain. */
const kindOf: Readonly<Record<string, CodeKind>> = {
  keyword: 'keyword',
  'selector-tag': 'keyword',
  doctag: 'keyword',
  tag: 'keyword',
  name: 'keyword',
  section: 'keyword',
  string: 'string',
  regexp: 'string',
  char: 'string',
  link: 'string',
  number: 'number',
  literal: 'number',
  symbol: 'number',
  bullet: 'number',
  comment: 'comment',
  quote: 'comment',
  title: 'title',
  function_: 'title',
  class_: 'type',
  type: 'type',
  built_in: 'type',
  'selector-class': 'type',
  'selector-id': 'type',
  attr: 'attribute',
  attribute: 'attribute',
  property: 'attribute',
  variable: 'attribute',
  'template-variable': 'attribute',
  meta: 'attribute',
  addition: 'addition',
  deletion: 'deletion',
};

/** Spans in order, none over another. */
export type Highlighter = (text: string, language: string) => CodeSpan[];

let loading: Promise<Highlighter> | null = null;

/** Rejects where the page's own file cannot be had (the app has gone away); asked again, it is tried again. */
export function loadHighlighter(): Promise<Highlighter> {
  loading ??= makeHighlighter().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function makeHighlighter(): Promise<Highlighter> {
  const { common, createLowlight } = await import('lowlight');
  const lowlight = createLowlight(common);
  return (text, language) => (lowlight.registered(language) ? spansOf(lowlight.highlight(language, text).children) : []);
}

function spansOf(nodes: readonly (RootContent | ElementContent)[]): CodeSpan[] {
  const spans: CodeSpan[] = [];
  let offset = 0;
  function visit(node: RootContent | ElementContent, around: CodeKind | null): void {
    if (node.type === 'text') {
      const end = offset + node.value.length;
      const last = spans.at(-1);
      if (around !== null && last?.kind === around && last.end === offset) last.end = end;
      else if (around !== null) spans.push({ start: offset, end, kind: around });
      offset = end;
    } else if (node.type === 'element') {
      const kind = kindOfClasses(node.properties['className']) ?? around;
      for (const child of node.children) visit(child, kind);
    }
  }
  for (const node of nodes) visit(node, null);
  return spans;
}

/** `hljs-title function_` is a title, `hljs-title class_` a type: the last class that says something counts. */
function kindOfClasses(classes: unknown): CodeKind | null {
  if (!Array.isArray(classes)) return null;
  const kinds = classes.map((name) => kindOf[String(name).replace(/^hljs-/, '')]).filter((kind) => kind !== undefined);
  return kinds.at(-1) ?? null;
}
