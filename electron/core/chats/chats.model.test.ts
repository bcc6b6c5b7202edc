// Chats with the starter: an answer that is continued is the one that was never stopped, several chats are answered at once, and
// a title in the background holds nobody up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatEvent, Message } from '../../contract/chats.ts';
import { createApp, type App } from '../app.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { isFinal, lastMessage, openNewChat, until } from '../testing/scripted-app.ts';
import { textOfRounds } from './round-codec.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const story = 'Tell me a story about a kangaroo.';
let folder = '';
let app: App;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-chats-model-'));
  app = createApp({ root, dataDir: folder, shell: 'browser', spawnEngine: spawnNode(root) });
  await app.services.settings.set({ temperature: 0, titlesByModel: false });
  for await (const { status } of app.services.models.watch()) if (status === 'ready') break;
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openNewChat(app.services);

const last = async (id: string): Promise<Message> => lastMessage(await app.services.chats.open(id));
const isWriting = (event: ChatEvent) => event.type === 'rounds' && event.rounds.some((round) => round.rows > 0);

test.each(['plain', 'kangaroo'] as const)(
  '%s: continued again and again, an answer is the one of a single go',
  async (decodingMode) => {
    const { chats } = app.services;
    const whole = await open();
    await chats.setSettings(whole.id, { overrides: { maxTokens: 96, decodingMode } });
    await chats.send(whole.id, story);
    await until(whole.events, isFinal);
    const expected = await last(whole.id);
    expect(expected.stats?.tokens).toBeGreaterThan(60);

    const parts = await open();
    await chats.setSettings(parts.id, { overrides: { maxTokens: 24, decodingMode } });
    await chats.send(parts.id, story);
    await until(parts.events, isFinal);
    for (;;) {
      const { id, stopReason, stats } = await last(parts.id);
      if (stopReason !== 'max-tokens' || (stats?.tokens ?? 0) >= 96) break;
      await chats.continueAnswer(parts.id, id);
      await until(parts.events, isFinal);
    }
    const message = await last(parts.id);
    expect(message.text).toBe(expected.text);
    expect(message.continuations).toBeGreaterThan(1);
    expect(message.stats?.tokens).toBe(expected.stats?.tokens);
    // Nothing but the last token was read again.
    expect(message.stats?.cachedTokens).toBe((message.stats?.promptTokens ?? 0) - 1);
    const rounds = await chats.rounds(parts.id, message.id);
    expect(textOfRounds(rounds)).toBe(message.text);
    expect(rounds.filter(({ rows }) => rows === 0)).toHaveLength(message.continuations + 1);
  },
);

test('two chats are answered at once, each as it would be alone', async () => {
  const { chats } = app.services;
  const first = await open();
  await chats.setSettings(first.id, { overrides: { maxTokens: 48, decodingMode: 'plain' } });
  await chats.send(first.id, story);
  const second = await open();
  await chats.setSettings(second.id, { overrides: { maxTokens: 48, decodingMode: 'plain' } });
  await chats.send(second.id, story);
  await Promise.all([until(first.events, isFinal), until(second.events, isFinal)]);
  const [one, other] = [await last(first.id), await last(second.id)];
  expect(one).toMatchObject({ status: 'complete', text: other.text });
  expect(one.text).not.toBe('');
});

test('a title is asked for in the background, gives way to a question, and is none where it is nonsense', async () => {
  const { chats, settings } = app.services;
  await settings.set({ titlesByModel: true });
  const { id, events } = await open();
  await chats.setSettings(id, { overrides: { maxTokens: 32 } });
  await chats.send(id, 'Hello! How are you today?');
  await until(events, isFinal);
  const before = await last(id);
  // At once: the title may just be being written.
  await chats.send(id, 'What do you like to do?');
  await until(events, isWriting);
  await until(events, isFinal);
  const after = await last(id);
  expect(after).toMatchObject({ status: 'complete', error: null });
  // What the title added to the cache is gone from it, and what was there before is not.
  expect(after.stats?.cachedTokens).toBeGreaterThanOrEqual((before.stats?.promptTokens ?? 0) - 2);
  const { title } = await chats.open(id);
  expect(title.length).toBeGreaterThan(3);
  expect(title.length).toBeLessThanOrEqual(60);
});

test('tokens of a text are counted as the model reads them', async () => {
  const { chats } = app.services;
  expect(await chats.countTokens('')).toBe(0);
  const one = await chats.countTokens('kangaroo');
  expect(one).toBeGreaterThan(0);
  expect(await chats.countTokens('kangaroo '.repeat(20))).toBeGreaterThan(one * 10);
});
