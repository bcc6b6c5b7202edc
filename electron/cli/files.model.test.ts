// `kangaroo inspect`, `train`, and files that are damaged, foreign or not there: each is a typed error.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapter, cli, folder, foreignAdapter, lines, model, prepareModel, start } from './testing/command-line.ts';

prepareModel();

describe('inspect', () => {
  test('a model, and an adapter that fits', async () => {
    const finished = await cli('inspect', model, adapter, '--json');
    expect(finished.code).toBe(0);
    expect(lines(finished)).toMatchObject([
      { type: 'model', path: model, architecture: 'llama', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { type: 'adapter', path: adapter, adapter: { exitLayer: 2 } },
      { type: 'fit', fits: true },
    ]);
  });

  test('an adapter of another model does not fit, in either order', async () => {
    const foreign = await foreignAdapter();
    for (const files of [
      [model, foreign],
      [foreign, model],
    ]) {
      const finished = await cli('inspect', ...files, '--json');
      expect(finished.code).toBe(1);
      expect(lines(finished).at(-1)).toMatchObject({ type: 'fit', fits: false, reason: expect.stringContaining('trained for') });
    }
  });

  test('for people', async () => {
    const finished = await cli('inspect', adapter);
    expect(finished.code).toBe(0);
    expect(finished.stdout).toContain('Kangaroo adapter');
    expect(finished.stdout).toContain('Llama Joey');
  });
});

describe('bad input is a typed error and exit code 1', () => {
  const generate = (...argv: string[]) => ['generate', '--prompt', 'Hi', '--max-tokens', '4', ...argv];

  async function expectError(argv: string[], code: string, exitCode = 1): Promise<void> {
    const finished = await cli(...argv, '--json');
    expect(lines(finished)).toEqual([{ type: 'error', code, message: expect.stringMatching(/\w+/) }]);
    expect(finished.code).toBe(exitCode);
  }

  async function written(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  test('not a GGUF', async () => {
    const path = await written('text.gguf', 'This is no model, whatever its name says.'.repeat(10));
    await expectError(generate('--model', path), 'not-a-gguf');
    await expectError(['inspect', path], 'not-a-gguf');
    await expectError(generate('--model', model, '--adapter', path), 'not-a-gguf');
  });

  test('truncated', async () => {
    const bytes = await readFile(model);
    for (const [name, length] of [
      ['half.gguf', bytes.length / 2],
      ['head.gguf', 2000],
    ] as const) {
      const path = await written(name, bytes.subarray(0, length));
      await expectError(generate('--model', path), 'file-damaged');
      await expectError(['inspect', path], 'file-damaged');
    }
    const cut = await written('cut-adapter.gguf', (await readFile(adapter)).subarray(0, 100_000));
    await expectError(generate('--model', model, '--adapter', cut), 'file-damaged');
  });

  test('an adapter of another model', async () => {
    await expectError(generate('--model', model, '--adapter', await foreignAdapter()), 'adapter-mismatch');
  });

  test('a model where an adapter belongs, and an adapter where a model belongs', async () => {
    await expectError(generate('--model', model, '--adapter', model), 'adapter-invalid');
    await expectError(generate('--model', adapter), 'invalid-argument', 2);
  });

  test('no such file, and a folder', async () => {
    await expectError(generate('--model', join(folder, 'none.gguf')), 'file-not-found');
    await expectError(generate('--model', model, '--adapter', join(folder, 'none.gguf')), 'file-not-found');
    await expectError(generate('--model', folder), 'file-not-readable');
  });

  test('a context that is absurd, or too small', async () => {
    await expectError(generate('--model', model, '--context', '99999999999'), 'invalid-argument', 2);
    await expectError(generate('--model', model, '--context', '1'), 'prompt-too-long');
  });

  test('a prompt that is longer than the context', async () => {
    for (const words of [64, 100, 400]) {
      await expectError(['generate', '--model', model, '--raw', 'word '.repeat(words), '--context', '64'], 'prompt-too-long');
    }
  });

  test('token ids that the model does not have', async () => {
    await expectError(['generate', '--model', model, '--tokens', '1,4096'], 'invalid-argument', 2);
    await expectError(['generate', '--model', model, '--tokens', '4294967297'], 'invalid-argument', 2);
  });

  test('drafting without an adapter', async () => {
    await expectError(generate('--model', model, '--mode', 'kangaroo'), 'no-adapter');
  });
});

test('`train` pauses at Ctrl-C, says how to go on, goes on, and the adapter fits its model', async () => {
  const out = join(folder, 'trained.gguf');
  const child = start([
    'train',
    '--json',
    '--model',
    model,
    '--out',
    out,
    '--tokens',
    '400',
    '--exit-layer',
    '2',
    '--steps',
    '4',
  ]);
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const code = await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      if (!child.killed && /"phase":"generate","done":[1-9]/.test(stdout)) child.kill('SIGINT');
    });
    child.on('close', resolve);
  });
  expect(code).toBe(130);
  expect(stderr).toContain('kangaroo train --resume --out');
  const resumed = await cli('train', '--json', '--resume', '--out', out);
  expect(resumed).toMatchObject({ code: 0 });
  expect(lines(resumed).at(-1)).toMatchObject({ type: 'done', path: out, result: { exitLayer: 2, steps: 4 } });
  const fit = await cli('inspect', model, out, '--json');
  expect(lines(fit).at(-1)).toMatchObject({ type: 'fit', fits: true });
});
