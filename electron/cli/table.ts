// Tables for a terminal (aligned with spaces) and for a document (GitHub's Markdown).

export interface Column {
  title: string;
  align: 'left' | 'right';
}

/** Every row has as many cells as there are columns; a missing one is shown empty. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: 'aligned' | 'markdown',
): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(3, ...lines.map((line) => visibleWidth(line[index] ?? ''))));
  const render = (cells: readonly string[]) =>
    columns.map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align));
  if (style === 'aligned') {
    const rule = widths.map((width) => '─'.repeat(width));
    const head = render(columns.map((column) => column.title));
    return [head, rule, ...rows.map(render)].map((cells) => cells.join('  ').trimEnd()).join('\n');
  }
  const rule = columns.map((column, index) => {
    const dashes = '-'.repeat((widths[index] ?? 3) - 1);
    return column.align === 'right' ? `${dashes}:` : `${dashes}-`;
  });
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return [render(columns.map((column) => column.title)), rule, ...escaped.map(render)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function visibleWidth(cell: string): number {
  return [...cell].length;
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visibleWidth(cell)));
  return align === 'left' ? cell + space : space + cell;
}
