// `kangaroo verify`, `bench` and `serve` with the real engine.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapter, cli, folder, lines, model, prepareModel, simple, start, withModel, type Line } from './testing/command-line.ts';

prepareModel();

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
