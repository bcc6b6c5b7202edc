// A rehype plugin that writes into each element which source its own text shows, so that token offsets can be found in
// the page after rendering. The attribute `data-source` holds numbers only; `readSourceMap` reads it back.
import type { Element, Nodes, Root, Text } from 'hast';
import { alignCodeBlock, alignInlineCode, alignText, type Alignment, type Stretch } from './align.ts';

/** What `data-source` says: stretches over the element's own text children, joined, whose length is `textLength`. */
export interface SourceMap {
  textLength: number;
  stretches: Stretch[];
}

/** `textLength` and then four numbers for each stretch, parted by spaces. */
function writeSourceMap(map: SourceMap): string {
  const numbers = [map.textLength];
  for (const stretch of map.stretches) {
    numbers.push(stretch.textStart, stretch.textLength, stretch.sourceStart, stretch.sourceLength);
  }
  return numbers.join(' ');
}

export function readSourceMap(value: string): SourceMap {
  const numbers = value.split(' ').map(Number);
  const stretches: Stretch[] = [];
  for (let index = 1; index + 3 < numbers.length; index += 4) {
    const [textStart = 0, textLength = 0, sourceStart = 0, sourceLength = 0] = numbers.slice(index, index + 4);
    stretches.push({ textStart, textLength, sourceStart, sourceLength });
  }
  return { textLength: numbers[0] ?? 0, stretches };
}

interface Span {
  start: number;
  end: number;
}

function spanOf(node: Nodes): Span | null {
  const start = node.position?.start.offset;
  const end = node.position?.end.offset;
  return start === undefined || end === undefined ? null : { start, end };
}

/** The plugin. The file's value must be the Markdown that was parsed. */
export function rehypeSourceMap(): (tree: Root, file: { value: unknown }) => void {
  return (tree, file) => {
    const source = String(file.value);
    /** Nothing before this offset can be shown by a text that carries no position of its own. */
    let cursor = 0;

    function align(node: Text, parent: Element, grandparent: Element | Root, around: Span | null): Alignment | null {
      if (parent.tagName === 'code' && grandparent.type === 'element' && grandparent.tagName === 'pre') {
        const span = spanOf(parent);
        return span && alignCodeBlock(node.value, source, span.start, span.end);
      }
      const span = spanOf(node);
      if (span && parent.tagName === 'code') return alignInlineCode(node.value, source, span.start, span.end);
      if (span) return alignText(node.value, source, span.start, span.end, 'prose');
      // Made by a transform (an address that became a link, the line breaks between blocks): look behind what came before.
      if (!around || node.value.trim() === '') return null;
      const found = alignText(node.value, source, Math.max(cursor, around.start), around.end, 'prose');
      return found.complete ? found : null;
    }

    function visit(element: Element | Root, grandparent: Element | Root, around: Span | null): void {
      const map: SourceMap = { textLength: 0, stretches: [] };
      element.children.forEach((child, index) => {
        if (child.type === 'raw') {
          // Raw HTML is shown as text; react-markdown would do the same, but after this plugin.
          const text: Text = { type: 'text', value: child.value };
          const span = spanOf(child);
          const alignment = span && alignText(text.value, source, span.start, span.end, 'verbatim');
          if (element.type === 'root') {
            const alone: SourceMap = { textLength: text.value.length, stretches: alignment?.stretches ?? [] };
            const properties = { className: ['raw-html'], dataSource: writeSourceMap(alone) };
            element.children[index] = { type: 'element', tagName: 'p', properties, children: [text] };
          } else {
            element.children[index] = text;
          }
          append(map, text, alignment);
        } else if (child.type === 'text') {
          append(map, child, element.type === 'element' ? align(child, element, grandparent, around) : null);
        } else if (child.type === 'element') {
          visit(child, element, spanOf(child) ?? around);
        }
      });
      if (element.type === 'element' && map.stretches.length > 0) element.properties['dataSource'] = writeSourceMap(map);
    }

    function append(map: SourceMap, text: Text, alignment: Alignment | null): void {
      for (const stretch of alignment?.stretches ?? []) {
        map.stretches.push({ ...stretch, textStart: stretch.textStart + map.textLength });
      }
      map.textLength += text.value.length;
      if (alignment) cursor = Math.max(cursor, alignment.end);
    }

    visit(tree, tree, null);
  };
}
