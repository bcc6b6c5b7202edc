// Settings on real files: each value is judged by itself, and a refused change changes nothing.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultSettings, type Settings } from '../contract/settings.ts';
import { SettingsStore } from './settings.ts';

let folder = '';
const path = () => join(folder, 'settings.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-settings-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('without a file the defaults hold, and none is written', async () => {
  expect(await new SettingsStore(folder).get()).toEqual(defaultSettings);
  expect(existsSync(path())).toBe(false);
});

test('a change outlives the process, and leaves no other file behind', async () => {
  const settings = new SettingsStore(folder);
  expect(await settings.set({ theme: 'dark', maxDraft: 3 })).toEqual({ ...defaultSettings, theme: 'dark', maxDraft: 3 });
  expect(await new SettingsStore(folder).get()).toMatchObject({ theme: 'dark', maxDraft: 3 });
  expect(readdirSync(folder)).toEqual(['settings.json']);
});

test.each(['auto', 'kangaroo', 'plain'] as const)('a stored decoding mode %s stays', async (decodingMode) => {
  writeFileSync(path(), JSON.stringify({ decodingMode }));
  expect(await new SettingsStore(folder).get()).toEqual({ ...defaultSettings, decodingMode });
});

test('damaged and unknown values fall back one by one', async () => {
  const stored = { ...defaultSettings, theme: 'neon', maxDraft: 99, threshold: 0.3, temperature: null, extra: 1 };
  writeFileSync(path(), JSON.stringify(stored));
  expect(await new SettingsStore(folder).get()).toEqual({ ...defaultSettings, threshold: 0.3 });
});

test.each(['null', '[]', '7', '"text"', '{"__proto__": {"theme": "dark"}}'])('a file of %s gives the defaults', async (text) => {
  writeFileSync(path(), text);
  expect(await new SettingsStore(folder).get()).toEqual(defaultSettings);
});

test('a file that is no JSON gives the defaults, and is kept aside', async () => {
  writeFileSync(path(), '{"theme": "da');
  const settings = new SettingsStore(folder);
  expect(await settings.get()).toEqual(defaultSettings);
  await settings.set({ theme: 'dark' });
  expect(readFileSync(`${path()}.damaged`, 'utf8')).toBe('{"theme": "da');
  expect(await new SettingsStore(folder).get()).toMatchObject({ theme: 'dark' });
});

test.each<[string, unknown]>([
  ['theme', 'neon'],
  ['maxDraft', 17],
  ['maxDraft', Number.NaN],
  ['threshold', -0.1],
  ['temperature', 3],
  ['showOrigins', 'yes'],
  ['maxTokens', 0],
  ['toString', 'x'],
  ['unknown', 1],
])('%s = %s is refused by name, together with all that came with it', async (name, value) => {
  const settings = new SettingsStore(folder);
  const patch = { topK: 7, [name]: value } as Partial<Settings>;
  await expect(settings.set(patch)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(`\`${name}\``),
  });
  expect(await settings.get()).toEqual(defaultSettings);
  expect(existsSync(path())).toBe(false);
});

test.each([null, undefined, 'dark', 5])('%s as a change is refused', async (patch) => {
  const settings = new SettingsStore(folder);
  await expect(settings.set(patch as unknown as Partial<Settings>)).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('what cannot be saved is not changed', async () => {
  const settings = new SettingsStore(join(folder, 'missing'));
  await expect(settings.set({ theme: 'dark' })).rejects.toMatchObject({ code: 'internal' });
  expect(await settings.get()).toEqual(defaultSettings);
});

test('watching gives the current settings, then each change; a slow watcher gets the latest', async () => {
  const settings = new SettingsStore(folder);
  const watch = settings.watch()[Symbol.asyncIterator]();
  expect((await watch.next()).value).toEqual(defaultSettings);
  const waiting = watch.next();
  await settings.set({ topK: 1 });
  expect((await waiting).value).toMatchObject({ topK: 1 });
  await settings.set({ topK: 2 });
  await settings.set({ topK: 3 });
  expect((await watch.next()).value).toMatchObject({ topK: 3 });
  settings.close();
  expect((await watch.next()).done).toBe(true);
});
