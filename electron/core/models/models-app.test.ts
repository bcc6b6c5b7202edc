// Finding, downloading, finding again and loading, as a page does it, through the whole app; only the engine is scripted.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedApp, type ScriptedApp } from '../testing/scripted-app.ts';
import { ggufBytes, tinyLlama } from './testing/gguf-writer.ts';
import { startHubServer, type HubServer } from './testing/hub-server.ts';

const { metadata, tensors } = tinyLlama();
const tiny = ggufBytes(metadata, tensors);
let server: HubServer;
let scripted: ScriptedApp;

beforeEach(async () => {
  const files = { 'tiny-Q8_0.gguf': tiny };
  server = await startHubServer({ repos: [{ id: 'someone/Tiny-GGUF', files, gated: 'auto' }], tokens: { hf_good: 'accepted' } });
  scripted = startScriptedApp({ hubOrigin: server.origin });
});

afterEach(async () => {
  await scripted.end();
  await server.close();
});

async function modelNamed(name: string) {
  for await (const { models } of scripted.services.library.watch()) {
    const found = models.find((model) => model.name === name && model.status === 'ready');
    if (found) return found;
  }
  throw new Error('the library was closed');
}

test('from the search to the loaded model, and after a restart it is loaded again', async () => {
  const { hub, downloads, models, library } = scripted.services;
  const [result] = (await hub.search({ text: 'tiny', sort: 'downloads' })).results;
  expect(result?.gated).toBe(true);
  expect((await hub.repository('someone/Tiny-GGUF')).access).toMatchObject({
    granted: false,
    error: { code: 'hub-token-missing' },
  });
  expect(await hub.setToken('hf_good')).toMatchObject({ token: { kept: 'memory', canKeep: false } });
  expect((await hub.repository('someone/Tiny-GGUF')).access).toEqual({ granted: true });
  await hub.download('someone/Tiny-GGUF', 'tiny-Q8_0.gguf');
  const model = await modelNamed('tiny-Q8_0');
  expect(model.path).toBe(join(scripted.dataDir, 'models', 'someone', 'Tiny-GGUF', 'tiny-Q8_0.gguf'));
  expect(readFileSync(model.path)).toEqual(tiny);
  expect((await downloads.list()).map(({ status }) => status)).toEqual(['completed']);
  const [variant] = (await hub.repository('someone/Tiny-GGUF')).variants;
  expect(variant?.modelId).toBe(model.id);
  for await (const state of library.watch()) {
    if (state.scanning) continue;
    const { origin, sha256 } = await library.details(model.id);
    expect(origin).toMatchObject({ repository: 'someone/Tiny-GGUF', file: 'tiny-Q8_0.gguf' });
    expect(sha256).toBe(variant?.files[0]?.sha256);
    break;
  }
  await models.load(model.id);
  await expect(library.trash(model.id)).rejects.toMatchObject({ code: 'busy' });
  await downloads.setSpeedLimit(5_000_000);
  await scripted.reopen();
  expect(await scripted.services.downloads.speedLimit()).toBe(5_000_000);
  for await (const state of scripted.services.models.watch()) {
    if (state.status === 'unloaded') continue;
    expect(state).toMatchObject({ model: { id: model.id } });
    break;
  }
});

test('a database of models that cannot be read keeps the app from nothing', async () => {
  await scripted.app.close();
  writeFileSync(join(scripted.dataDir, 'models.db'), 'this is no database');
  await scripted.reopen();
  const { value: state } = await scripted.services.library.watch()[Symbol.asyncIterator]().next();
  expect(state.problem).toMatchObject({ code: 'store-damaged' });
  const kept = /kept as (\S+) and/.exec(state.problem?.message ?? '')?.[1] ?? '';
  expect(existsSync(kept)).toBe(true);
  expect(readFileSync(kept, 'utf8')).toBe('this is no database');
});

test('a page cannot have anything but models downloaded, nor into any folder, nor from anywhere', async () => {
  const { downloads, library } = scripted.services;
  const { value: state } = await library.watch()[Symbol.asyncIterator]().next();
  const folder = state.folders[0]?.path ?? '';
  const file = { path: 'tiny-Q8_0.gguf', sizeBytes: tiny.length, sha256: null };
  const request = { name: 'Tiny', endpoint: server.origin, repo: 'someone/Tiny-GGUF', revision: 'main', files: [file], folder };
  const wrong = [
    { ...request, endpoint: 'https://elsewhere.example' },
    { ...request, folder: scripted.folder },
    { ...request, folder: join(folder, '..', '..') },
    { ...request, files: [{ ...file, path: 'autostart.desktop' }] },
  ];
  for (const each of wrong) await expect(downloads.add(each)).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(await downloads.list()).toEqual([]);
  const id = await downloads.add({ ...request, folder: join(folder, 'below') });
  await downloads.cancel(id);
});
