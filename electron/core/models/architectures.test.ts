// The data that the library tells about architectures is the matrix of docs/architectures.md, row by row.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drafting, notLoaded, plainOnly, supportOf } from './architectures.ts';

const document = readFileSync(new URL('../../../docs/architectures.md', import.meta.url), 'utf8');
const rows = document.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  return cells.length > 3 ? [cells.slice(1, -1)] : [];
});
/** `qwen3moe` of `qwen3moe, wide`. */
const nameOf = (cell = '') => cell.split(',', 1)[0] ?? '';

test('every row of the matrix that is identical with and without flash attention drafts, and no other', () => {
  const tested = rows.filter((cells) => cells.length === 4 && cells[1] === 'identical' && cells[2] === 'identical');
  expect(tested.length).toBeGreaterThan(60);
  expect([...drafting].toSorted()).toEqual([...new Set(tested.map((cells) => nameOf(cells[0])))].toSorted());
  for (const architecture of drafting) expect(supportOf(architecture)).toEqual({ support: 'drafts' });
});

test('every refused row has the reason that the engine gives', () => {
  const begin = document.indexOf('| architecture | reason |');
  const refused = document
    .slice(begin)
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [, architecture, reason] = line.split('|').map((cell) => cell.trim());
      return architecture && reason ? [[architecture, reason] as const] : [];
    })
    // One of these has a special kind of layer that its name does not tell: the engine refuses it when it is loaded.
    .filter(([architecture]) => architecture !== 'gemma4, wide per-layer embeddings');
  expect(refused.length).toBeGreaterThan(8);
  expect(plainOnly).toEqual(Object.fromEntries(refused));
});

test('encoders and diffusion models are not supported, and what nobody tested is called that', () => {
  for (const architecture of ['t5', 'bert', 'llada', 'dream']) {
    expect(document).toContain(architecture);
    expect(supportOf(architecture)).toEqual({ support: 'not-supported', reason: notLoaded[architecture] });
  }
  expect(supportOf('new-thing')).toEqual({ support: 'untested' });
  expect(supportOf('constructor')).toEqual({ support: 'untested' });
});
