// The engine with the real addon and the starter: prompts as the reference has them, answers, the cache, and bad files.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
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

async function load(over: Partial<LoadRequest> = {}): Promise<LoadedModel> {
  for await (const event of engine.load({ ...request, ...over })) if (event.type === 'loaded') return event.loaded;
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
    const at = other.indexOf('67a1b41345df');
    expect(at).toBeGreaterThan(0);
    other.write('000000000000', at);
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
