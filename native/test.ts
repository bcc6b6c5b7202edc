// Builds and runs the native tests: `node native/test.ts [part of a test's name]`. Exit code 0 only when all pass.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, progressPrinter } from './build.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
await buildNative({ root, target: 'engine-test', onProgress: progressPrinter('Building the native tests') });
const scratch = join(here, 'build', 'scratch');
mkdirSync(scratch, { recursive: true });
const tests = spawnSync(join(here, 'build', 'bin', 'engine-test'), [root, scratch, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(tests.status ?? 1);
