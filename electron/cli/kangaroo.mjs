#!/usr/bin/env node
// The `kangaroo` binary: starts main.ts with the Node that the project carries, whatever Node runs this file.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const node = carriedNode() ?? process.execPath;
const main = fileURLToPath(new URL('main.ts', import.meta.url));

const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal sends Ctrl-C to both; a kill reaches this process alone and is handed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  process.stderr.write(`kangaroo: Node could not be started (${error.message}). Run \`npm install\` again.\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});

/** Undefined where the project's own Node is not installed: this Node then has to do. */
function carriedNode() {
  try {
    return join(dirname(require.resolve('node/package.json')), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}
