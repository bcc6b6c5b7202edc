// Builds and runs the native tests: `node native/test.ts [part of a test's name]`. Exit code 0 only when all pass.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, progressPrinter } from './build.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
await buildNative({ root, target: 'engine-test', onProgress: progressPrinter('Building the native tests') });
const scratch = join(here, 'build', 'scratch');
mkdirSync(scratch, { recursive: true });
const child = spawn(join(here, 'build', 'bin', 'engine-test'), [root, scratch, ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let said = '';
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  process.stdout.write(text);
  said = (said + text).slice(-1000);
});
const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));

// For the summary of a CI run. A crash in the middle has no last line, and counts as a failure.
const [, passed = '0', failed = '0'] = /(\d+) passed, (\d+) failed\s*$/.exec(said) ?? [];
const reports = join(root, 'test-results', 'reports');
mkdirSync(reports, { recursive: true });
const counts = { passed: Number(passed), failed: Math.max(Number(failed), code === 0 ? 0 : 1) };
writeFileSync(join(reports, 'native.json'), JSON.stringify(counts));
process.exitCode = code;
