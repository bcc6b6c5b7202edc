// The starter's answers, proven: the real engine answers twice, and the chat's own cache is none the worse for it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../contract/chats.ts';
import type { ProofEvent, ProofReport } from '../../contract/proofs.ts';
import { createApp, type App } from '../app.ts';
import { spawnNode } from '../engine/spawn-node.ts';
import { isFinal, lastMessage, until } from '../testing/scripted-app.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let folder = '';
let app: App;
let chatId = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-proofs-'));
  app = createApp({ root, dataDir: folder, shell: 'browser', spawnEngine: spawnNode(root) });
  for await (const { status } of app.services.models.watch()) if (status === 'ready') break;
  await app.services.settings.set({ maxTokens: 60, decodingMode: 'kangaroo' });
  chatId = (await app.services.chats.current()).id;
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

async function say(text: string): Promise<Message> {
  const events = app.services.chats.watch(chatId)[Symbol.asyncIterator]();
  await app.services.chats.send(chatId, text);
  await until(events, isFinal);
  await events.return?.();
  return lastMessage(await app.services.chats.current());
}

async function prove({ id }: Message): Promise<ProofReport> {
  let last: ProofEvent | undefined;
  for await (const event of app.services.proofs.run(chatId, id)) last = event;
  if (last?.type !== 'finished') throw new Error('the proof has no report');
  return last.report;
}

test('an answer is proven, token by token, and what the chat has in memory stays', async () => {
  const answer = await say('Tell me a story about a fox who is afraid of the dark.');
  const report = await prove(answer);
  expect(report.difference).toBeNull();
  expect(report.comparedTokens).toBe(report.plain.tokens.length);
  expect(report.plain.tokens.length).toBeGreaterThan(20);
  expect(report.drafting).toMatchObject({ mode: 'kangaroo', text: report.plain.text });
  expect(report.drafting.drafted).toBeGreaterThan(10);
  expect(report.plain.drafted).toBe(0);
  expect(report.recorded?.identicalTokens).toBe(report.recorded?.comparedTokens);
  expect(report.recorded?.comparedTokens).toBeGreaterThan(20);

  const { stats } = await say('Why?');
  expect(stats?.cachedTokens).toBeGreaterThan(60);
  expect((stats?.promptTokens ?? 0) - (stats?.cachedTokens ?? 0)).toBeLessThan(12);
  // Nothing of a proof is kept.
  await app.services.models.unload();
  expect(readdirSync(join(folder, 'engine', 'kept'))).toEqual([`${chatId}.state`]);
});

test('a sampled answer is proven by two greedy ones', async () => {
  await app.services.settings.set({ temperature: 2, topK: 0, topP: 1, minP: 0 });
  const { models } = app.services;
  const [starter] = await models.list();
  await models.load(starter?.id ?? '');
  const report = await prove(await say('Say something else.'));
  expect(report.difference).toBeNull();
  // What was drawn is not what is likeliest.
  expect(report.recorded?.identicalTokens).toBeLessThan(report.recorded?.comparedTokens ?? 0);
});
