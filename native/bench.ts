// Builds kangaroo-bench and runs it: `npm run -s bench:native -- [--ggml prebuilt|bundle|cuda] [its own arguments]`. Without
// arguments of its own it measures the starter on the short prompts; without --model it takes the starter. `bundle` builds ggml
// too, `cuda` with its CUDA backend. A machine without Node runs bench/run-gpu.sh instead.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, MissingTools, progressPrinter, type BuildOptions } from './build.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);

const builds: Record<string, Pick<BuildOptions, 'buildFolder' | 'defines'>> = {
  prebuilt: {},
  bundle: { buildFolder: join(here, 'build', 'bundle'), defines: { KANGAROO_GGML: 'bundle' } },
  cuda: { buildFolder: join(here, 'build', 'cuda'), defines: { KANGAROO_GGML: 'bundle', KANGAROO_CUDA: 'ON' } },
};

const given = process.argv.slice(2);
let ggml = 'prebuilt';
if (given[0] === '--ggml') [, ggml = ''] = given.splice(0, 2);
const build = builds[ggml];
if (build === undefined) {
  console.error(`--ggml takes ${Object.keys(builds).join(', ')}, not "${ggml}".`);
  process.exit(2);
}

const starter = join(root, 'assets', 'starter');
if (given.length === 0) given.push('bench', '--prompts', join(root, 'assets', 'prompts', 'simple.jsonl'));
if (given[0] === 'bench' && !given.includes('--model')) {
  given.push('--model', join(starter, 'starter-q8_0.gguf'));
  if (!given.includes('--adapter')) given.push('--adapter', join(starter, 'starter-adapter.gguf'));
}

try {
  await buildNative({ root, target: 'kangaroo-bench', onProgress: progressPrinter('Building kangaroo-bench'), ...build });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof MissingTools ? 3 : 1);
}
const program = join(build.buildFolder ?? join(here, 'build'), 'bin', 'kangaroo-bench');
spawn(program, given, { stdio: 'inherit' }).on('close', (code) => {
  process.exitCode = code ?? 1;
});
