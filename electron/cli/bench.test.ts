import { describe, expect, test } from 'vitest';
import { defaultGenerationOptions, type ChatTurn, type Costs, type DraftingMode } from '../contract/engine.ts';
import { formatGrid, gridSettings, type GridSummary } from './bench-grid.ts';
import { playBenchmark, type Playing, type Sample } from './bench-play.ts';
import { formatReport, verdict, type BenchmarkResult } from './bench-report.ts';
import { summarize, summarizeByCategory } from './bench-summary.ts';
import type { Conversation } from './prompts.ts';
import { ScriptedSession, type ScriptedAnswer } from './scripted-session.ts';

/** Five tokens, four of them timed. */
const plainAnswer = (ms: number): ScriptedAnswer => ({
  first: 1,
  rounds: [2, 3, 4, 5].map((token) => ({ drafts: [], accepted: 0, token })),
  ms,
});
/** The same five tokens in two rounds; two of three drafts are accepted. */
const draftedAnswer = (ms: number): ScriptedAnswer => ({
  first: 1,
  rounds: [
    { drafts: [2, 9], accepted: 1, token: 3 },
    { drafts: [4], accepted: 1, token: 5 },
  ],
  ms,
});

const encode = (messages: ChatTurn[]) => new Int32Array(messages.reduce((length, message) => length + message.content.length, 0));
const conversations: Conversation[] = [
  { index: 0, category: 'story', history: [], turns: ['a long first one'] },
  { index: 1, category: 'math', history: [], turns: ['short'] },
];

/** The same five tokens again; drafting is paused in three of its four rounds. */
const pausingAnswer = (ms: number): ScriptedAnswer => ({
  first: 1,
  rounds: [2, 3, 4, 5].map((token) => ({ drafts: [], accepted: 0, token, paused: token > 2 })),
  ms,
});

type Script = () => ScriptedAnswer;

/** A session that answers each mode from a script of its own; Kangaroo's serves for `auto` too where that has none. */
function scripted(plain: Script, kangaroo: Script, contextSize?: number, auto = kangaroo): ScriptedSession {
  const scripts = { plain, kangaroo, auto };
  return new ScriptedSession((_ids, { mode }) => scripts[mode](), contextSize);
}

function playing(session: ScriptedSession, repeat = 2, modes: DraftingMode[] = ['plain', 'kangaroo']): Playing {
  const signal = new AbortController().signal;
  return { session, encode, options: defaultGenerationOptions, modes, grid: [], repeat, signal, onProgress: () => {} };
}

/** Mode and prompt length of every answer, in order. */
function answersOf(session: ScriptedSession): string[] {
  return session.calls.flatMap((call) => (call.call === 'generate' ? [`${call.options.mode} ${call.promptIds.length}`] : []));
}

describe('playing', () => {
  test('the modes alternate, and who is first changes with the repeat, after a warm-up on the shortest prompt', async () => {
    const session = scripted(
      () => plainAnswer(10),
      () => draftedAnswer(5),
    );
    const { samples, shortages } = await playBenchmark(conversations, playing(session));
    const warmUp = ['plain 5', 'kangaroo 5'];
    const first = ['plain 16', 'kangaroo 16', 'plain 5', 'kangaroo 5'];
    const second = ['kangaroo 16', 'plain 16', 'kangaroo 5', 'plain 5'];
    expect(answersOf(session)).toEqual(warmUp.concat(first, second));
    expect(samples.map((sample) => sample.index)).toEqual([0, 1, 0, 1]);
    expect(shortages).toEqual([]);
    expect(session.calls.filter((call) => call.call === 'reset')).toHaveLength(10);
  });

  test('three modes take turns at being first', async () => {
    const answer = () => plainAnswer(10);
    const session = scripted(answer, answer);
    const { samples } = await playBenchmark(conversations.slice(1), playing(session, 3, ['plain', 'kangaroo', 'auto']));
    const order = answersOf(session).map((each) => each.replace(' 5', ''));
    const turns = [
      ['plain', 'kangaroo', 'auto'],
      ['kangaroo', 'auto', 'plain'],
      ['auto', 'plain', 'kangaroo'],
    ];
    expect(order.slice(3)).toEqual(turns.flat());
    expect(samples.every((sample) => sample.kangaroo !== null && sample.auto !== null)).toBe(true);
  });

  test('each mode keeps its own history over the turns; all of them are timed', async () => {
    const talk: Conversation = { index: 0, category: 'mt-bench', history: [], turns: ['one', 'two'] };
    const session = scripted(
      () => plainAnswer(10),
      () => ({ first: 7, rounds: [], ms: 0 }),
    );
    const { samples } = await playBenchmark([talk], playing(session, 1));
    const plainIds = [1, 2, 3, 4, 5];
    expect(samples[0]?.plain).toMatchObject({ timedTokens: 8, ms: 20, answers: [plainIds, plainIds] });
    const plainLength = 'onetwo'.length + 'answer 1 2 3 4 5'.length;
    const kangarooLength = 'onetwo'.length + 'answer 7'.length;
    expect(answersOf(session).slice(-4)).toEqual(['plain 3', `plain ${plainLength}`, 'kangaroo 3', `kangaroo ${kangarooLength}`]);
  });

  test('what does not fit the context is counted once: skipped, or shortened after its first turn', async () => {
    const talks: Conversation[] = [
      { index: 0, category: 'rag', history: [], turns: ['x'.repeat(20)] },
      { index: 1, category: 'rag', history: [], turns: ['one', 'x'.repeat(20)] },
    ];
    const session = scripted(
      () => plainAnswer(10),
      () => draftedAnswer(5),
      20,
    );
    const { samples, shortages } = await playBenchmark(talks, playing(session));
    expect(samples.map((sample) => sample.index)).toEqual([1, 1]);
    expect(shortages).toEqual([
      { category: 'rag', index: 0, kind: 'skipped' },
      { category: 'rag', index: 1, kind: 'shortened' },
    ]);
    expect(summarizeByCategory(samples, shortages)).toMatchObject([
      { category: 'rag', prompts: 1, skipped: 1, shortened: 1, identical: 1 },
    ]);
  });

  test('cancelling rejects', async () => {
    const controller = new AbortController();
    const session = scripted(
      () => plainAnswer(10),
      () => draftedAnswer(5),
    );
    session.onGenerate = () => controller.abort();
    const running = playBenchmark(conversations, { ...playing(session), signal: controller.signal });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });
});

async function measured(plainMs: number[], kangarooMs: number[], autoMs?: number[]): Promise<Sample[]> {
  // The first answer of each is the warm-up, which is no sample.
  const [before, after, automatic] = [
    [1, ...plainMs],
    [1, ...kangarooMs],
    [1, ...(autoMs ?? [])],
  ];
  const session = scripted(
    () => plainAnswer(before.shift() ?? 0),
    () => draftedAnswer(after.shift() ?? 0),
    undefined,
    () => pausingAnswer(automatic.shift() ?? 0),
  );
  const modes: DraftingMode[] = autoMs ? ['plain', 'kangaroo', 'auto'] : ['plain', 'kangaroo'];
  return (await playBenchmark(conversations, playing(session, plainMs.length / 2, modes))).samples;
}

describe('summing up', () => {
  test('rates are all tokens over all time; the speedup is a median of ratios', async () => {
    const summary = summarize(await measured([10, 20, 10, 20], [5, 20, 10, 40]), []);
    expect(summary).toMatchObject({
      prompts: 2,
      identical: 2,
      skipped: 0,
      // 16 timed tokens in 60 and in 75 ms.
      plainTokensPerSecond: 16 / 0.06,
      kangarooTokensPerSecond: 16 / 0.075,
      tokensPerRound: 2,
      acceptanceRate: 2 / 3,
      acceptanceByPosition: [
        { position: 1, drafted: 8, accepted: 8 },
        { position: 2, drafted: 4, accepted: 0 },
      ],
    });
    // Ratios: 2, 1, 1, 0.5.
    expect(summary.speedup).toEqual({ median: 1, low: 0.875, high: 1.25 });
  });

  test('automatic drafting has figures of its own, which leave the others as they are', async () => {
    const summary = summarize(await measured([10, 20, 10, 20], [5, 20, 10, 40], [10, 16, 12.5, 20]), []);
    expect(summary).toMatchObject({
      identical: 2,
      kangarooTokensPerSecond: 16 / 0.075,
      speedup: { median: 1, low: 0.875, high: 1.25 },
      tokensPerRound: 2,
      autoTokensPerSecond: 16 / 0.0585,
      // Ratios: 1, 1.25, 0.8, 1.
      autoSpeedup: { median: 1, low: 0.95, high: 1.0625 },
      autoPausedShare: 0.75,
    });
  });

  test('what the rounds took outside graph computation, in each mode; unknown where one answer does not know', async () => {
    const samples = await measured([10, 20], [5, 20], [10, 16]);
    // A quarter of each answer's time; four, two and four rounds each.
    expect(summarize(samples, []).hostOverhead).toEqual({
      plain: { share: 0.25, msPerRound: 7.5 / 8 },
      kangaroo: { share: 0.25, msPerRound: 6.25 / 4 },
      auto: { share: 0.25, msPerRound: 6.5 / 8 },
    });
    const [first] = samples;
    if (first?.auto) first.auto.computeMs = null;
    expect(summarize(samples, []).hostOverhead.auto).toBeNull();
  });

  test('copies are counted by place: those behind the accepted drafts were refused', async () => {
    const copying: ScriptedAnswer = { first: 1, rounds: [{ drafts: [2, 3, 9], copied: 2, accepted: 2, token: 4 }], ms: 10 };
    const session = scripted(
      () => plainAnswer(10),
      () => copying,
    );
    const { samples } = await playBenchmark(conversations, playing(session, 1, ['plain', 'auto']));
    expect(summarize(samples, [])).toMatchObject({ copies: { drafted: 4, accepted: 2 } });
  });

  test('an automatic answer that differs is not identical either', async () => {
    const samples = await measured([10, 20], [5, 20], [10, 20]);
    samples[0]?.auto?.answers[0]?.push(99);
    expect(summarize(samples, [])).toMatchObject({ prompts: 2, identical: 1 });
  });

  test('categories keep the order of the file', async () => {
    const categories = summarizeByCategory(await measured([10, 20], [5, 40]), [{ category: 'rag', index: 9, kind: 'skipped' }]);
    expect(categories.map(({ category, prompts, speedup }) => [category, prompts, speedup?.median])).toEqual([
      ['story', 1, 2],
      ['math', 1, 0.5],
      ['rag', 0, undefined],
    ]);
  });

  test('an answer that differs in one repeat is not identical', async () => {
    const samples = await measured([10, 20, 10, 20], [10, 20, 10, 20]);
    samples[2]?.kangaroo?.answers[0]?.push(99);
    expect(summarize(samples, [])).toMatchObject({ prompts: 2, identical: 1 });
  });

  test('nothing measured gives no figures, and no NaN', () => {
    expect(JSON.parse(JSON.stringify(summarize([], [])))).toEqual({
      prompts: 0,
      skipped: 0,
      shortened: 0,
      identical: 0,
      plainTokensPerSecond: null,
      kangarooTokensPerSecond: null,
      speedup: null,
      tokensPerRound: null,
      acceptanceRate: null,
      acceptanceByPosition: [],
      autoTokensPerSecond: null,
      autoSpeedup: null,
      autoPausedShare: null,
      copies: null,
      hostOverhead: { plain: null, kangaroo: null, auto: null },
      grid: null,
    });
  });

  test('a single token has no speed', () => {
    const played = { answers: [[1]], timedTokens: 0, ms: 0, rounds: [], roundsMs: 0, computeMs: 0 };
    const summary = summarize([{ category: 'a', index: 0, plain: played, kangaroo: played, auto: played, grid: [] }], []);
    expect(summary).toMatchObject({ prompts: 1, identical: 1, plainTokensPerSecond: null, speedup: null, autoSpeedup: null });
  });
});

/** Plain and auto take 10 ms; fixed settings 20, but 8 for threshold 0.9 with two drafts. */
async function measuredGrid(autoMs = 10): Promise<Sample[]> {
  const session = new ScriptedSession((_ids, { mode, threshold, maxDraft }) => {
    if (mode === 'plain') return plainAnswer(10);
    if (mode === 'auto') return draftedAnswer(autoMs);
    return draftedAnswer(threshold === 0.9 && maxDraft === 2 ? 8 : 20);
  });
  const modes: DraftingMode[] = ['plain', 'auto'];
  return (await playBenchmark(conversations, { ...playing(session, 1, modes), grid: gridSettings })).samples;
}

const median = (value: number) => expect.objectContaining({ median: value });

describe('fixed settings', () => {
  test('each is played with its own threshold and length; the best one is told, and automatic drafting over it', async () => {
    const grid = summarize(await measuredGrid(), []).grid;
    expect(grid?.settings).toHaveLength(12);
    expect(grid?.settings.map(({ threshold, maxDraft, speedup }) => [threshold, maxDraft, speedup?.median])).toEqual(
      [0.3, 0.6, 0.9].flatMap((threshold) =>
        [1, 2, 4, 6].map((maxDraft) => [threshold, maxDraft, threshold === 0.9 && maxDraft === 2 ? 1.25 : 0.5]),
      ),
    );
    expect(grid).toMatchObject({
      best: { threshold: 0.9, maxDraft: 2, speedup: median(1.25) },
      autoOverPlain: median(1),
      autoOverBest: median(0.8),
    });
  });

  test('take their turns with the modes, and their answers are compared with plain decoding’s', async () => {
    const samples = await measuredGrid();
    expect(summarize(samples, [])).toMatchObject({ prompts: 2, identical: 2, autoSpeedup: median(1) });
    samples[0]?.grid[11]?.answers[0]?.push(99);
    expect(summarize(samples, [])).toMatchObject({ prompts: 2, identical: 1 });
  });

  test('stand in a table of their own, a row for each category', async () => {
    const summaries = summarizeByCategory(await measuredGrid(16), []);
    const table = formatGrid(summaries, 'markdown');
    expect(table).toMatch(/^\| Task +\| +0\.3\/1 \| .* \| +Best \| +Auto \| Auto over best \|$/m);
    expect(table).toMatch(/^\| story +\| +0\.500× \| .* \| 0\.9\/2: 1\.250× \| +0\.625× \| +0\.500× \|$/m);
    expect(
      formatGrid(
        summaries.map(({ category }) => ({ category, grid: null })),
        'markdown',
      ),
    ).toBe('');
  });

  test('too short to time have no best', () => {
    const single = { answers: [[1]], timedTokens: 0, ms: 0, rounds: [], roundsMs: 0, computeMs: 0 };
    const grid = gridSettings.map(() => single);
    const summary = summarize([{ category: 'a', index: 0, plain: single, kangaroo: null, auto: single, grid }], []);
    expect(summary.grid).toMatchObject({ best: null, autoOverPlain: null, autoOverBest: null } satisfies Partial<GridSummary>);
  });
});

const costs: Costs = {
  verifyMs: [0.5, 0.9],
  verifyLateMs: [0.4, 0.7],
  draftStepMs: 0.2,
  stateStepMs: 0.1,
  plainTokensPerSecond: 2000,
  plainTokensPerSecondQuartiles: [1900, 2100],
  depth: 128,
  tookMs: 100,
};

async function result(plainMs: number[], kangarooMs: number[], autoMs?: number[]): Promise<BenchmarkResult> {
  const samples = await measured(plainMs, kangarooMs, autoMs);
  const modes: DraftingMode[] = autoMs ? ['plain', 'kangaroo', 'auto'] : ['plain', 'kangaroo'];
  return {
    date: '2026-01-01T00:00:00.000Z',
    machine: { cpu: 'A CPU', cores: 4, threads: 2, devices: ['CPU'] },
    model: { name: 'A model', fileType: 'Q8_0', parameters: 7_400_000, layers: 8 },
    adapter: { name: 'An adapter', exitLayer: 2 },
    settings: { modes, threshold: 0.6, maxDraft: 6, maxTokens: 128, repeat: 1, contextSize: 1024, promptLookup: true },
    categories: summarizeByCategory(samples, []),
    overall: summarize(samples, []),
    costs,
  };
}

describe('the report', () => {
  test('says where and what was measured, and holds every figure', async () => {
    const report = formatReport(await result([10, 20], [5, 40]), 'aligned');
    for (const part of [
      'A CPU, 4 cores, 2 threads',
      'A model, Q8_0, 7.4M',
      'threshold 0.6',
      '2026-01-01',
      'math',
      'story',
      'overall',
      '2.00×',
      '67%',
    ]) {
      expect(report).toContain(part);
    }
    expect(report).toContain("A draft step takes 0.200 ms, 0.40 of a plain token's 0.500 ms.");
    expect(report).toMatch(/2 +0\.900 +1\.80 +0\.700/);
  });

  test('in Markdown', async () => {
    const report = formatReport(await result([10, 20], [5, 40]), 'markdown');
    expect(report).toContain('- Machine: A CPU, 4 cores, 2 threads; CPU');
    expect(report).toMatch(/^\| Task +\| Prompts \|/m);
    expect(report).toMatch(/^\| story +\| +1 \| +400\.0 \| +25\.0% \| +800\.0 \| +2\.00× \(2\.00–2\.00\) \|/m);
  });

  test('has columns for the modes that were measured', async () => {
    const both = formatReport(await result([10, 20], [5, 40]), 'markdown');
    expect(both).not.toContain('Auto');
    const all = formatReport(await result([10, 20], [5, 40], [10, 20]), 'markdown');
    expect(all).toMatch(/^\| story .*\| +400\.0 \| +1\.00× \(1\.00–1\.00\) \| +75% \| +0\/0 \| +25\.0% \| +1\/1 \|$/m);
  });

  test('says of automatic drafting how it went, and where it went worst', async () => {
    expect(verdict(await result([10, 20], [20, 40], [10, 20])).split('\n')[1]).toBe(
      'Automatic drafting is about as fast as plain decoding here: 1.00× (half of the answers: 1.00× to 1.00×); ' +
        'it paused in 75% of its rounds. Slowest for story: 1.00×.',
    );
    const slower = verdict(await result([10, 20], [20, 40], [12.5, 25]));
    expect(slower).toContain('Automatic drafting is slower than plain decoding here: 0.80×');
    expect(verdict(await result([10, 20], [20, 40], [8, 16]))).toContain('Automatic drafting is faster than plain');
  });

  test('says plainly when drafting is slower, and where it is not', async () => {
    expect(verdict(await result([10, 20], [20, 40]))).toBe(
      'Drafting is slower than plain decoding here: 0.50× (half of the answers: 0.50× to 0.50×).',
    );
    expect(verdict(await result([10, 20, 10, 20], [5, 80, 5, 80]))).toBe(
      'Drafting is faster than plain decoding here: 1.13× (half of the answers: 0.25× to 2.00×), and the spread includes no difference. ' +
        'Slower for: math 0.25×.',
    );
  });

  test('says what is missing or differs', async () => {
    const { overall, categories } = await result([10, 20], [5, 10]);
    const text = verdict({ overall: { ...overall, identical: 1, skipped: 3, shortened: 2 }, categories });
    expect(text).toContain('1 of 2 answers differ');
    expect(text).toContain('3 prompts skipped');
    expect(text).toContain('2 conversations measured only in part');
  });
});
