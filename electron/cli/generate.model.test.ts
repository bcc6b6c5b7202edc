// `kangaroo generate` with the real engine: what it prints, and that drafting changes nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, folder, lines, model, prepareModel, start, withModel } from './testing/command-line.ts';

prepareModel();

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
    let paused = false;
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        stdout += String(chunk);
        if (paused || !stdout.includes('"round"')) return;
        paused = true;
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
