// The addon over a longer time, in a Node process of its own: nothing may keep that process alive afterwards.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const answers = 60;

test('many answers and cancels leave no handle behind, and the process ends by itself', async () => {
  const script = join(import.meta.dirname, 'testing', 'addon-soak.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, root, String(answers)], { timeout: 600_000 });
  expect(stderr).toBe('');
  const said = JSON.parse(stdout) as { reasons: Record<string, number>; handles: number };
  expect(said.handles).toBe(0);
  expect(Object.values(said.reasons).reduce((sum, n) => sum + n, 0)).toBe(answers);
  expect(said.reasons['cancelled']).toBeGreaterThan(0);
  expect(said.reasons['max-tokens']).toBeGreaterThan(0);
});
