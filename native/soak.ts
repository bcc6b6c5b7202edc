// A soak of the engine: `node native/soak.ts [--generations N]` (10,000). Random prompts, modes, samplers and cancels in one
// process; at the end memory must be within 2% of what it was after the warm-up, and answers the same as a fresh session's.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildNative, progressPrinter } from './build.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { values } = parseArgs({ options: { generations: { type: 'string', default: '10000' } } });
if (!/^[1-9]\d{0,8}$/.test(values.generations)) {
  process.stderr.write('Usage: node native/soak.ts [--generations N]\n');
  process.exit(2);
}
await buildNative({ root, target: 'engine-test', onProgress: progressPrinter('Building the native tests') });
const scratch = join(here, 'build', 'scratch-soak');
mkdirSync(scratch, { recursive: true });
const child = spawn(join(here, 'build', 'bin', 'engine-test'), [root, scratch, 'soak'], {
  stdio: 'inherit',
  env: { ...process.env, KANGAROO_SOAK: values.generations },
});
process.exitCode = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
