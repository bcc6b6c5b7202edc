// The import zones hold: a file that reaches across a border does not pass the linter. Runs the real linter on real files.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-zones-'));
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lints a file of one import and returns the names of the rules that it breaks. */
function rulesBrokenBy(file: string, imported: string): string[] {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { thing } from '${imported}';\n\nthing();\n`);
  const linter = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const run = spawnSync(process.execPath, [linter, '--format', 'json', file], { cwd: folder, encoding: 'utf8' });
  rmSync(path);
  const report = JSON.parse(run.stdout) as { diagnostics: { code: string }[] };
  return report.diagnostics.map((diagnostic) => diagnostic.code);
}

const forbidden: [file: string, imported: string][] = [
  ['electron/contract/a.ts', 'zod'],
  ['electron/contract/a.ts', 'node:fs'],
  ['electron/contract/a.ts', '../core/app.ts'],
  ['electron/rpc/a.ts', 'electron'],
  ['electron/rpc/a.ts', '../core/app.ts'],
  ['electron/core/a.ts', 'electron'],
  ['electron/core/chats/a.ts', '../../web/server.ts'],
  ['electron/core/chats/a.ts', '../../desktop/windows.ts'],
  ['electron/web/a.ts', 'electron'],
  ['electron/web/a.ts', '../desktop/windows.ts'],
  ['electron/cli/a.ts', 'electron'],
  ['electron/desktop/a.ts', '../../renderer/app.tsx'],
  ['renderer/a.ts', 'node:fs'],
  ['renderer/chat/a.tsx', 'fs'],
  ['renderer/chat/a.tsx', 'electron'],
  ['renderer/chat/a.tsx', '../../electron/core/app.ts'],
  ['renderer/a.ts', '../electron/web/token.ts'],
  ['renderer/a.test.ts', '../electron/core/app.ts'],
];

const allowed: [file: string, imported: string][] = [
  ['electron/contract/a.ts', './errors.ts'],
  ['electron/rpc/a.ts', '../contract/index.ts'],
  ['electron/core/a.ts', '../rpc/server.ts'],
  ['electron/core/a.ts', 'node:fs'],
  ['electron/web/a.ts', '../core/app.ts'],
  ['electron/cli/a.ts', '../web/main.ts'],
  ['electron/desktop/a.ts', 'electron'],
  ['renderer/chat/a.tsx', '../../electron/contract/index.ts'],
  ['renderer/chat/a.tsx', '../../electron/rpc/client.ts'],
  ['renderer/chat/a.tsx', 'react'],
  ['renderer/a.test.ts', 'node:worker_threads'],
];

test.each(forbidden)('%s may not import %s', (file, imported) => {
  expect(rulesBrokenBy(file, imported)).toContain('eslint(no-restricted-imports)');
});

test.each(allowed)('%s may import %s', (file, imported) => {
  expect(rulesBrokenBy(file, imported)).not.toContain('eslint(no-restricted-imports)');
});
