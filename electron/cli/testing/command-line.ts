// The command line as its callers see it: a real child process, the real engine, the starter model.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadAddon } from '../../core/engine/addon.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const starter = join(root, 'assets', 'starter', 'starter-f16.gguf');
export const adapter = join(root, 'assets', 'starter', 'starter-adapter.gguf');
export const simple = join(root, 'assets', 'prompts', 'simple.jsonl');

/** For the tests of one file. */
export let folder: string;
/** The starter, quantised: greedy answers are the same in every mode there, always. */
export let model: string;

export function prepareModel(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kangaroo-cli-model-'));
    model = join(folder, 'q8_0.gguf');
    await loadAddon(root).quantize(starter, model, 'Q8_0');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function start(argv: string[], environment: Record<string, string> = {}) {
  return spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), ...argv], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function cli(...argv: string[]): Promise<Finished> {
  return new Promise((resolve) => {
    const child = start(argv);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export interface Line {
  type: string;
  [key: string]: unknown;
}

/** Fails on any line of stdout that is no JSON object. */
export function lines(finished: Finished): Line[] {
  expect(finished.stdout.endsWith('\n')).toBe(true);
  return finished.stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const value: Line = JSON.parse(line);
      expect(value).toBeTypeOf('object');
      return value;
    });
}

/** On one thread: two wait for each other at every step, and take many times as long where something else has a core. */
export const withModel = () => ['--model', model, '--adapter', adapter, '--threads', '1'];

/** The adapter, said to be made for another base. */
export async function foreignAdapter(): Promise<string> {
  const bytes = await readFile(adapter);
  const { fingerprint } = await loadAddon(root).inspect(model);
  const at = bytes.indexOf(fingerprint);
  expect(at).toBeGreaterThan(0);
  bytes.write(fingerprint.startsWith('0') ? '1' : '0', at);
  const path = join(folder, 'foreign-adapter.gguf');
  await writeFile(path, bytes);
  return path;
}
