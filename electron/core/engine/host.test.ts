// The engine's host with real child processes: they answer, are killed, are started again, and never outlive their parent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { defaultGenerationOptions, type GenerateRequest, type GenerationEvent, type LoadRequest } from '../../contract/engine.ts';
import { EngineHost, type HostEvent, type HostOptions } from './host.ts';
import { spawnNode } from './spawn-node.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const scriptedWorker = fileURLToPath(new URL('testing/scripted-worker.ts', import.meta.url));

const hosts: EngineHost[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

function startHost(options: HostOptions = {}): { host: EngineHost; events: HostEvent[] } {
  const host = new EngineHost(spawnNode(root, scriptedWorker), { backoffMs: 1, ...options });
  const events: HostEvent[] = [];
  host.onEvent((event) => events.push(event));
  hosts.push(host);
  return { host, events };
}

const request: LoadRequest = {
  modelPath: 'model.gguf',
  adapterPath: 'adapter.gguf',
  contextSize: 0,
  gpuLayers: -1,
  cacheType: 'f16',
  threads: 0,
  stateFolder: null,
};

function saying(content: string): GenerateRequest {
  return { prompt: { kind: 'messages', messages: [{ role: 'user', content }] }, options: defaultGenerationOptions };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function answer(host: EngineHost, content: string): Promise<GenerationEvent[]> {
  return (await collect(host.generate(saying(content)))).flat();
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('the process starts when it is needed, and answers', async () => {
  const { host } = startHost();
  expect(host.pid).toBeUndefined();
  const loading = await collect(host.load(request));
  expect(loading.at(-1)).toMatchObject({ type: 'loaded', loaded: { contextSize: 1024 } });
  expect(host.pid).toBeGreaterThan(0);
  const events = await answer(host, 'hello there');
  expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'end-of-turn', text: '>hello there ' });
});

test("the engine's own errors pass through, and are no crash", async () => {
  const { host, events } = startHost();
  await expect(collect(host.load({ ...request, modelPath: 'missing.gguf' }))).rejects.toMatchObject({ code: 'file-not-found' });
  await expect(answer(host, 'hello')).rejects.toMatchObject({ code: 'no-model' });
  expect(events).toEqual([]);
});

test('stopping ends an answer with `cancelled`; leaving it leaves it in the child', async () => {
  const { host } = startHost();
  await collect(host.load(request));
  const seen: GenerationEvent[] = [];
  for await (const batch of host.generate(saying('forever'))) {
    seen.push(...batch);
    await host.stop();
  }
  expect(seen.at(-1)).toMatchObject({ type: 'done', reason: 'cancelled' });
  const leaving = host.generate(saying('forever'))[Symbol.asyncIterator]();
  await leaving.next();
  await leaving.return?.();
  expect((await answer(host, 'next')).at(-1)).toMatchObject({ text: '>next ' });
});

describe('a crash', () => {
  test('in mid-answer rejects it after what was said, restarts the process, and the next load works', async () => {
    const { host, events } = startHost();
    await collect(host.load(request));
    const first = host.pid;
    const seen: GenerationEvent[] = [];
    const reading = (async () => {
      for await (const batch of host.generate(saying('one two crash three'))) seen.push(...batch);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('stopped by the system (SIGKILL), perhaps because memory ran out'),
      detail: expect.stringContaining('last words'),
    });
    expect(seen.filter((event) => event.type === 'round')).toHaveLength(2);
    await vi.waitFor(() => expect(events.map((event) => event.type)).toEqual(['crashed', 'restarted']));
    expect(events[0]).toMatchObject({ restarting: true, error: { code: 'engine-crashed' } });
    await collect(host.load(request));
    expect(host.pid).not.toBe(first);
    expect((await answer(host, 'back')).at(-1)).toMatchObject({ text: '>back ' });
  });

  test('names the signal', async () => {
    const { host } = startHost();
    await collect(host.load(request));
    const pending = answer(host, 'forever');
    process.kill(host.pid ?? 0, 'SIGSEGV');
    await expect(pending).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('The engine crashed (SIGSEGV).'),
    });
  });

  test('several times without an answer ends the restarts, until it is revived', async () => {
    const { host, events } = startHost({ mostCrashes: 3 });
    const crashing = { ...request, modelPath: 'crash.gguf' };
    for (let i = 0; i < 3; i++) {
      await expect(collect(host.load(crashing))).rejects.toMatchObject({ code: 'engine-crashed' });
    }
    const crashes = events.filter((event) => event.type === 'crashed');
    expect(crashes.map((event) => event.restarting)).toEqual([true, true, false]);
    await expect(host.measure()).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('3 times in a row'),
    });
    host.revive();
    expect((await collect(host.load(request))).at(-1)).toMatchObject({ type: 'loaded' });
  });

  test('is forgotten after an answer', async () => {
    const { host, events } = startHost({ mostCrashes: 2 });
    for (let i = 0; i < 3; i++) {
      await collect(host.load(request));
      await answer(host, 'fine');
      await expect(answer(host, 'crash')).rejects.toMatchObject({ code: 'engine-crashed' });
    }
    expect(events.filter((event) => event.type === 'crashed').map((event) => event.restarting)).toEqual([true, true, true]);
  });

  test('of a worker that cannot even start is told', async () => {
    const host = new EngineHost(spawnNode(root, `${scriptedWorker}.missing`), { backoffMs: 1, mostCrashes: 1 });
    hosts.push(host);
    await expect(host.measure()).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('exit code 1'),
      detail: expect.stringContaining('scripted-worker.ts.missing'),
    });
  });
});

describe('the end', () => {
  test('closing ends the process and rejects what comes later', async () => {
    const { host } = startHost();
    await collect(host.load(request));
    const pid = host.pid ?? 0;
    const answering = host.generate(saying('forever'))[Symbol.asyncIterator]();
    await answering.next();
    const rest = collect({ [Symbol.asyncIterator]: () => answering });
    await host.close();
    expect(alive(pid)).toBe(false);
    // Freeing the model ended the answer first.
    expect((await rest).flat().at(-1)).toMatchObject({ type: 'done', reason: 'cancelled' });
    await expect(host.measure()).rejects.toMatchObject({ code: 'closed' });
  });

  test('no process outlives a parent that was killed', async () => {
    const parentScript = `
      import { EngineHost } from './electron/core/engine/host.ts';
      import { spawnNode } from './electron/core/engine/spawn-node.ts';
      const host = new EngineHost(spawnNode(process.cwd(), ${JSON.stringify(scriptedWorker)}));
      await host.version();
      console.log(host.pid);
      setInterval(() => {}, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', parentScript], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 10_000 });
  });
});
