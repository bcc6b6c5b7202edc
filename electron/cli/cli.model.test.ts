// The command line as its callers see it: a real child process, the real engine, the starter model.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAddon } from '../core/engine/addon.ts';

const root = join(import.meta.dirname, '..', '..');
const starter = join(root, 'assets', 'starter', 'starter-f16.gguf');
const adapter = join(root, 'assets', 'starter', 'starter-adapter.gguf');
const simple = join(root, 'assets', 'prompts', 'simple.jsonl');

let folder: string;
/** The starter, quantised: greedy answers are the same in every mode there, always. */
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kangaroo-cli-model-'));
  model = join(folder, 'q8_0.gguf');
  await loadAddon(root).quantize(starter, model, 'Q8_0');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(argv: string[], environment: Record<string, string> = {}) {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...argv], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function cli(...argv: string[]): Promise<Finished> {
  return new Promise((resolve) => {
    const child = start(argv);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Line {
  type: string;
  [key: string]: unknown;
}

/** Fails on any line of stdout that is no JSON object. */
function lines(finished: Finished): Line[] {
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
const withModel = () => ['--model', model, '--adapter', adapter, '--threads', '1'];

async function tokenIds(...argv: string[]): Promise<unknown> {
  const finished = await cli('generate', ...withModel(), ...argv, '--json');
  expect(finished).toMatchObject({ code: 0 });
  return lines(finished).at(-1)?.['tokenIds'];
}

describe('generate', () => {
  test('--json: prompt, rounds, done, and they agree with each other', async () => {
    const finished = await cli('generate', ...withModel(), '--prompt', 'Tell me a joke.', '--max-tokens', '48', '--json');
    expect(finished.code).toBe(0);
    const [prompt, ...others] = lines(finished);
    const [rounds, done] = [others.slice(0, -1), others.at(-1)];
    expect(prompt).toMatchObject({
      type: 'prompt',
      cachedTokens: 0,
      token: { id: expect.any(Number), text: expect.any(String) },
    });
    expect(prompt?.['tokenIds']).toHaveLength(Number(prompt?.['promptTokens']));
    expect(new Set(rounds.map((round) => round.type))).toEqual(new Set(['round']));
    interface RoundLine {
      drafts: { id: number; text: string; confidence: number }[];
      accepted: number;
      token: { id: number };
      rows: number;
    }
    const typed = rounds as unknown as RoundLine[];
    const ids = [
      (prompt?.['token'] as { id: number } | undefined)?.id,
      ...typed.flatMap((round) => [...round.drafts.slice(0, round.accepted).map((draft) => draft.id), round.token.id]),
    ];
    const found = done?.['tokenIds'] as number[];
    expect(found).toEqual(ids.slice(0, found.length));
    for (const round of typed) {
      expect(round.rows).toBe(round.drafts.length + 1);
      for (const draft of round.drafts) expect(draft.confidence).toBeGreaterThan(0);
    }
    const drafted = typed.reduce((sum, round) => sum + round.drafts.length, 0);
    expect(drafted).toBeGreaterThan(0);
    expect(done).toMatchObject({
      type: 'done',
      stats: { promptTokens: prompt?.['promptTokens'], tokens: found.length, rounds: rounds.length, drafted },
    });
    const promised = [
      'promptTokens',
      'cachedTokens',
      'tokens',
      'ms',
      'tokensPerSecond',
      'rounds',
      'tokensPerRound',
      'drafted',
      'accepted',
    ];
    for (const name of [...promised, 'acceptanceRate']) expect(done?.['stats']).toHaveProperty(name, expect.any(Number));
  });

  test('for people: the answer on stdout, figures on stderr', async () => {
    const options = [...withModel(), '--prompt', 'Good morning!', '--max-tokens', '32'];
    const [people, program] = [await cli('generate', ...options), await cli('generate', ...options, '--json')];
    expect(people.code).toBe(0);
    expect(people.stdout.trimEnd()).toBe(String(lines(program).at(-1)?.['text']).trimEnd());
    expect(people.stderr).toMatch(/tokens\/s .* tokens per round/);
  });

  test('without options: the starter, drafting', async () => {
    const finished = await cli('generate', '--prompt', 'Hi!', '--max-tokens', '8', '--json');
    expect(finished.code).toBe(0);
    expect(lines(finished).slice(1, -1)).toEqual(expect.arrayContaining([expect.objectContaining({ mode: 'kangaroo' })]));
  });

  test.each([
    ['--prompt', 'Write a story about a fox.'],
    ['--prompt', 'Tom has 12 apples and gives 5 to Ann. How many apples are left?'],
    ['--raw', 'Once upon a time'],
    ['--raw', 'Grüße, 世界! 🦘'],
    ['--tokens', '1,3,2264,481,424,1787,5,4'],
  ])('the same tokens with and without drafts: %s %s', async (name, value) => {
    const plain = await tokenIds(name, value, '--mode', 'plain', '--max-tokens', '96');
    for (const drafting of [['--max-draft', '1'], ['--threshold', '0', '--max-draft', '8'], []]) {
      expect(await tokenIds(name, value, ...drafting, '--max-tokens', '96')).toEqual(plain);
    }
  });

  test('--mode auto gives the same tokens, says what it does, and needs no adapter', async () => {
    const asked = ['--prompt', 'Write a story about a fox.', '--max-tokens', '160', '--json'];
    const plain = lines(await cli('generate', ...withModel(), ...asked, '--mode', 'plain')).at(-1);
    const automatic = lines(await cli('generate', ...withModel(), ...asked, '--mode', 'auto'));
    const [rounds, done] = [automatic.slice(1, -1), automatic.at(-1)];
    expect(done?.['tokenIds']).toEqual(plain?.['tokenIds']);
    for (const round of rounds) {
      expect(round).toMatchObject({
        discarded: expect.any(Number),
        paused: expect.any(Boolean),
        expectedSpeedup: expect.any(Number),
      });
    }
    expect(done).toMatchObject({ stats: { pausedRounds: rounds.filter((round) => round['paused']).length } });

    const bare = ['generate', '--model', model, '--threads', '1', ...asked, '--mode', 'auto'];
    const copying = lines(await cli(...bare)).at(-1);
    const stats = copying?.['stats'] as { drafted: number; lookedUp: number; discarded: number } | undefined;
    expect(copying?.['tokenIds']).toEqual(plain?.['tokenIds']);
    expect(stats).toMatchObject({ drafted: stats?.lookedUp, discarded: 0 });
    const without = await cli(...bare, '--no-lookup');
    expect(without.code).toBe(0);
    expect(lines(without).at(-1)).toMatchObject({ tokenIds: plain?.['tokenIds'], stats: { drafted: 0, discarded: 0 } });
  });

  test('--messages is --prompt with a history', async () => {
    const path = join(folder, 'messages.json');
    await writeFile(path, JSON.stringify([{ role: 'user', content: 'Tell me a joke.' }]));
    expect(await tokenIds('--messages', path, '--max-tokens', '24')).toEqual(
      await tokenIds('--prompt', 'Tell me a joke.', '--max-tokens', '24'),
    );
  });

  test('a stop text ends the answer before it', async () => {
    const options = [...withModel(), '--raw', 'Once upon a time', '--max-tokens', '64', '--json'];
    const whole = String(lines(await cli('generate', ...options)).at(-1)?.['text']);
    const stop = whole.slice(20, 26);
    const done = lines(await cli('generate', ...options, '--stop', stop)).at(-1);
    expect(done).toMatchObject({ reason: 'stop-text', text: whole.slice(0, whole.indexOf(stop)) });
  });

  test('the same seed gives the same answer, another seed another one', async () => {
    const sampled = (seed: string) => tokenIds('--raw', 'The', '--temperature', '1', '--seed', seed, '--max-tokens', '48');
    const first = await sampled('1');
    expect(await sampled('1')).toEqual(first);
    expect(await sampled('2')).not.toEqual(first);
  });

  test('Ctrl-C ends the answer within a round: what there is, reason cancelled, exit code 130', async () => {
    const child = start([
      'generate',
      ...withModel(),
      '--raw',
      'Once upon a time',
      '--max-tokens',
      '1000',
      '--threshold',
      '0',
      '--json',
    ]);
    let stdout = '';
    const finished = new Promise<number | null>((resolve) => child.on('close', resolve));
    // Reading stops at the first round: the pipe fills, so that the answer cannot be over before the signal is there.
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        stdout += String(chunk);
        if (!stdout.includes('"round"')) return;
        child.stdout.pause();
        resolve();
      });
    });
    child.kill('SIGINT');
    child.stdout.resume();
    expect(await finished).toBe(130);
    expect(lines({ code: 130, stdout, stderr: '' }).at(-1)).toMatchObject({
      type: 'done',
      reason: 'cancelled',
      tokenIds: expect.any(Array),
    });
  });
});

describe('verify', () => {
  test('every answer is the same, over turns too; a prompt that is too long is counted', async () => {
    const path = join(folder, 'prompts.jsonl');
    const some = (await readFile(simple, 'utf8')).split('\n').filter((_, index) => index % 8 === 0);
    const turns = [
      { category: 'writing', turns: ['Write a story about a fox.', 'Tell it again.'] },
      { category: 'rag', turns: ['word '.repeat(2000)] },
    ];
    await writeFile(path, [...some, ...turns.map((line) => JSON.stringify(line))].join('\n'));
    for (const mode of ['kangaroo', 'auto']) {
      const options = ['--prompts', path, '--max-tokens', '64', '--mode', mode, '--json'];
      const finished = await cli('verify', ...withModel(), ...options);
      expect(finished.code).toBe(0);
      const [result, ...others] = lines(finished);
      expect(others).toEqual([]);
      const prompts = some.filter((line) => line !== '').length + 1;
      expect(result).toMatchObject({ prompts, identical: prompts, differences: [], mode, skipped: 1 });
    }
  });

  test('without an adapter, automatic drafting by copies is verified; always drafting cannot be', async () => {
    const path = join(folder, 'copies.jsonl');
    const turns = ['Write a story about a fox.', 'Tell it again.', 'Tell it again.'];
    await writeFile(path, JSON.stringify({ category: 'writing', turns }));
    const asked = ['--model', model, '--threads', '1', '--prompts', path, '--max-tokens', '128', '--json'];
    const finished = await cli('verify', ...asked);
    expect(finished.code).toBe(0);
    const [result] = lines(finished);
    expect(result).toMatchObject({ mode: 'auto', prompts: 1, identical: 1, differences: [] });
    // Only what was copied can have been drafted, and without copies this would show nothing.
    expect(result?.['copied']).toBeGreaterThan(0);
    expect(result?.['drafted']).toBe(result?.['copied']);
    for (const impossible of [['--mode', 'kangaroo'], ['--no-lookup']]) {
      const refused = await cli('verify', ...asked, ...impossible);
      expect(refused.code).toBe(1);
      expect(lines(refused)).toMatchObject([{ type: 'error', code: 'no-adapter' }]);
    }
  });
});

describe('bench', () => {
  const options = ['--prompts', simple, '--limit', '1', '--repeat', '2', '--max-tokens', '24'];

  test('--json: categories, overall, costs', async () => {
    const finished = await cli('bench', ...withModel(), ...options, '--json');
    expect(finished.code).toBe(0);
    const found = lines(finished);
    expect(found.map((line) => line.type)).toEqual([...Array<string>(5).fill('category'), 'overall', 'costs']);
    expect(found.slice(0, 5).map((line) => line['category'])).toEqual(['explain', 'story', 'smalltalk', 'math', 'writing']);
    const [overall, costs] = found.slice(5);
    expect(overall).toMatchObject({
      prompts: 5,
      identical: 5,
      plainTokensPerSecond: expect.any(Number),
      kangarooTokensPerSecond: expect.any(Number),
      speedup: { median: expect.any(Number), low: expect.any(Number), high: expect.any(Number) },
      tokensPerRound: expect.any(Number),
      acceptanceRate: expect.any(Number),
      autoTokensPerSecond: expect.any(Number),
      autoSpeedup: { median: expect.any(Number), low: expect.any(Number), high: expect.any(Number) },
      autoPausedShare: expect.any(Number),
      settings: { modes: ['plain', 'kangaroo', 'auto'] },
      model: { fileType: expect.stringContaining('Q8_0') },
    });
    expect(costs?.['verifyMs']).toHaveLength(8);
    expect(costs?.['draftStepMs']).toBeTypeOf('number');
  });

  test('--modes leaves out what is not asked for; plain decoding is always measured', async () => {
    const finished = await cli('bench', ...withModel(), ...options, '--modes', 'kangaroo', '--json');
    const overall = lines(finished).find((line) => line.type === 'overall');
    expect(overall).toMatchObject({
      plainTokensPerSecond: expect.any(Number),
      kangarooTokensPerSecond: expect.any(Number),
      autoTokensPerSecond: null,
      autoSpeedup: null,
      settings: { modes: ['plain', 'kangaroo'] },
    });
  });

  test('--grid: every fixed setting, the best of them, automatic drafting over it; and where the time went', async () => {
    const some = ['--prompts', simple, '--limit', '1', '--repeat', '1', '--max-tokens', '16', '--modes', 'auto', '--grid'];
    const found = lines(await cli('bench', ...withModel(), ...some, '--json'));
    const speed = { median: expect.any(Number), low: expect.any(Number), high: expect.any(Number) };
    for (const line of found.slice(0, -1)) {
      expect(line).toMatchObject({
        grid: { best: { threshold: expect.any(Number), speedup: speed }, autoOverPlain: speed, autoOverBest: speed },
        copies: { drafted: expect.any(Number), accepted: expect.any(Number) },
        hostOverhead: { plain: { share: expect.any(Number), msPerRound: expect.any(Number) }, kangaroo: null },
      });
      expect((line['grid'] as { settings: unknown[] }).settings).toHaveLength(12);
    }
    expect(found.at(-2)).toMatchObject({ type: 'overall', identical: 5 });
  });

  test('without an adapter: plain decoding and automatic drafting by copies', async () => {
    const some = ['--model', model, '--threads', '1', ...options];
    expect(lines(await cli('bench', ...some, '--json')).find((line) => line.type === 'overall')).toMatchObject({
      adapter: null,
      identical: 5,
      settings: { modes: ['plain', 'auto'] },
    });
    const refused = await cli('bench', ...some, '--grid', '--json');
    expect(lines(refused)).toMatchObject([{ type: 'error', code: 'no-adapter' }]);
  });

  test('a table for people', async () => {
    const finished = await cli('bench', ...withModel(), ...options, '--markdown');
    expect(finished.code).toBe(0);
    expect(finished.stdout).toMatch(/^\| overall +\| +5 \|/m);
    expect(finished.stdout).toMatch(/^Drafting is (slower|faster) than plain decoding here: \d/m);
  });
});

describe('serve', () => {
  test('--json prints the link, which opens; Ctrl-C ends it with exit code 0', async () => {
    const child = start(['serve', '--no-open', '--json', '--model', model, '--adapter', adapter], {
      KANGAROO_DATA_DIR: join(folder, 'data'),
    });
    const finished = new Promise<number | null>((resolve) => child.on('close', resolve));
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
    const listening: Line = JSON.parse(line);
    expect(listening).toEqual({ type: 'listening', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=/) });
    expect((await fetch(String(listening['url']), { redirect: 'manual' })).status).toBe(303);
    child.kill('SIGINT');
    expect(await finished).toBe(0);
  });

  test('a model that is not there is an error at once', async () => {
    const finished = await cli('serve', '--no-open', '--json', '--model', join(folder, 'none.gguf'));
    expect(finished.code).toBe(1);
    expect(lines(finished)).toMatchObject([{ type: 'error', code: 'file-not-found' }]);
  });
});

/** The adapter, said to be made for another base. */
async function foreignAdapter(): Promise<string> {
  const bytes = await readFile(adapter);
  const { fingerprint } = await loadAddon(root).inspect(model);
  const at = bytes.indexOf(fingerprint);
  expect(at).toBeGreaterThan(0);
  bytes.write(fingerprint.startsWith('0') ? '1' : '0', at);
  const path = join(folder, 'foreign-adapter.gguf');
  await writeFile(path, bytes);
  return path;
}

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
