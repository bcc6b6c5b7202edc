// The package's hard edges: fuses that close Electron's back doors, and which files get in.
import { matchesGlob } from 'node:path';
import { FusesPlugin } from '@electron-forge/plugin-fuses';
import { FuseV1Options } from '@electron/fuses';
import { expect, test } from 'vitest';
import config, { isKept } from '../../forge.config.ts';

test('the fuses close every back door', () => {
  const plugin = config.plugins?.find((each) => each instanceof FusesPlugin);
  expect(plugin?.fusesConfig).toMatchObject({
    strictlyRequireAllFuses: true,
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  });
});

test.each([
  'starter.json',
  'starter-q8_0.gguf',
  'starter-adapter.gguf',
  'kangaroo.node',
  'libggml-base.so',
  'libggml.v0.5.0.so',
  'hash-worker.mjs',
  'import-worker.mjs',
])('%s lies beside the archive, where the engine and the library look for it', (name) => {
  const { asar } = config.packagerConfig ?? {};
  expect(typeof asar === 'object' && asar.unpack !== undefined && matchesGlob(name, asar.unpack)).toBe(true);
});

test.each([
  '',
  '/package.json',
  '/.vite',
  '/.vite/build/main.js',
  '/renderer',
  '/renderer/dist/index.html',
  '/assets/starter/starter-q8_0.gguf',
  '/assets/starter/starter.json',
  '/native/build/bin/kangaroo.node',
  '/node_modules',
  '/node_modules/better-sqlite3/lib/index.js',
])('the package holds "%s"', (path) => expect(isKept(path)).toBe(true));

test.each([
  '/electron/desktop/main.ts',
  '/renderer/main.tsx',
  '/native/build/llama.cpp',
  '/node_modules/vite',
  '/.git',
  '/e2e',
  '/test-results',
])('the package does not hold %s', (path) => expect(isKept(path)).toBe(false));
