// Hashing behind a growing file gives what hashing the whole gives; what cannot be read is an error.
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashFile, Hasher } from './hasher.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-hash-'));
  path = join(folder, 'file');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('of a growing file', async () => {
  const bytes = randomBytes(11_000_000);
  writeFileSync(path, bytes.subarray(0, 6_000_000));
  const hasher = new Hasher(path);
  hasher.advance(100);
  hasher.advance(6_000_000);
  appendFileSync(path, bytes.subarray(6_000_000));
  expect(await hasher.finish(bytes.length)).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(hasher.hashedBytes).toBe(bytes.length);
  await hasher.stop();
});

test('of an empty file', async () => {
  writeFileSync(path, '');
  expect(await hashFile(path, 0, new AbortController().signal, () => {})).toBe(createHash('sha256').digest('hex'));
});

test('a file that is too short, or absent, is an error', async () => {
  const { signal } = new AbortController();
  await expect(hashFile(path, 4, signal, () => {})).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(path, 'abc');
  await expect(hashFile(path, 4, signal, () => {})).rejects.toThrow(/ends at 3/);
});

test('stops at the signal', async () => {
  writeFileSync(path, randomBytes(1000));
  const controller = new AbortController();
  const digest = hashFile(path, 1000, controller.signal, () => {});
  controller.abort(new Error('enough'));
  await expect(digest).rejects.toThrow('enough');
});
