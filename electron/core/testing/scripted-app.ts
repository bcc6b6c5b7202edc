// The app for unit tests: everything real (database, files, the engine's process), but the engine says what it is told.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chat, ChatEvent, Message } from '../../contract/chats.ts';
import { createApp, type App } from '../app.ts';
import type { EngineProcess } from '../engine/engine-process.ts';
import { spawnNode } from '../engine/spawn-node.ts';

const scriptedWorker = fileURLToPath(new URL('../engine/testing/scripted-worker.ts', import.meta.url));

export interface ScriptedApp {
  app: App;
  services: App['services'];
  folder: string;
  dataDir: string;
  /** Closes the app and opens it again, on the same data or on other. */
  reopen(other?: { dataDir: string }): Promise<void>;
  /** Kills the engine's process. */
  killEngine(signal: NodeJS.Signals): void;
  end(): Promise<void>;
}

/** `starter`: the file name that the scripted engine is given; names with `crash` or `missing` act. `hubOrigin`: by default nobody. */
export function startScriptedApp({
  starter = 'starter.gguf',
  adapter = 'adapter.gguf' as string | null,
  hubOrigin = 'http://127.0.0.1:9',
} = {}): ScriptedApp {
  const folder = mkdtempSync(join(tmpdir(), 'kangaroo-app-'));
  const dataDir = join(folder, 'data');
  const starterFolder = join(folder, 'assets', 'starter');
  mkdirSync(starterFolder, { recursive: true });
  const description = { id: 'starter', name: 'Scripted', model: starter, adapter };
  writeFileSync(join(starterFolder, 'starter.json'), JSON.stringify(description));
  let engine: EngineProcess | undefined;
  const open = (dataDir: string) => {
    const spawn = spawnNode(folder, scriptedWorker);
    return createApp({ root: folder, dataDir, shell: 'browser', spawnEngine: () => (engine = spawn()), hubOrigin });
  };
  const app = open(dataDir);
  const scripted: ScriptedApp = {
    app,
    services: app.services,
    folder,
    dataDir,
    async reopen(other = { dataDir }) {
      await scripted.app.close();
      scripted.app = open(other.dataDir);
      scripted.services = scripted.app.services;
    },
    killEngine(signal) {
      if (engine?.pid === undefined) throw new Error('the engine does not run');
      process.kill(engine.pid, signal);
    },
    async end() {
      await scripted.app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return scripted;
}

/** Reads a chat's events until one fits. */
export async function until(events: AsyncIterator<ChatEvent>, fits: (event: ChatEvent) => boolean): Promise<ChatEvent[]> {
  const seen: ChatEvent[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the events ended after ${JSON.stringify(seen.map((event) => event.type))}`);
    seen.push(value);
    if (fits(value)) return seen;
  }
}

/** A new chat and its events, behind the snapshot. */
export async function openNewChat({
  chats,
}: Pick<App['services'], 'chats'>): Promise<{ id: string; events: AsyncIterator<ChatEvent> }> {
  const { id } = await chats.create();
  const events = chats.watch(id)[Symbol.asyncIterator]();
  await events.next();
  return { id, events };
}

/** The answer in its final state. */
export const isFinal = (event: ChatEvent) =>
  event.type === 'message' && event.message.role === 'assistant' && event.message.status !== 'streaming';

export function lastMessage(chat: Chat): Message {
  const message = chat.messages.at(-1);
  if (!message) throw new Error('the chat is empty');
  return message;
}
