// The lock of a file: one owner over processes, freed with the process that had it, and nothing left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFile } from './file-lock.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('has one owner in a process, and leaves nothing behind', () => {
  const path = join(folder, 'a.gguf');
  const lock = lockFile(path, 1);
  expect(() => lockFile(path, 1)).toThrow(expect.objectContaining({ reason: 'busy' }));
  lockFile(join(folder, 'b.gguf'), 1).release();
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  lockFile(path, 1).release();
});

test('is freed when its process is killed', async () => {
  const path = join(folder, 'a.gguf');
  const script = `
    import { lockFile } from ${JSON.stringify(new URL('file-lock.ts', import.meta.url).href)};
    globalThis.lock = lockFile(${JSON.stringify(path)}, 1);
    process.stdout.write('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    expect(() => lockFile(path, 1)).toThrow(expect.objectContaining({ reason: 'busy' }));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  lockFile(path, 1).release();
});
