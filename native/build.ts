// Builds the native engine: `node native/build.ts [--postinstall] [--target NAME]`. Does nothing when what is built was made
// from the same sources. What is missing on the machine is said in one line.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The build cannot run here; the message says what to install. */
export class MissingTools extends Error {}

const targets = ['kangaroo', 'engine-test', 'kangaroo-bench', 'fuzz'] as const;
export type NativeTarget = (typeof targets)[number];

export interface BuildOptions {
  /** The repository's root. */
  root: string;
  /** A CMake target: `kangaroo` is the addon, `fuzz` all of `native/fuzz/` (needs clang). */
  target?: NativeTarget;
  /** Further CMake definitions, and a folder of their own for such a build. */
  defines?: Record<string, string>;
  buildFolder?: string;
  /** Told now and then, 0…1. */
  onProgress?: (fraction: number, text: string) => void;
}

const platformPackages: Record<string, string> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** Throws `MissingTools` where the package is not installed. */
export function packageFolder(root: string, name: string): string {
  const folder = join(root, 'node_modules', name);
  if (!existsSync(folder)) throw new MissingTools(`The package ${name} is missing. Run \`npm install\` again.`);
  return folder;
}

/** The folder of the prebuilt libraries of llama.cpp and ggml for this machine. Throws `MissingTools`. */
export function prebuiltFolder(root: string): string {
  const platform = platformPackages[`${process.platform}-${process.arch}`];
  if (!platform) throw new MissingTools(`There is no prebuilt ggml for ${process.platform} on ${process.arch}.`);
  return join(packageFolder(root, `@node-llama-cpp/${platform}`), 'bins', platform);
}

/** Throws `MissingTools` with what to install before `retry` is run. */
export function requireTools(retry = 'npm run build:native'): { generator: string } {
  const works = (command: string) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  const missing: string[] = [];
  if (!works('cmake')) missing.push('cmake');
  const ninja = works('ninja');
  if (!ninja && !works('make')) missing.push('ninja-build');
  if (process.platform !== 'win32' && !works(process.env['CXX'] ?? 'c++')) missing.push('g++');
  if (!works('git')) missing.push('git');
  if (missing.length > 0) {
    throw new MissingTools(
      `The engine cannot be built: install ${missing.join(', ')} (on Debian and Ubuntu: sudo apt-get install ${missing.join(' ')}), then run \`${retry}\`.`,
    );
  }
  return { generator: ninja ? 'Ninja' : 'Unix Makefiles' };
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** A hash over everything that the build depends on. */
function sourcesHash(root: string, target: NativeTarget): string {
  const hash = createHash('sha256');
  const further = {
    kangaroo: [],
    'engine-test': ['test', 'testing', 'bench'],
    'kangaroo-bench': ['testing', 'bench'],
    fuzz: ['fuzz', 'testing'],
  };
  const folders = ['src', 'addon', 'patches', ...further[target]].map((name) => join(here, name));
  const recipes = ['CMakeLists.txt', 'bundled-ggml.cmake', 'unpack-llama.cmake'].map((name) => join(here, name));
  for (const file of [...recipes, ...folders.flatMap(listFiles)]) {
    if (/\.(md|jsonl|sh)$/.test(file)) continue;
    hash.update(relative(here, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  const version = createRequire(import.meta.url)(join(packageFolder(root, 'node-llama-cpp'), 'package.json')) as {
    version: string;
  };
  return hash.update(version.version).digest('hex');
}

/** Runs a program to its end; `tail` is the last that it said. */
export function runTool(
  command: string,
  args: string[],
  onLine: (line: string) => void,
): Promise<{ code: number; tail: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const tail: string[] = [];
    let rest = '';
    const take = (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        tail.push(line);
        if (tail.length > 60) tail.shift();
        onLine(line);
      }
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, tail }));
  });
}

/** True when the target was built from the sources as they are. */
export function isBuilt(options: BuildOptions): boolean {
  const target = options.target ?? 'kangaroo';
  const folder = options.buildFolder ?? join(here, 'build');
  const stamp = join(folder, `${target}.stamp`);
  const products: Record<string, string> = { kangaroo: 'kangaroo.node', fuzz: 'fuzz-model' };
  const product = join(folder, 'bin', products[target] ?? target);
  return existsSync(product) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash(options.root, target);
}

/** Builds if needed; resolves to whether it did. Throws `MissingTools`, or an error with the end of the compiler's output. */
export async function buildNative(options: BuildOptions): Promise<boolean> {
  if (isBuilt(options)) return false;
  const target = options.target ?? 'kangaroo';
  const folder = options.buildFolder ?? join(here, 'build');
  const { generator } = requireTools();
  const libraries = prebuiltFolder(options.root);
  const bundle = join(packageFolder(options.root, 'node-llama-cpp'), 'llama', 'gitRelease.bundle');
  if (!existsSync(bundle)) throw new MissingTools('node-llama-cpp does not carry llama.cpp. Run `npm install` again.');
  const hash = sourcesHash(options.root, target);

  mkdirSync(folder, { recursive: true });
  const defines: Record<string, string> = {
    CMAKE_BUILD_TYPE: 'Release',
    LLAMA_BUNDLE: bundle,
    GGML_LIB_DIR: libraries,
    NODE_ADDON_API_DIR: packageFolder(options.root, 'node-addon-api'),
    NODE_INCLUDE_DIR: join(packageFolder(options.root, 'node-api-headers'), 'include'),
    KANGAROO_BUILD_ID: sourcesHash(options.root, 'kangaroo').slice(0, 12),
    ...options.defines,
  };
  options.onProgress?.(0, 'unpacking llama.cpp');
  const configured = await runTool(
    'cmake',
    ['-S', here, '-B', folder, '-G', generator, ...Object.entries(defines).map(([key, value]) => `-D${key}=${value}`)],
    () => {},
  );
  if (configured.code !== 0) throw new Error(`The engine could not be configured:\n${configured.tail.join('\n')}`);
  const built = await runTool(
    'cmake',
    ['--build', folder, '--target', target, '--parallel', String(availableParallelism())],
    (line) => {
      const step = /^\[(\d+)\/(\d+)\]|^\[ *(\d+)%\]/.exec(line);
      if (step) options.onProgress?.(step[3] ? Number(step[3]) / 100 : Number(step[1]) / Number(step[2]), 'compiling');
    },
  );
  if (built.code !== 0) throw new Error(`The engine could not be built:\n${built.tail.join('\n')}`);
  writeFileSync(join(folder, `${target}.stamp`), hash);
  options.onProgress?.(1, 'built');
  return true;
}

/** Prints progress to stderr: one line that is rewritten on a terminal, a line per quarter elsewhere. */
export function progressPrinter(what: string): (fraction: number, text: string) => void {
  let shown = -1;
  return (fraction, text) => {
    const percent = Math.floor(fraction * 100);
    const step = process.stderr.isTTY ? percent : Math.floor(percent / 25) * 25;
    if (step === shown) return;
    shown = step;
    process.stderr.write(
      process.stderr.isTTY
        ? `\r${what}: ${percent}% (${text})   ${fraction === 1 ? '\n' : ''}`
        : `${what}: ${percent}% (${text})\n`,
    );
  };
}

if (import.meta.main) {
  const named = process.argv.includes('--target') ? process.argv[process.argv.indexOf('--target') + 1] : 'kangaroo';
  const target = targets.find((one) => one === named);
  if (target === undefined) throw new Error(`There is no target ${String(named)}.`);
  try {
    await buildNative({ root: dirname(here), target, onProgress: progressPrinter('Building the engine') });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    // npm install must not fail for want of a compiler: the first start tries again and says the same
    process.exit(error instanceof MissingTools && process.argv.includes('--postinstall') ? 0 : 1);
  }
}
