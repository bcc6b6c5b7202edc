// The app as a page has it: over a real connection, on a real data folder that it shares with no other instance.
import { readdirSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appShape, type AppApi } from '../contract/index.ts';
import { createClient } from '../rpc/client.ts';
import { messagePortPipe } from '../rpc/message-port.ts';
import { serve } from '../rpc/server.ts';
import { createApp } from './app.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from './testing/scripted-app.ts';

let scripted: ScriptedApp;

beforeEach(() => {
  scripted = startScriptedApp();
});

afterEach(() => scripted.end());

/** A page on this app, and how it goes away. */
function connectPage(): { page: AppApi; leave: () => void } {
  const { port1, port2 } = new MessageChannel();
  serve(messagePortPipe(port2), scripted.services, appShape, { stripInternalDetail: true });
  const pipe = messagePortPipe(port1);
  return { page: createClient<AppApi>(pipe, appShape), leave: () => pipe.close() };
}

test('a page chats, goes away in mid-answer, and another one finds the answer going on', async () => {
  const first = connectPage();
  const chat = await first.page.chats.current();
  const events = first.page.chats.watch(chat.id)[Symbol.asyncIterator]();
  await events.next();
  await first.page.chats.send(chat.id, 'forever');
  await until(events, (event) => event.type === 'rounds');
  first.leave();
  await expect(events.next().then(() => events.next())).rejects.toMatchObject({ code: 'closed' });

  const second = connectPage();
  const again = await second.page.chats.current();
  expect(again.id).toBe(chat.id);
  expect(lastMessage(again).status).toBe('streaming');
  const more = second.page.chats.watch(chat.id)[Symbol.asyncIterator]();
  await until(more, (event) => event.type === 'rounds');
  await second.page.chats.stop(chat.id);
  expect((await until(more, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped' } });
  second.leave();
});

test('settings reach the engine', async () => {
  const { page, leave } = connectPage();
  await page.settings.set({ decodingMode: 'plain' });
  const chat = await page.chats.current();
  const events = page.chats.watch(chat.id)[Symbol.asyncIterator]();
  await page.chats.send(chat.id, 'hop');
  await until(events, isFinal);
  const { id } = lastMessage(await page.chats.current());
  expect((await page.chats.rounds(chat.id, id)).map((round) => round.mode)).toEqual(['plain', 'plain']);
  leave();
});

test('About names the versions and what it is built with', async () => {
  const info = await scripted.services.info.get();
  expect(info).toMatchObject({ name: 'Kangaroo Chat', shell: 'browser', engine: 'scripted' });
  expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(info.notices.join('\n')).toContain('Built with Llama');
  expect(info.notices.join('\n')).toContain('MIT License');
});

test('a second instance on the same data is refused, and leaves the first alone', async () => {
  const before = readdirSync(scripted.dataDir);
  const second = () =>
    createApp({
      root: scripted.folder,
      dataDir: scripted.dataDir,
      shell: 'browser',
      spawnEngine: () => {
        throw new Error('not reached');
      },
    });
  expect(second).toThrow(expect.objectContaining({ code: 'busy', message: expect.stringContaining(scripted.dataDir) }));
  expect(readdirSync(scripted.dataDir)).toEqual(before);
  expect(await scripted.services.chats.current()).toMatchObject({ messages: [] });
});

test('closing twice is one close, and ends what pages watch', async () => {
  const watch = scripted.services.models.watch()[Symbol.asyncIterator]();
  const ended = (async () => {
    while (!(await watch.next()).done);
    return true;
  })();
  await Promise.all([scripted.app.close(), scripted.app.close()]);
  expect(await ended).toBe(true);
  await expect(scripted.services.chats.current()).rejects.toMatchObject({ code: 'closed' });
});
