// What goes wrong with chats, on a real database and a real engine process: the engine's death, the app's, refusals, a database
// that cannot be read.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { chatDriver } from '../testing/chat-driver.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from '../testing/scripted-app.ts';
import { decodeRounds, textOfRounds } from './round-codec.ts';

let scripted: ScriptedApp;

beforeEach(() => {
  scripted = startScriptedApp();
});

afterEach(() => scripted.end());

const chats = () => scripted.services.chats;
const { watchCurrent, converse, lastWithRounds, again } = chatDriver(chats);

describe('the engine dies in mid-answer', () => {
  test.each(['SIGKILL', 'SIGSEGV'] as const)('%s: the answer fails with what it had, and can be had again', async (signal) => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds' && event.rounds.some((round) => round.rows > 0));
    scripted.killEngine(signal);
    const final = (await until(events, isFinal)).at(-1);
    expect(final).toMatchObject({
      message: { status: 'failed', error: { code: 'engine-crashed', message: expect.stringContaining(signal) } },
    });
    expect(lastMessage(await chats().current()).text).toContain('la ');
    // At once: the restart and the load are waited for.
    await again(chat.id);
    await until(events, (event) => event.type === 'rounds');
    await chats().stop(chat.id);
    expect((await until(events, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped', error: null } });
    await converse(chat.id, events, 'next');
    expect(lastMessage(await chats().current())).toMatchObject({ status: 'complete', text: '>next ' });
  });
});

describe('refusals', () => {
  test('a second message while one is answered is `busy`', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await expect(chats().send(chat.id, 'me too')).rejects.toMatchObject({ code: 'busy' });
    await expect(again(chat.id)).rejects.toMatchObject({ code: 'busy' });
    await chats().stop(chat.id);
    expect((await chats().current()).messages).toHaveLength(2);
  });

  test('what is no message cannot be sent', async () => {
    const { chat } = await watchCurrent();
    const texts: unknown[] = ['', ' \n\t ', 5, undefined, null, { toString: 'x' }, 'ä'.repeat(500_001)];
    for (const text of texts) {
      await expect(chats().send(chat.id, text as string)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    expect((await chats().current()).messages).toEqual([]);
  });

  test('what is no chat is refused', async () => {
    const invalid = { code: 'invalid-argument' };
    for (const id of ['nowhere', '', null, 5, { id: 1 }, 'x'.repeat(1000)] as string[]) {
      await expect(chats().send(id, 'hop')).rejects.toMatchObject(invalid);
      await expect(chats().stop(id)).rejects.toMatchObject(invalid);
      await expect(chats().regenerate(id, 'm')).rejects.toMatchObject(invalid);
      expect(() => chats().watch(id)[Symbol.asyncIterator]()).toThrow(expect.objectContaining(invalid));
    }
  });

  test('without a model there is `no-model`, with the reason', async () => {
    await scripted.end();
    scripted = startScriptedApp({ starter: 'missing.gguf' });
    const noModel = { code: 'no-model', message: expect.stringContaining('does not exist') };
    const { chat, events } = await watchCurrent();
    // Who is early is answered when the load has failed; from then on nothing is begun.
    await chats().send(chat.id, 'hop');
    expect((await until(events, isFinal)).at(-1)).toMatchObject({ message: { status: 'failed', error: noModel } });
    await expect(chats().send(chat.id, 'hop')).rejects.toMatchObject(noModel);
  });

  test("the engine's refusal ends the answer with its error", async () => {
    const { chat, events } = await watchCurrent();
    const seen = await converse(chat.id, events, 'hop refuse');
    expect(seen.at(-1)).toMatchObject({
      message: { status: 'failed', text: '>hop ', error: { code: 'prompt-too-long' }, stats: null, speedup: null },
    });
  });
});

describe('a process that is killed in mid-answer', () => {
  test('loses little, and the next start tells', async () => {
    const dataDir = join(scripted.folder, 'killed');
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const script = `
      import { createApp } from './electron/core/app.ts';
      import { spawnNode } from './electron/core/engine/spawn-node.ts';
      const [folder, dataDir] = process.argv.slice(1);
      const spawnEngine = spawnNode(folder, './electron/core/engine/testing/scripted-worker.ts');
      const { chats } = createApp({ root: folder, dataDir, shell: 'browser', spawnEngine }).services;
      await chats.send((await chats.current()).id, 'forever');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, scripted.folder, dataDir], {
      cwd: root,
      stdio: 'inherit',
    });
    const exited = once(child, 'exit');
    const saved = () => {
      const database = new Database(join(dataDir, 'chats.db'), { readonly: true, fileMustExist: true });
      const chunks = database.prepare('SELECT data FROM rounds ORDER BY key').pluck().all() as Buffer[];
      database.close();
      return chunks.map((data) => textOfRounds(decodeRounds(data)));
    };
    // Every second's rounds are one row more; what was there stays as it is.
    await vi.waitFor(() => expect(saved().length).toBeGreaterThan(1), { timeout: 20_000, interval: 100 });
    const before = saved().join('');
    child.kill('SIGKILL');
    await exited;

    await scripted.reopen({ dataDir });
    const answer = await lastWithRounds();
    expect(answer).toMatchObject({
      status: 'failed',
      error: { code: 'closed', message: expect.stringContaining('try again') },
    });
    expect(before).toContain('la la');
    expect(answer.text.startsWith(before)).toBe(true);
    expect(textOfRounds(answer.rounds)).toBe(answer.text);
  });
});

describe('a database that cannot be read', () => {
  test.each([
    ['store-damaged', 'no database'.repeat(1000)],
    ['store-too-new', null],
  ])('%s is told by every method, and set aside on request', async (code, bytes) => {
    const path = join(scripted.dataDir, 'chats.db');
    await scripted.app.close();
    if (bytes === null) {
      const database = new Database(path);
      database.pragma('user_version = 99');
      database.close();
    } else {
      writeFileSync(path, bytes);
    }
    await scripted.reopen();
    await expect(chats().current()).rejects.toMatchObject({ code });
    await expect(chats().create()).rejects.toMatchObject({ code });
    await expect(chats().send('a', 'hop')).rejects.toMatchObject({ code });
    const fresh = await chats().setAside();
    expect(fresh.messages).toEqual([]);
    expect(await chats().current()).toEqual(fresh);
    expect(readdirSync(scripted.dataDir).some((name) => name.startsWith('chats.db.set-aside-'))).toBe(true);
    await expect(chats().setAside()).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('is read once it has been put right', async () => {
    const path = join(scripted.dataDir, 'chats.db');
    const { id } = await chats().current();
    await scripted.app.close();
    const good = readFileSync(path);
    writeFileSync(path, 'no database'.repeat(1000));
    await scripted.reopen();
    await expect(chats().current()).rejects.toMatchObject({ code: 'store-damaged' });
    writeFileSync(path, good);
    expect((await chats().current()).id).toBe(id);
  });
});
