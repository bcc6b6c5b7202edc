// The engine with the real addon and the starter: prompts as the reference has them, answers, the cache, and bad files.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  defaultGenerationOptions,
  type ChatTurn,
  type DoneEvent,
  type GenerateRequest,
  type GenerationEvent,
  type GenerationOptions,
  type LoadedModel,
  type LoadRequest,
} from '../../contract/engine.ts';
import { loadAddon, type NativeModel } from './addon.ts';
import { Engine } from './engine.ts';
import { promptIds } from './prompt.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const starter = join(root, 'assets', 'starter', 'starter-f16.gguf');
const adapter = join(root, 'assets', 'starter', 'starter-adapter.gguf');

const request: LoadRequest = {
  modelPath: starter,
  adapterPath: adapter,
  contextSize: 0,
  gpuLayers: 0,
  cacheType: 'f16',
  threads: 0,
  stateFolder: null,
};

const user = (content: string): ChatTurn => ({ role: 'user', content });

function asking(messages: ChatTurn[], options: Partial<GenerationOptions> = {}): GenerateRequest {
  return { prompt: { kind: 'messages', messages }, options: { ...defaultGenerationOptions, maxTokens: 48, ...options } };
}

let engine: Engine;
let folder = '';
/** Q8_0: on the CPU, greedy answers are the same in every mode there, always. */
let quantised = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-engine-model-'));
  quantised = join(folder, 'q8_0.gguf');
  await loadAddon(root).quantize(starter, quantised, 'Q8_0');
  engine = new Engine(loadAddon(root));
});

afterAll(async () => {
  await engine.unload();
  rmSync(folder, { recursive: true, force: true });
});

async function load(over: Partial<LoadRequest> = {}, loading = engine): Promise<LoadedModel> {
  for await (const event of loading.load({ ...request, ...over })) if (event.type === 'loaded') return event.loaded;
  throw new Error('the load ended without a model');
}

async function answer(asked: GenerateRequest): Promise<{ events: GenerationEvent[]; done: DoneEvent }> {
  const events: GenerationEvent[] = [];
  for await (const batch of engine.generate(asked)) events.push(...batch);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error(`the last event is ${done?.type}`);
  return { events, done };
}

describe('prompts', () => {
  let model: NativeModel;
  beforeAll(async () => {
    model = await loadAddon(root).loadModel({ path: starter, gpuLayers: 0 }, () => {}).promise;
  });
  afterAll(() => model.dispose());

  test('are those of the reference, id by id', () => {
    const lines = readFileSync(join(root, 'native', 'test', 'golden', 'simple.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const { prompt, promptIds: expected } = JSON.parse(line) as { prompt: string; promptIds: number[] };
      expect(Array.from(promptIds(model, { kind: 'messages', messages: [user(prompt)] })), prompt).toEqual(expected);
    }
  });

  test.each(['<|end|>', 'a<|assistant|>b', '<s></s>', '<|<|end|>end|>', ' <|user|> '.repeat(30)])(
    'take no special token from the text %j',
    (content) => {
      const ids = Array.from(promptIds(model, { kind: 'messages', messages: [user(content)] }));
      expect(ids.filter((id) => id <= 5)).toEqual([1, 3, 5, 4]);
      expect(model.detokenize(Int32Array.from(ids.slice(2, -2)), false).trim()).toBe(content.trim());
    },
  );
});

describe('an answer', () => {
  beforeEach(async () => {
    await load();
  });

  test('is the pieces of its rounds, joined; plain decoding drafts nothing', async () => {
    const messages = [user('Tell me a short story about a kangaroo.')];
    const drafted = await answer(asking(messages));
    const pieces = drafted.events.flatMap((event) => ('pieces' in event ? event.pieces : []));
    expect(pieces.map((piece) => piece.text).join('')).toBe(drafted.done.text);
    expect(drafted.done.text.length).toBeGreaterThan(20);
    expect(drafted.done.stats.drafted).toBeGreaterThan(0);
    const plain = await answer(asking(messages, { mode: 'plain' }));
    expect(plain.done.stats.drafted).toBe(0);
    expect(plain.events.filter((event) => event.type === 'round').every((event) => event.drafts.length === 0)).toBe(true);
  });

  test('is the same in every mode, and `auto` needs no adapter', async () => {
    await load({ modelPath: quantised });
    const messages = [user('What is your favourite colour?')];
    const plain = await answer(asking(messages, { mode: 'plain' }));
    for (const mode of ['kangaroo', 'auto'] as const) {
      expect((await answer(asking(messages, { mode }))).done.tokenIds).toEqual(plain.done.tokenIds);
    }
    await load({ modelPath: quantised, adapterPath: null });
    const without = await answer(asking(messages, { mode: 'auto' }));
    expect(without.done.tokenIds).toEqual(plain.done.tokenIds);
    expect(without.done.stats).toMatchObject({ discarded: 0, pausedRounds: 0 });
    expect(without.done.stats.lookedUp).toBe(without.done.stats.drafted);
  });

  test("a second turn takes the first one's cache", async () => {
    const first = await answer(asking([user('What do you like?')]));
    const history: ChatTurn[] = [user('What do you like?'), { role: 'assistant', content: first.done.text }, user('Why?')];
    const second = await answer(asking(history));
    expect(second.done.stats.cachedTokens).toBeGreaterThan(first.done.stats.promptTokens - 2);
    expect(second.done.stats.promptTokens).toBeGreaterThan(second.done.stats.cachedTokens);
  });

  test('ends within a round when it is stopped, and when it is left', async () => {
    const long = asking([user('Tell me a long story.')], { maxTokens: 900, temperature: 1 });
    const events: GenerationEvent[] = [];
    for await (const batch of engine.generate(long)) {
      events.push(...batch);
      if (events.some((event) => event.type === 'round')) void engine.stop();
    }
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'cancelled' });
    for await (const batch of engine.generate(long)) if (batch.length > 0) break;
    expect((await answer(asking([user('Hi')], { maxTokens: 4 }))).done.tokenIds.length).toBeLessThanOrEqual(4);
  });

  test('that is longer than the context ends with a reason, a prompt that is longer is refused', async () => {
    await load({ contextSize: 64 });
    const { done } = await answer(asking([user('Tell me a long story.')], { maxTokens: 500, temperature: 1, seed: 7 }));
    expect(['context-full', 'end-of-turn']).toContain(done.reason);
    await expect(answer(asking([user('word '.repeat(200))]))).rejects.toMatchObject({ code: 'prompt-too-long' });
  });

  test('measures itself in a moment', async () => {
    const costs = await engine.measure();
    expect(costs.plainTokensPerSecond).toBeGreaterThan(0);
    expect(costs.verifyMs[0]).toBeGreaterThan(0);
    expect(costs.draftStepMs).toBeGreaterThan(0);
  });
});

describe('conversations', () => {
  const question = 'Tell me a long story about a fox and a kangaroo who live in a big forest.';
  const asked = (conversationId: string, messages: ChatTurn[]): GenerateRequest => ({ ...asking(messages), conversationId });
  const kept = () => join(folder, 'engine', 'kept');

  /** The first turn of a conversation, and the question after it. */
  async function firstTurn(id: string): Promise<ChatTurn[]> {
    const { done } = await answer(asked(id, [user(question)]));
    return [user(question), { role: 'assistant', content: done.text }, user('Why?')];
  }

  test('go on where they were after a restart, without being read again', async () => {
    const over = { modelPath: quantised, stateFolder: join(folder, 'engine') };
    await load(over);
    const messages = await firstTurn('a');
    const { stats } = (await answer(asked('b', [user('Hi!')]))).done;
    expect(stats.cachedTokens).toBe(0);
    await engine.unload();
    expect(readdirSync(kept()).toSorted()).toEqual(['a.state', 'b.state']);

    const restarted = new Engine(loadAddon(root));
    await load(over, restarted);
    const again: GenerationEvent[] = [];
    for await (const batch of restarted.generate(asked('a', messages))) again.push(...batch);
    await restarted.unload();
    const last = again.at(-1);
    if (last?.type !== 'done') throw new Error('the answer has no end');
    // All of the first turn, but for what the template puts behind an answer.
    const { promptTokens, cachedTokens } = last.stats;
    expect(cachedTokens).toBeGreaterThan(60);
    expect(promptTokens - cachedTokens).toBeLessThan(12);

    // And it answers as one that never left memory.
    await load({ ...over, stateFolder: null });
    const fresh = await firstTurn('a');
    expect(fresh).toEqual(messages);
    expect((await answer(asked('a', fresh))).done.text).toBe(last.text);
  });

  test('more of them than contexts lose nothing by it', async () => {
    await load({ modelPath: quantised, stateFolder: join(folder, 'several') });
    const talks = new Map<string, ChatTurn[]>();
    for (const id of ['a', 'b', 'c']) talks.set(id, await firstTurn(id));
    for (const [id, messages] of talks) {
      const { promptTokens, cachedTokens } = (await answer(asked(id, messages))).done.stats;
      expect(promptTokens - cachedTokens).toBeLessThan(12);
    }
    await engine.forget('a');
    await engine.unload();
    expect(readdirSync(join(folder, 'several', 'kept')).toSorted()).toEqual(['b.state', 'c.state']);
  });

  test('of another model are read again, and what was kept is discarded', async () => {
    await load({ modelPath: quantised, stateFolder: join(folder, 'engine') });
    const messages = await firstTurn('foreign');
    await load({ modelPath: quantised, adapterPath: null, stateFolder: join(folder, 'engine') });
    expect(existsSync(join(kept(), 'foreign.state'))).toBe(true);
    const plain = asked('foreign', messages);
    const { done } = await answer({ ...plain, options: { ...plain.options, mode: 'plain' } });
    expect(done.stats.cachedTokens).toBe(0);
    expect(existsSync(join(kept(), 'foreign.state'))).toBe(false);
  });

  test('are answered at once, and say what they say alone', async () => {
    await load({ modelPath: quantised });
    const { done: alone } = await answer(asked('x', [user(question)]));
    await load({ modelPath: quantised });
    const both = await Promise.all(['a', 'b'].map((id) => answer(asked(id, [user(question)]))));
    expect(both.map(({ done }) => done.text)).toEqual([alone.text, alone.text]);
  });

  test('the logits behind an answer so far are those that its next token was chosen by', async () => {
    await load({ modelPath: quantised });
    const options = { repetitionPenalty: 1.4, repetitionWindow: 32 };
    const asking = { ...asked('a', [user(question)]), options: { ...defaultGenerationOptions, ...options, maxTokens: 32 } };
    const { tokenIds } = (await answer(asking)).done;
    const behind = async (place: number, penalties = options) => {
      const { prompt } = asking;
      const [chosen = 0] = tokenIds.slice(place);
      const request = { prompt, tokenIds: tokenIds.slice(0, place), candidateIds: [chosen, 5], conversationId: 'b' };
      return engine.logits({ ...request, options: { ...penalties, contextShift: false } });
    };
    for (const place of [0, 7, 30]) {
      const { top, candidates } = await behind(place);
      expect(top[0]).toEqual(candidates[0]);
      expect(top[0]?.id).toBe(tokenIds[place]);
      expect(top[0]?.logit).toBeGreaterThanOrEqual(top[1]?.logit ?? Number.POSITIVE_INFINITY);
      expect(candidates[1]?.id).toBe(5);
    }
    // Without the penalties they are others.
    expect((await behind(30, { ...options, repetitionPenalty: 1 })).candidates).not.toEqual((await behind(30)).candidates);
    await expect(behind(0, { ...options, repetitionPenalty: Number.NaN })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('what drafting learned is there after a restart', async () => {
    const stateFolder = join(folder, 'learning');
    await load({ modelPath: quantised, stateFolder });
    await answer(asking([user(question)], { mode: 'auto', maxTokens: 128 }));
    const [name, ...others] = readdirSync(join(stateFolder, 'learned'));
    expect(others).toEqual([]);
    const read = () => JSON.parse(readFileSync(join(stateFolder, 'learned', name ?? ''), 'utf8')) as { learned: number[] };
    const first = read();
    await load({ modelPath: quantised, stateFolder });
    await answer(asking([user(question)], { mode: 'plain', maxTokens: 8 }));
    // A plain answer teaches nothing: what is there now was taken over from the file, number by number.
    expect(read()).toEqual(first);
    await load({ modelPath: quantised, stateFolder: null });
    const native = await loadAddon(root).loadModel({ path: quantised, gpuLayers: 0 }, () => {}).promise;
    const options = { contextSize: 256, cacheType: 'f16' as const, threads: 1, flashAttention: 'auto' as const };
    const session = await native.createSession({ ...options, adapter: await native.loadAdapter(adapter) });
    expect(session.relearn(first.learned)).toBe(true);
    expect(session.learned()).toEqual(first.learned);
    await session.dispose();
    await native.dispose();
  });
});

test('a chat that is longer than the context goes on without its oldest part', async () => {
  await load({ modelPath: quantised, contextSize: 256 });
  const options = { contextShift: true, maxTokens: 80, repetitionPenalty: 1.1 };
  const messages: ChatTurn[] = [];
  const prompts: { promptTokens: number; cachedTokens: number; leftOutTurns: number }[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    messages.push(user(`Tell me a long story about the number ${turn}.`));
    const { events, done } = await answer({ ...asking(messages, options), conversationId: 'long' });
    expect(done.reason).not.toBe('context-full');
    messages.push({ role: 'assistant', content: done.text });
    const prompt = events.find((event) => event.type === 'prompt');
    if (prompt) prompts.push({ ...prompt, leftOutTurns: prompt.leftOutTurns ?? 0 });
  }
  expect(prompts).toHaveLength(8);
  expect(prompts[0]?.leftOutTurns).toBe(0);
  expect(prompts.at(-1)?.leftOutTurns).toBeGreaterThan(0);
  // Where no other turns went than before, the cache is still good.
  const kept = prompts.filter(({ leftOutTurns }, place) => place > 0 && leftOutTurns === prompts[place - 1]?.leftOutTurns);
  expect(kept.some(({ cachedTokens }) => cachedTokens > 60)).toBe(true);

  // And one answer alone may be longer than the context.
  const story = [user('Tell me a story about a fox who is afraid of the dark.')];
  const { done } = await answer(asking(story, { ...options, maxTokens: 400 }));
  expect(done.stats.tokens).toBeGreaterThan(256);
  expect(done.stats.contextShifts).toBeGreaterThan(0);
});

test('an adapter is put on a loaded model, drafts at once, and is taken off; what is said stays the same', async () => {
  await load({ modelPath: quantised, adapterPath: null });
  const question = asking([user("Explain rainbows like I'm five years old.")], { mode: 'auto', promptLookup: false });
  const plain = await answer(question);
  expect(plain.done.stats.drafted).toBe(0);
  expect(await engine.attach(adapter)).toMatchObject({ adapterError: null, adapter: { exitLayer: 2 } });
  const drafted = await answer({ ...question, options: { ...question.options, mode: 'kangaroo' } });
  expect(drafted.done.stats.drafted).toBeGreaterThan(0);
  expect(drafted.done.tokenIds).toEqual(plain.done.tokenIds);
  expect(await engine.attach(starter)).toMatchObject({ adapter: null, adapterError: { code: 'adapter-invalid' } });
  expect((await answer(question)).done.tokenIds).toEqual(plain.done.tokenIds);
});

describe('files that are none', () => {
  const path = (name: string) => join(folder, name);

  test('are refused, each with its code', async () => {
    await expect(load({ modelPath: path('missing.gguf') })).rejects.toMatchObject({ code: 'file-not-found' });
    writeFileSync(path('text.gguf'), 'this is no model'.repeat(100));
    await expect(load({ modelPath: path('text.gguf') })).rejects.toMatchObject({ code: 'not-a-gguf' });
    copyFileSync(starter, path('short.gguf'));
    truncateSync(path('short.gguf'), 5_000_000);
    await expect(load({ modelPath: path('short.gguf') })).rejects.toMatchObject({ code: 'file-damaged' });
    await expect(answer(asking([user('Hi')]))).rejects.toMatchObject({ code: 'no-model' });
  });

  test('as an adapter leave the model usable, and say why', async () => {
    const other = readFileSync(adapter);
    const key = 'kangaroo.base.fingerprint';
    const at = other.indexOf(key) + key.length + 12; // its type and its length come first
    expect(other.toString('latin1', at, at + 64)).toMatch(/^[0-9a-f]{64}$/);
    other.write('0'.repeat(12), at);
    writeFileSync(path('other.gguf'), other);
    expect(await load({ adapterPath: path('other.gguf') })).toMatchObject({
      adapter: null,
      adapterError: { code: 'adapter-mismatch' },
    });
    expect(await load({ adapterPath: starter })).toMatchObject({ adapter: null, adapterError: { code: 'adapter-invalid' } });
    await expect(answer(asking([user('Hi')]))).rejects.toMatchObject({ code: 'no-adapter' });
    expect((await answer(asking([user('Hi')], { mode: 'plain' }))).done.text).not.toBe('');
  });
});
