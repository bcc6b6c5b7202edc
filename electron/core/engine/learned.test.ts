// What drafting learned, between runs: one file for each pair of model and adapter, written where there is news.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Learned, type DraftingPair } from './learned.ts';

let folder = '';
const pair: DraftingPair = {
  model: { name: 'model', fingerprint: 'ab', fileType: 'Q8_0', sizeBytes: 10 },
  adapter: { name: 'adapter', exitLayer: 2, checksum: '01' },
};

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kangaroo-learned-')), 'learned');
});

afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const open = (of: DraftingPair = pair) => new Learned(folder, of);
function onlyFile(): string {
  const [name, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return join(folder, name ?? '');
}

test('comes back in the next run', () => {
  expect(open().numbers).toBeNull();
  open().update([0.5, 1, 2]);
  expect(open().numbers).toEqual([0.5, 1, 2]);
});

test('belongs to its model and adapter', () => {
  open().update([1]);
  const others: DraftingPair[] = [
    { ...pair, adapter: null },
    // Trained again: the same shape, other weights.
    { ...pair, adapter: { name: 'adapter', exitLayer: 2, checksum: '02' } },
    { ...pair, model: { ...pair.model, fileType: 'Q4_0' } },
    { ...pair, model: { ...pair.model, fingerprint: 'cd' } },
  ];
  for (const [place, other] of others.entries()) {
    expect(open(other).numbers).toBeNull();
    open(other).update([place + 2]);
  }
  expect(open().numbers).toEqual([1]);
  expect(readdirSync(folder)).toHaveLength(5);
});

test('is written where it is news, and only then', () => {
  const learned = open();
  learned.update([1, 2]);
  const { ino } = statSync(onlyFile());
  learned.update([1, 2]);
  // Every writing makes a new file.
  expect(statSync(onlyFile()).ino).toBe(ino);
  learned.update([1, 3]);
  expect(JSON.parse(readFileSync(onlyFile(), 'utf8'))).toMatchObject({ version: 1, learned: [1, 3] });
  learned.update([]);
  expect(open().numbers).toEqual([1, 3]);
});

test.each([
  ['no JSON', () => '{"version":1,'],
  ['a later version', (text: string) => text.replace('"version":1', '"version":2')],
  ['another pair', (text: string) => text.replace('"fingerprint":"ab"', '"fingerprint":"cd"')],
  ['no numbers', (text: string) => text.replace('[1,2]', '["1",null]')],
])('a file that holds %s is ignored and replaced', (_what, change) => {
  open().update([1, 2]);
  const path = onlyFile();
  const changed = change(readFileSync(path, 'utf8'));
  expect(changed).not.toBe(readFileSync(path, 'utf8'));
  writeFileSync(path, changed);
  const learned = open();
  expect(learned.numbers).toBeNull();
  learned.update([3]);
  expect(open().numbers).toEqual([3]);
});

test('a folder that cannot be written costs nothing but the memory of it', () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  writeFileSync(folder, 'a file where the folder should be');
  const learned = open();
  learned.update([1]);
  expect(learned.numbers).toEqual([1]);
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
});
