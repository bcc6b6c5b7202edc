import { expect, test } from 'vitest';
import { formatTable, type Column } from './table.ts';

const columns: Column[] = [
  { title: 'Task', align: 'left' },
  { title: 'Speed', align: 'right' },
];

test('aligned with spaces, no spaces at the ends', () => {
  expect(
    formatTable(
      columns,
      [
        ['math', '1.50×'],
        ['summarization', '12'],
      ],
      'aligned',
    ),
  ).toBe(['Task           Speed', '─────────────  ─────', 'math           1.50×', 'summarization     12'].join('\n'));
});

test('Markdown, with the alignment in its rule', () => {
  expect(
    formatTable(
      columns,
      [
        ['math', '1'],
        ['a|b', '22'],
      ],
      'markdown',
    ),
  ).toBe(['| Task | Speed |', '| ---- | ----: |', '| math |     1 |', '| a\\|b |    22 |'].join('\n'));
});

test('no rows: the head alone; a missing cell is empty', () => {
  expect(formatTable(columns, [], 'aligned').split('\n')).toHaveLength(2);
  expect(formatTable(columns, [['x']], 'markdown')).toContain('| x    |       |');
});
