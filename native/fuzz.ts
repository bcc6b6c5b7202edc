// Builds and runs the fuzz targets of native/fuzz/: `node native/fuzz.ts [model|adapter|state|calibration|captured|training] [--seconds N]`.
// Without a target all run, one after the other. Needs clang with its sanitizer runtimes. Exit code 0 only when nothing was found;
// what was found lies in native/build-fuzz/findings/ and can be run again: `native/build-fuzz/bin/fuzz-model FILE`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildNative, progressPrinter } from './build.ts';
import { sanitizedBuild, sanitizedEnvironment } from './sanitizers.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const buildFolder = join(here, 'build-fuzz');

const targets = readdirSync(join(here, 'fuzz')).flatMap((file) => /^fuzz-(\w+)\.cpp$/.exec(file)?.[1] ?? []);
const { values, positionals } = parseArgs({ options: { seconds: { type: 'string', default: '60' } }, allowPositionals: true });
const seconds = Number(values.seconds);
const wanted = positionals.length > 0 ? positionals : targets;
const unknown = wanted.find((name) => !targets.includes(name));
if (unknown !== undefined || !Number.isInteger(seconds) || seconds < 1) {
  process.stderr.write(`Usage: node native/fuzz.ts [${targets.join('|')}] [--seconds N]\n`);
  process.exit(2);
}

const compilers = [
  { CMAKE_C_COMPILER: 'clang', CMAKE_CXX_COMPILER: 'clang++' },
  ...[20, 19, 18, 17, 16, 15, 14].map((version) => ({
    CMAKE_C_COMPILER: `clang-${version}`,
    CMAKE_CXX_COMPILER: `clang++-${version}`,
  })),
];
const clang = compilers.find((one) => spawnSync(one.CMAKE_CXX_COMPILER, ['--version'], { stdio: 'ignore' }).status === 0);
if (!clang) {
  process.stderr.write(
    'Fuzzing needs clang with libFuzzer: install it (on Debian and Ubuntu: sudo apt-get install clang libclang-rt-dev), then try again.\n',
  );
  process.exit(2);
}
await buildNative({
  root,
  target: 'fuzz',
  buildFolder,
  defines: { ...sanitizedBuild, ...clang, KANGAROO_FUZZ: 'ON' },
  onProgress: progressPrinter('Building the fuzz targets'),
});

for (const name of wanted) {
  const corpus = join(buildFolder, 'corpus', name);
  const findings = join(buildFolder, 'findings');
  mkdirSync(corpus, { recursive: true });
  mkdirSync(findings, { recursive: true });
  process.stdout.write(`- ${name}, ${seconds} s, corpus in ${relative(root, corpus)}\n`);
  const child = spawn(
    join(buildFolder, 'bin', `fuzz-${name}`),
    [
      corpus,
      `-max_total_time=${seconds}`,
      `-artifact_prefix=${join(findings, `${name}-`)}`,
      '-max_len=65536',
      '-timeout=60', // seconds of one input
      '-malloc_limit_mb=512', // a small file must not claim much memory
      '-rss_limit_mb=4096', // AddressSanitizer keeps what was freed for a while
      '-print_final_stats=1',
    ],
    { stdio: 'inherit', env: { ...process.env, ...sanitizedEnvironment } },
  );
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  if (code !== 0) process.exitCode = 1;
}
