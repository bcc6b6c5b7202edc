// Builds and runs the native tests: `node native/test.ts [--sanitize] [part of a test's name]`. Exit code 0 only when all pass.
// `--sanitize`: under AddressSanitizer and UBSan, in a build folder of its own; all of it takes hours, so give a part.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, progressPrinter } from './build.ts';
import { sanitizedBuild, sanitizedEnvironment } from './sanitizers.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const sanitize = process.argv.includes('--sanitize');
const buildFolder = join(here, sanitize ? 'build-sanitize' : 'build');
await buildNative({
  root,
  target: 'engine-test',
  buildFolder,
  ...(sanitize ? { defines: sanitizedBuild } : {}),
  onProgress: progressPrinter('Building the native tests'),
});
const scratch = join(buildFolder, 'scratch');
mkdirSync(scratch, { recursive: true });
const filter = process.argv.slice(2).filter((argument) => argument !== '--sanitize');
const child = spawn(join(buildFolder, 'bin', 'engine-test'), [root, scratch, ...filter], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: sanitize ? { ...process.env, ...sanitizedEnvironment } : process.env,
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
writeFileSync(join(reports, sanitize ? 'native-sanitize.json' : 'native.json'), JSON.stringify(counts));
process.exitCode = code;
