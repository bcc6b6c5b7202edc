// The engine around its addon: one thing at a time, streams that cancel when they are left, arguments checked first.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultGenerationOptions, type GenerateRequest, type LoadRequest } from '../../contract/engine.ts';
import { Engine } from './engine.ts';
import { createNativeDouble, done, type NativeDouble } from './testing/native-double.ts';

const request: LoadRequest = {
  modelPath: 'model.gguf',
  adapterPath: 'adapter.gguf',
  contextSize: 0,
  gpuLayers: -1,
  cacheType: 'f16',
  threads: 0,
  stateFolder: null,
};

const asking: GenerateRequest = { prompt: { kind: 'raw', text: 'ab' }, options: defaultGenerationOptions };

let native: NativeDouble;
let engine: Engine;

beforeEach(() => {
  native = createNativeDouble();
  engine = new Engine(native.addon);
});

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Begins an answer, and waits until the addon plays it. */
async function begin() {
  const stream = engine.generate(asking)[Symbol.asyncIterator]();
  const first = stream.next();
  await vi.waitFor(() => expect(native.playing).not.toBeNull());
  return { stream, first };
}

describe('loading', () => {
  test('tells its progress, not too often, and what was loaded', async () => {
    expect(await collect(engine.load(request))).toMatchObject([
      { type: 'progress', fraction: 0.5 },
      { type: 'progress', fraction: 1 },
      { type: 'loaded', loaded: { adapter: { name: 'a' }, adapterError: null, contextSize: 8192, devices: ['CPU'] } },
    ]);
  });

  test('begins when it is read', async () => {
    engine.load(request);
    await Promise.resolve();
    expect(native.calls).toEqual([]);
  });

  test('the model is there without an adapter where its network cannot be left at an inner layer', async () => {
    const events = await collect(engine.load({ ...request, adapterPath: 'unleavable.gguf' }));
    expect(events.at(-1)).toMatchObject({ loaded: { adapter: null, adapterError: { code: 'unsupported-architecture' } } });
    expect(native.sessions.at(-1)?.adapter).toBeNull();
  });

  test('the model is there without an adapter that does not fit', async () => {
    const events = await collect(engine.load({ ...request, adapterPath: 'wrong.gguf' }));
    expect(events.at(-1)).toMatchObject({
      loaded: { adapter: null, adapterError: { code: 'adapter-mismatch', message: 'The adapter belongs to another model.' } },
    });
    expect(native.sessions.at(-1)?.adapter).toBeNull();
  });

  test('replaces what was loaded, session before model', async () => {
    await collect(engine.load(request));
    await collect(engine.load({ ...request, contextSize: 512 }));
    expect(native.calls.slice(3)).toEqual(['dispose session', 'dispose model', 'load', 'adapter', 'session']);
    expect(native.sessions.at(-1)?.contextSize).toBe(512);
  });

  test('is cancelled when its stream is left; the next load waits for that', async () => {
    native.hold = true;
    const stream = engine.load(request)[Symbol.asyncIterator]();
    await stream.next();
    await stream.return?.();
    native.hold = false;
    expect((await collect(engine.load(request))).at(-1)).toMatchObject({ type: 'loaded' });
    expect(native.calls).toEqual(['load', 'load', 'adapter', 'session']);
  });

  test('a second one at the same time is `busy`', async () => {
    native.hold = true;
    const first = collect(engine.load(request));
    await expect(collect(engine.load(request))).rejects.toMatchObject({ code: 'busy' });
    native.finishLoad();
    await first;
  });

  test('bad arguments are refused before anything is loaded', async () => {
    await expect(collect(engine.load({ ...request, contextSize: -1 }))).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(native.calls).toEqual([]);
  });
});

describe('an answer', () => {
  beforeEach(async () => {
    await collect(engine.load(request));
    native.calls.length = 0;
  });

  test('passes batches on as they come and ends with `done`', async () => {
    const { stream, first } = await begin();
    native.playing?.emit([{ type: 'prefill', done: 1, total: 2 }]);
    expect(await first).toEqual({ value: [{ type: 'prefill', done: 1, total: 2 }], done: false });
    native.playing?.emit([done]);
    native.playing?.finish(done);
    expect(await stream.next()).toEqual({ value: [done], done: false });
    expect((await stream.next()).done).toBe(true);
  });

  test('that is left is cancelled at once, and the next one waits for it', async () => {
    const { stream, first } = await begin();
    await stream.return?.();
    expect((await first).done).toBe(true);
    expect(native.calls).toEqual(['generate', 'cancel']);
    await begin();
    expect(native.calls).toEqual(['generate', 'cancel', 'generate']);
  });

  test('that is stopped still tells its end', async () => {
    const { stream, first } = await begin();
    await engine.stop();
    expect(await first).toMatchObject({ value: [{ type: 'done', reason: 'cancelled' }] });
    expect((await stream.next()).done).toBe(true);
  });

  test('makes a second one and a load `busy`', async () => {
    await begin();
    await expect(collect(engine.generate(asking))).rejects.toMatchObject({ code: 'busy' });
    await expect(collect(engine.load(request))).rejects.toMatchObject({ code: 'busy' });
    await expect(engine.measure()).rejects.toMatchObject({ code: 'busy' });
    await engine.stop();
  });

  test('that fails in the addon rejects with its error, and the engine goes on', async () => {
    const { first } = await begin();
    native.playing?.fail(Object.assign(new Error('no room'), { code: 'out-of-memory' }));
    await expect(first).rejects.toMatchObject({ code: 'out-of-memory', message: 'no room' });
    await begin();
    await engine.stop();
  });

  test('with bad options, too long a prompt or ids beyond the vocabulary does not begin', async () => {
    const options = { ...defaultGenerationOptions, threshold: Number.NaN };
    await expect(collect(engine.generate({ ...asking, options }))).rejects.toMatchObject({ code: 'invalid-argument' });
    const long: GenerateRequest = { ...asking, prompt: { kind: 'raw', text: 'x'.repeat(8192) } };
    await expect(collect(engine.generate(long))).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: expect.stringContaining("8193 tokens long, and this model's context holds 8192"),
    });
    const beyond: GenerateRequest = { ...asking, prompt: { kind: 'tokens', tokenIds: [200_000] } };
    await expect(collect(engine.generate(beyond))).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(native.calls).toEqual([]);
  });

  test('stops before the next question of a model without a template', async () => {
    const stream = engine.generate({ ...asking, prompt: { kind: 'messages', messages: [{ role: 'user', content: 'a' }] } });
    const reading = collect(stream);
    await vi.waitFor(() => expect(native.playing?.options.stop).toEqual(['\nUser:']));
    await engine.stop();
    await reading;
  });

  test('by drafting needs an adapter', async () => {
    await collect(engine.load({ ...request, adapterPath: null }));
    await expect(collect(engine.generate(asking))).rejects.toMatchObject({ code: 'no-adapter' });
    const options = { ...defaultGenerationOptions, mode: 'plain' as const };
    const reading = collect(engine.generate({ ...asking, options }));
    await vi.waitFor(() => expect(native.playing?.options.mode).toBe('plain'));
    await engine.stop();
    await reading;
  });
});

describe('answers to several conversations', () => {
  const asked = (conversationId: string): GenerateRequest => ({ ...asking, conversationId });

  test('go on beside each other; one conversation has one answer', async () => {
    await collect(engine.load(request));
    const first = collect(engine.generate(asked('a')));
    await vi.waitFor(() => expect(native.calls.filter((call) => call === 'generate')).toHaveLength(1));
    const second = collect(engine.generate(asked('b')));
    await vi.waitFor(() => expect(native.calls.filter((call) => call === 'generate')).toHaveLength(2));
    expect(native.sessions).toHaveLength(2);
    // The second context is like the first, as it was measured.
    expect(native.sessions[1]).toMatchObject({ contextSize: 8192, threads: 2, adapter: { info: { name: 'a' } } });
    await expect(collect(engine.generate(asked('b')))).rejects.toMatchObject({ code: 'busy' });
    await expect(collect(engine.load(request))).rejects.toMatchObject({ code: 'busy' });
    await engine.stop('b');
    expect((await second).flat()).toMatchObject([{ type: 'done', reason: 'cancelled' }]);
    await engine.stop();
    expect((await first).flat()).toMatchObject([{ type: 'done', reason: 'cancelled' }]);
  });

  test('a conversation that is stopped while it waits for a context ends as `cancelled`', async () => {
    await collect(engine.load(request));
    const running = ['a', 'b'].map((id) => collect(engine.generate(asked(id))));
    await vi.waitFor(() => expect(native.calls.filter((call) => call === 'generate')).toHaveLength(2));
    const waiting = collect(engine.generate(asked('c')));
    await engine.stop('c');
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await engine.stop();
    await Promise.all(running);
  });

  test('an id that could leave its folder is refused', async () => {
    await collect(engine.load(request));
    for (const id of ['../a', 'a/b', '', 'a.b', 'x'.repeat(101)]) {
      await expect(collect(engine.generate(asked(id)))).rejects.toMatchObject({ code: 'invalid-argument' });
      await expect(engine.forget(id)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });
});

describe('without a model', () => {
  test('there is nothing to ask', async () => {
    await expect(collect(engine.generate(asking))).rejects.toMatchObject({ code: 'no-model' });
    await expect(engine.measure()).rejects.toMatchObject({ code: 'no-model' });
    await engine.stop();
    await engine.unload();
    expect(native.calls).toEqual([]);
  });
});

describe('another adapter', () => {
  test('gets sessions of its own on the same model, with the context that there was', async () => {
    await collect(engine.load(request));
    const before = native.calls.filter((call) => call.startsWith('load')).length;
    expect(await engine.attach('other.gguf')).toMatchObject({ adapter: { name: 'a' }, adapterError: null, contextSize: 8192 });
    expect(native.calls.filter((call) => call.startsWith('load')).length).toBe(before);
    expect(native.calls).not.toContain('dispose model');
    expect(await engine.attach(null)).toMatchObject({ adapter: null });
    expect(native.sessions.at(-1)?.adapter).toBeNull();
  });

  test('waits for the answer under way, and the next answer for it', async () => {
    await collect(engine.load(request));
    const { first } = await begin();
    let attached = false;
    const attaching = engine.attach(null).then(() => (attached = true));
    await Promise.resolve();
    expect(attached).toBe(false);
    native.playing?.finish(done);
    await first;
    await attaching;
  });

  test('needs a model', async () => {
    await expect(engine.attach('a.gguf')).rejects.toMatchObject({ code: 'no-model' });
    await expect(engine.attach(7 as unknown as string)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('unloading', () => {
  test('ends the answer under way, then frees session and model', async () => {
    await collect(engine.load(request));
    const { stream, first } = await begin();
    await engine.unload();
    expect(native.calls.slice(-3)).toEqual(['cancel', 'dispose session', 'dispose model']);
    expect(await first).toMatchObject({ value: [{ reason: 'cancelled' }] });
    expect((await stream.next()).done).toBe(true);
  });

  test('ends the load under way', async () => {
    native.hold = true;
    const loading = collect(engine.load(request));
    await engine.unload();
    await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a load that begins while another model is unloaded waits for that, and is not cancelled with it', async () => {
  await collect(engine.load(request));
  const before = native.calls.length;
  const unloading = engine.unload();
  const again = collect(engine.load(request));
  await unloading;
  expect((await again).at(-1)).toMatchObject({ type: 'loaded' });
  const calls = native.calls.slice(before);
  expect(calls.slice(0, 2)).toEqual(['dispose session', 'dispose model']);
  expect(calls.length).toBeGreaterThan(2);
});

test('a measurement is waited for', async () => {
  await collect(engine.load(request));
  const measuring = engine.measure();
  const answering = collect(engine.generate(asking));
  await vi.waitFor(() => expect(native.calls.at(-1)).toBe('measure'));
  native.finishMeasure();
  expect(await measuring).toMatchObject({ plainTokensPerSecond: 100 });
  await vi.waitFor(() => expect(native.playing).not.toBeNull());
  await engine.stop();
  await answering;
});

test('tokens of a text are counted, with a model, also while it answers', async () => {
  await expect(engine.countTokens('abc')).rejects.toMatchObject({ code: 'no-model' });
  await collect(engine.load(request));
  const { first } = await begin();
  expect(await engine.countTokens('abc 🦘')).toBe(5);
  await expect(engine.countTokens(5 as unknown as string)).rejects.toMatchObject({ code: 'invalid-argument' });
  native.playing?.finish(done);
  await first;
});

test('an answer that has begun is the end of the prompt; ids that the model does not have are refused', async () => {
  await collect(engine.load(request));
  const ask = (tokenIds: number[] | null) => {
    const prompt = {
      kind: 'messages' as const,
      messages: [{ role: 'user' as const, content: 'Hi' }],
      begun: { text: 'Yo', tokenIds },
    };
    return engine.generate({ ...asking, prompt })[Symbol.asyncIterator]();
  };
  const stream = ask([1, 2, 3]);
  const first = stream.next();
  await vi.waitFor(() => expect(native.playing).not.toBeNull());
  expect(native.playing?.ids.slice(-3)).toEqual([1, 2, 3]);
  native.playing?.finish(done);
  await first;
  await stream.next();
  await expect(ask([200_000]).next()).rejects.toMatchObject({ code: 'invalid-argument' });
});
