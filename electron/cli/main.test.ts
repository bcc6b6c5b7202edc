import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './main.ts';
import { Recorder } from './testing/recorder.ts';

const root = join(import.meta.dirname, '..', '..');

async function cli(argv: string[], from = root) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const code = await run(argv, { root: from, stdout, stderr, signal: new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe('help', () => {
  test('lists every command', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['generate', 'verify', 'bench', 'peers', 'train', 'inspect', 'convert-adapter', 'models', 'serve'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test.each([
    [
      'generate',
      ['--model', '--adapter', '--threshold', '--max-draft', '--temperature', '--seed', '--stop', '--tokens', 'default: 0.6'],
    ],
    ['verify', ['--prompts', '--max-tokens', 'logitGap', 'default: 128']],
    ['bench', ['--repeat', '--limit', '--markdown', 'default: 3']],
    ['peers', ['--peers', '--draft-model', '--write', 'llama-ngram-mod']],
    ['train', ['--out', '--exit-layer', '--steps', '--resume', '--data', 'Ctrl-C pauses']],
    ['inspect', ['FILE', '--json']],
    ['convert-adapter', ['--checkpoint FOLDER', '--exit-layer', '--json']],
    ['serve', ['--port', '--no-open']],
  ])('%s', async (name, parts) => {
    const { code, stdout } = await cli([name, '--threshold', 'NaN', '--help']);
    expect(code).toBe(0);
    for (const part of [`Usage: kangaroo ${name}`, ...parts]) expect(stdout).toContain(part);
    expect(stdout).not.toMatch(/undefined|NaN/);
  });
});

describe('a wrong command line: exit code 2, the reason on stderr, nothing on stdout', () => {
  test.each([
    [[], 'Which command?'],
    [['--json=1'], 'Which command?'],
    [['sing'], 'no command "sing"'],
    [['generate', '--loud', '--prompt', 'x'], 'Unknown option --loud'],
    [['generate', '--prompt', 'x', 'y'], 'Unexpected argument "y"'],
    [['generate'], 'Exactly one of --prompt, --raw, --messages and --tokens'],
    [['generate', '--prompt', 'a', '--raw', 'b'], '--prompt and --raw'],
    [['generate', '--prompt', 'a', '--threshold', 'NaN'], '--threshold'],
    [['generate', '--prompt', 'a', '--temperature', '-1'], '--temperature'],
    [['generate', '--prompt', 'a', '--max-tokens', '0'], '--max-tokens'],
    [['generate', '--prompt', 'a', '--context', '1e99'], '--context'],
    [['generate', '--prompt', 'a', '--stop', ''], '--stop'],
    [['verify'], '--prompts'],
    [['bench', '--json', '--markdown', '--prompts', 'x'], '--markdown'],
    [['inspect'], 'FILE is missing'],
    [['convert-adapter', '--base', 'm.gguf', '--out', 'a.gguf'], 'needs --checkpoint'],
    [['inspect', 'a', 'b', 'c'], '"c"'],
    [['serve', '--port', '70000'], '--port'],
  ])('%j', async (argv, reason) => {
    const { code, stdout, stderr } = await cli(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
    if (!argv.includes('--json')) expect(stdout).toBe('');
  });

  test('with --json the same as an object on stdout', async () => {
    const { code, stdout } = await cli(['generate', '--json', '--prompt', 'a', '--max-draft', '99']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 'invalid-argument',
      message: expect.stringContaining('--max-draft'),
    });
  });
});

describe('errors before a model is loaded', () => {
  let empty: string;
  beforeAll(async () => {
    empty = await mkdtemp(join(tmpdir(), 'kangaroo-cli-'));
  });
  afterAll(() => rm(empty, { recursive: true }));

  test.each([
    [['generate', '--prompt', 'a', '--model', 'm.gguf', '--mode', 'kangaroo'], 'no-adapter'],
    [['generate', '--prompt', 'a'], 'file-not-found'],
    [['generate', '--prompt', 'a', '--model', 'm.gguf'], 'engine-not-built'],
    [['generate', '--messages', 'none.json'], 'file-not-found'],
    [['verify', '--prompts', 'none.jsonl'], 'file-not-found'],
    [['inspect', 'm.gguf'], 'engine-not-built'],
  ])('%j gives %s and exit code 1', async (argv, code) => {
    const result = await cli([...argv, '--json'], empty);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ type: 'error', code });
  });
});

test('the binary hands arguments and the exit code on', async () => {
  const child = (argv: string[]) =>
    new Promise<{ code: number | null; stdout: string }>((resolve) => {
      const started = spawn(process.execPath, [join(import.meta.dirname, 'kangaroo.mjs'), ...argv]);
      let stdout = '';
      started.stdout.on('data', (chunk) => (stdout += String(chunk)));
      started.on('close', (code) => resolve({ code, stdout }));
    });
  expect(await child(['--version'])).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(await child(['sing'])).toMatchObject({ code: 2, stdout: '' });
});
