// Makes sure that what a start needs is built and current: the native engine, the page, and the desktop shell's own bundles.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pageFolder } from '../core/page.ts';

const pageSources = ['renderer', 'electron/contract', 'electron/rpc', 'package-lock.json'];
const shellParts = ['main', 'threads', 'preload'].map((part) => join('.config', `vite.${part}.config.ts`));
const shellSources = ['electron', ...shellParts, 'package-lock.json'];
const builtFolders: ReadonlySet<string> = new Set(['node_modules', 'dist', 'build']);

/** When the newest file below a path was last written; 0 where there is none. Folders that are built do not count. */
function newestMs(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  const children = readdirSync(path).filter((name) => !builtFolders.has(name) && !/\.test\.tsx?$/.test(name));
  return Math.max(0, ...children.map((name) => newestMs(join(path, name))));
}

/** True where the target is missing or older than any of its sources. */
export function isStale(root: string, target: string, sources: readonly string[]): boolean {
  const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.some((source) => newestMs(join(root, source)) > built);
}

/** Runs a Node script of this checkout to its end; its output is the user's to see. */
function runScript(root: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Builds the engine if its sources changed. False: that failed, and the builder has said what is missing. */
export async function ensureEngine(root: string): Promise<boolean> {
  return (await runScript(root, [join('native', 'build.ts')])) === 0;
}

async function runVite(root: string, config: string): Promise<boolean> {
  const vite = join('node_modules', 'vite', 'bin', 'vite.js');
  return (await runScript(root, [vite, 'build', '--config', config, '--logLevel', 'warn'])) === 0;
}

/** Builds the page if its sources are newer. False: the build failed, and Vite has said why. */
export async function ensurePage(root: string): Promise<boolean> {
  if (!isStale(root, join(pageFolder(root), 'index.html'), pageSources)) return true;
  console.log('Building the page…');
  return runVite(root, join('renderer', 'vite.config.ts'));
}

/** Bundles main, the engine's worker, threads and preload for Electron if their sources are newer. */
export async function ensureShell(root: string): Promise<boolean> {
  const folder = join(root, '.vite', 'build');
  const outputs = ['main.js', 'worker.js', 'hash-worker.mjs', 'import-worker.mjs', 'preload.cjs'].map((name) =>
    join(folder, name),
  );
  if (!outputs.some((output) => isStale(root, output, shellSources))) return true;
  console.log('Building the desktop shell…');
  for (const config of shellParts) if (!(await runVite(root, config))) return false;
  return true;
}
