// kangaroo-bench is `kangaroo bench` without Node: on the same prompts both must count the same tokens, rounds, drafts and
// accepted drafts, however fast they were.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildNative } from './build.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const folder = mkdtempSync(join(tmpdir(), 'kangaroo-bench-'));
const prompts = join(root, 'assets', 'prompts', 'simple.jsonl');
const settings = ['--prompts', prompts, '--limit', '2', '--repeat', '1', '--max-tokens', '48'];

const counts = z.object({
  type: z.enum(['category', 'overall', 'costs']),
  category: z.string().optional(),
  prompts: z.number().optional(),
  identical: z.number().optional(),
  tokensPerRound: z.number().optional(),
  acceptanceRate: z.number().optional(),
  acceptanceByPosition: z.array(z.object({ position: z.number(), drafted: z.number(), accepted: z.number() })).optional(),
});

function readLines(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): unknown => JSON.parse(line));
}

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...args], { encoding: 'utf8', cwd: root });
  return { status, stdout, stderr };
}

beforeAll(() => buildNative({ root, target: 'kangaroo-bench' }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('counts what `kangaroo bench` counts, and writes it in the same form', () => {
  const output = join(folder, 'native.jsonl');
  const ours = run('native/bench.ts', 'bench', ...settings, '--output', output);
  expect(ours).toMatchObject({ status: 0, stdout: expect.stringContaining('10/10') });
  const theirs = run('electron/cli/main.ts', 'bench', ...settings, '--json');
  expect(theirs.status).toBe(0);

  const [native, cli] = [readLines(readFileSync(output, 'utf8')), readLines(theirs.stdout)];
  expect(native.map((line) => counts.parse(line))).toEqual(cli.map((line) => counts.parse(line)));
  for (const [index, line] of cli.entries())
    expect(Object.keys(native[index] ?? {})).toEqual(expect.arrayContaining(Object.keys(line ?? {})));
});

test('a real run of `simulate` says of every figure that its acceptance is simulated', () => {
  const shape = run('native/bench.ts', 'shape', 'Tiny', '--type', 'Q8_0', '--draft-vocab', '0', '--folder', folder);
  const [model = '', adapter = ''] = shape.stdout.trim().split('\n');
  const output = join(folder, 'simulated.jsonl');
  const files = ['--model', model, '--adapter', adapter, '--output', output];
  const simulated = run('native/bench.ts', 'simulate', ...files, '--repeat', '1', '--max-tokens', '64');
  expect(simulated).toMatchObject({ status: 0, stdout: expect.stringContaining('12/12') });
  expect(simulated.stdout).toContain('Speedup, simulated acceptance');
  const lines = readLines(readFileSync(output, 'utf8'));
  const labels = lines.map((line) => z.object({ type: z.string(), simulatedAcceptance: z.boolean().optional() }).parse(line));
  expect(labels.filter(({ type }) => type !== 'costs').every((line) => line.simulatedAcceptance)).toBe(true);
  expect(labels).toHaveLength(8);
});

test('says what is wrong, and exits with 2', () => {
  const answer = run('native/bench.ts', 'bench', '--prompts', join(folder, 'none.jsonl'));
  expect(answer).toMatchObject({ status: 2, stderr: expect.stringContaining('none.jsonl does not exist') });
  expect(run('native/bench.ts', '--ggml', 'best')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('prebuilt, bundle, cuda'),
  });
});
