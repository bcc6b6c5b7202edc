// The data folder: where it is on each system, and that only one instance has it, across processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultDataDir, lockDataDir } from './paths.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-paths-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the default data folder', () => {
  const home = join('/home', 'joey');

  test.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['the variable', 'linux', { KANGAROO_DATA_DIR: 'here', XDG_DATA_HOME: '/xdg' }, resolve('here')],
    ['XDG', 'linux', { XDG_DATA_HOME: '/xdg' }, join('/xdg', 'kangaroo-chat')],
    ['Linux', 'linux', {}, join(home, '.local', 'share', 'kangaroo-chat')],
    ['macOS', 'darwin', {}, join(home, 'Library', 'Application Support', 'Kangaroo Chat')],
    ['Windows', 'win32', { APPDATA: '/appdata' }, join('/appdata', 'Kangaroo Chat')],
    ['Windows without APPDATA', 'win32', {}, join(home, 'AppData', 'Roaming', 'Kangaroo Chat')],
  ])('by %s', (_name, platform, env, expected) => {
    expect(defaultDataDir(env, platform, home)).toBe(expected);
  });
});

describe('the lock', () => {
  const inUse = expect.objectContaining({ code: 'busy', message: expect.stringContaining('already running') });

  test('creates the folder, excludes a second one, and is free after release', () => {
    const dataDir = join(folder, 'a', 'b');
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(inUse);
    lock.release();
    lockDataDir(dataDir).release();
  });

  test('holds across processes, and ends with the one that has it, killed or not', async () => {
    const script = `
      import { lockDataDir } from './electron/core/paths.ts';
      lockDataDir(process.argv[1]);
      console.log('locked');
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, folder], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => lockDataDir(folder)).toThrow(inUse);
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDataDir(folder).release();
  });

  test('says so where the folder cannot be one', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => lockDataDir(join(folder, 'file'))).toThrow(expect.objectContaining({ code: 'file-not-readable' }));
  });
});
