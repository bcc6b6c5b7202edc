// What counts as stale: a missing target, or a source written later; tests and built folders are no sources.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isStale } from './build.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-build-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file whose time is `seconds` after the epoch. */
function write(path: string, seconds: number): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  utimesSync(file, seconds, seconds);
  return file;
}

test('a target is stale when it is missing or older than a source, however deep', () => {
  write('page/a/b/c.ts', 1000);
  const target = join(folder, 'out.js');
  expect(isStale(folder, target, ['page'])).toBe(true);
  write('out.js', 2000);
  expect(isStale(folder, target, ['page'])).toBe(false);
  write('page/a/b/d.ts', 3000);
  expect(isStale(folder, target, ['page'])).toBe(true);
});

test('tests, built folders and sources that are not there do not count', () => {
  const target = write('out.js', 2000);
  write('page/a.ts', 1000);
  write('page/a.test.ts', 3000);
  write('page/dist/index.html', 3000);
  expect(isStale(folder, target, ['page', 'missing.json'])).toBe(false);
});
