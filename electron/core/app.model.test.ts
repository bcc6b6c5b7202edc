// The whole app without a page: the starter opens, answers are streamed, stopped, kept and had again after the engine died.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatEvent, Message } from '../contract/chats.ts';
import { speedupInside } from '../contract/speedup.ts';
import { createApp, type App } from './app.ts';
import type { EngineProcess } from './engine/engine-process.ts';
import { spawnNode } from './engine/spawn-node.ts';
import { isFinal, lastMessage, openNewChat, until } from './testing/scripted-app.ts';

/** Greedy, the starter goes on about this for hundreds of tokens. */
const longStory = 'Tell me a story about a kangaroo.';

const root = join(import.meta.dirname, '..', '..');
let folder = '';
let app: App;
let engine: EngineProcess;

const start = () => {
  const spawn = spawnNode(root);
  app = createApp({ root, dataDir: folder, shell: 'browser', spawnEngine: () => (engine = spawn()) });
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-app-model-'));
  start();
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openNewChat(app.services);

/** The current chat's last message, with its rounds. */
async function lastWithRounds(): Promise<Message> {
  const { chats } = app.services;
  const chat = await chats.current();
  const message = lastMessage(chat);
  return { ...message, rounds: await chats.rounds(chat.id, message.id) };
}

const isWriting = (event: ChatEvent) => event.type === 'rounds' && event.rounds.some((round) => round.rows > 0);

test('the starter opens by itself, with its adapter, and is measured', async () => {
  for await (const state of app.services.models.watch()) {
    if (state.status === 'failed') throw new Error(state.error.message);
    if (state.status !== 'ready') continue;
    expect(state.model.builtIn).toBe(true);
    expect(state.loaded.adapterError).toBeNull();
    expect(state.loaded.adapter?.exitLayer).toBeGreaterThan(0);
    expect(state.costs.plainTokensPerSecond).toBeGreaterThan(0);
    break;
  }
  expect((await app.services.info.get()).engine).toContain('llama.cpp');
});

test('a question is answered by drafting, and the next turn takes the cache', async () => {
  const { chats, settings } = app.services;
  await settings.set({ decodingMode: 'kangaroo' });
  const { id, events } = await open();
  await chats.send(id, 'Hello! How are you today?');
  const seen = await until(events, isFinal);
  const first = await lastWithRounds();
  expect(first).toMatchObject({ status: 'complete', error: null });
  expect(first.text).not.toBe('');
  expect(first.rounds[0]?.rows).toBe(0);
  expect(first.rounds.some((round) => round.drafts.length > 0 && round.accepted > 0)).toBe(true);
  expect(first.rounds.flatMap((round) => round.pieces.map((piece) => piece.text)).join('')).toBe(first.text);
  expect(seen.flatMap((event) => (event.type === 'rounds' ? event.rounds : []))).toEqual(first.rounds);
  expect(first.speedup).toBeGreaterThan(0);

  await chats.send(id, 'What do you like to do?');
  await until(events, isFinal);
  const second = lastMessage(await chats.current());
  expect(second.stats?.cachedTokens).toBeGreaterThan((first.stats?.promptTokens ?? 0) - 2);
});

test('automatic drafting says of every round whether it is paused, and measures plain steps on the way', async () => {
  const { chats, settings } = app.services;
  await settings.set({ decodingMode: 'auto' });
  const { id, events } = await open();
  await chats.send(id, longStory);
  await until(events, isFinal);
  const { rounds, stats, speedup } = await lastWithRounds();
  const decoded = rounds.filter((round) => round.rows > 0);
  expect(decoded.length).toBe(stats?.rounds);
  expect(decoded.every((round) => round.expectedSpeedup !== null && round.expectedSpeedup > 0)).toBe(true);
  expect(decoded.filter((round) => round.paused)).toHaveLength(stats?.pausedRounds ?? -1);
  expect(decoded.reduce((sum, round) => sum + round.discarded, 0)).toBe(stats?.discarded);
  // Among the rounds, or right behind the answer where drafting paid in nearly all of them.
  expect(stats?.plainStepMs).toBeGreaterThan(0);
  expect(speedup).toBe(speedupInside(rounds, stats?.plainStepMs));
  expect(speedup).toBeGreaterThan(0);
});

test('an answer is stopped and keeps what it has', async () => {
  const { chats } = app.services;
  const { id, events } = await open();
  await chats.send(id, longStory);
  await until(events, isWriting);
  await chats.stop(id);
  const message = lastMessage(await chats.current());
  expect(message).toMatchObject({ status: 'stopped', stopReason: 'cancelled', error: null });
  expect(message.text).not.toBe('');
});

test.each(['SIGKILL', 'SIGSEGV'] as const)('the engine dies of %s in mid-answer: it is told, and had again', async (signal) => {
  const { chats } = app.services;
  const { id, events } = await open();
  await chats.send(id, longStory);
  await until(events, isWriting);
  const { pid } = engine;
  process.kill(pid ?? 0, signal);
  await until(events, isFinal);
  const failed = lastMessage(await chats.current());
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'engine-crashed' } });
  expect(failed.error?.message).toContain(signal);
  expect(failed.text).not.toBe('');
  await chats.regenerate(id, failed.id);
  await until(events, isFinal);
  expect(engine.pid).not.toBe(pid);
  const again = lastMessage(await chats.current());
  expect(again).toMatchObject({ status: 'complete', error: null });
  expect(again.text).not.toBe('');
});

test('a long chat goes on after a restart of the app without being read again', async () => {
  const { id, events } = await open();
  await app.services.chats.send(id, longStory);
  await until(events, isFinal);
  const { stats: before } = lastMessage(await app.services.chats.current());
  await app.close();
  start();
  const again = app.services.chats.watch(id)[Symbol.asyncIterator]();
  await again.next();
  await app.services.chats.send(id, 'Why?');
  await until(again, isFinal);
  const { status, stats } = lastMessage(await app.services.chats.current());
  expect(status).toBe('complete');
  // All but the last token of the story, which nobody computed further, and what the template puts around the question.
  const read = (before?.promptTokens ?? 0) + (before?.tokens ?? 0);
  expect(read).toBeGreaterThan(100);
  expect(stats?.cachedTokens).toBeGreaterThan(read - 4);
});
