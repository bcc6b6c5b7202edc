// Chats with a real database and a real engine process that says what it is told: send, stream, stop, retry, crash, reopen.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Chat, ChatEvent, Message } from '../../contract/chats.ts';
import { decodeRounds, textOfRounds } from './round-codec.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from '../testing/scripted-app.ts';

let scripted: ScriptedApp;

beforeEach(() => {
  scripted = startScriptedApp();
});

afterEach(() => scripted.end());

const chats = () => scripted.services.chats;

async function watchCurrent(): Promise<{ chat: Chat; events: AsyncIterator<ChatEvent> }> {
  const chat = await chats().current();
  const events = chats().watch(chat.id)[Symbol.asyncIterator]();
  expect(await events.next()).toEqual({ value: { type: 'snapshot', chat }, done: false });
  return { chat, events };
}

/** Sends, and waits for the whole answer. */
async function converse(chatId: string, events: AsyncIterator<ChatEvent>, text: string): Promise<ChatEvent[]> {
  await chats().send(chatId, text);
  return until(events, isFinal);
}

/** The current chat's last message, and its rounds as they are stored. */
async function lastWithRounds(): Promise<Message> {
  const chat = await chats().current();
  const message = lastMessage(chat);
  return { ...message, rounds: await chats().rounds(chat.id, message.id) };
}

/** Answers the last message again. */
async function again(chatId: string): Promise<void> {
  const { id } = lastMessage(await chats().current());
  await chats().regenerate(chatId, id);
}

describe('an answer', () => {
  test('is streamed, measured and kept', async () => {
    const { chat, events } = await watchCurrent();
    const seen = await converse(chat.id, events, 'hop  over\nthe fence');
    expect(seen[0]).toMatchObject({ type: 'snapshot', chat: { title: 'hop over the fence' } });
    expect(seen.some((event) => event.type === 'prefill')).toBe(true);
    const rounds = seen.flatMap((event) => (event.type === 'rounds' ? event.rounds : []));
    expect(rounds[0]).toMatchObject({ rows: 0, drafts: [], token: { text: '>' }, mode: 'kangaroo' });
    expect(rounds).toHaveLength(5);
    const now = await chats().current();
    const answer = await lastWithRounds();
    expect(answer).toMatchObject({
      role: 'assistant',
      status: 'complete',
      text: '>hop over the fence ',
      stopReason: 'end-of-turn',
      modelName: 'Scripted',
      // By the rounds' own times, over the calibration's 10 ms a step.
      speedup: expect.closeTo(20 / 3),
      error: null,
      rounds,
      roundCount: rounds.length,
      answeredWith: { settings: { decodingMode: 'auto' }, systemPrompt: '', adapterName: expect.stringContaining('adapter') },
    });
    expect(answer.timeToFirstTokenMs).toBeGreaterThan(0);
    expect(lastMessage(now).rounds).toEqual([]);
    expect(textOfRounds(answer.rounds)).toBe(answer.text);
    await scripted.reopen();
    const later = await chats().current();
    // The context's size is known once the model is loaded again.
    expect({ ...later, context: null }).toEqual({ ...now, context: null });
    expect(await lastWithRounds()).toEqual(answer);
  });

  test('sees the conversation before it', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'one');
    const second = await converse(chat.id, events, 'two');
    expect(second.slice(0, 2)).toMatchObject([
      { type: 'message', message: { role: 'user', text: 'two', status: 'complete' } },
      { type: 'message', message: { role: 'assistant', text: '', status: 'streaming' } },
    ]);
    expect((await chats().current()).messages.map((message) => message.text)).toEqual(['one', '>one ', 'two', '>two ']);
  });

  test('is shown to every page, also to one that comes in the middle', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    const late = chats().watch(chat.id)[Symbol.asyncIterator]();
    const first = await late.next();
    expect(first.value).toMatchObject({ type: 'snapshot', chat: { messages: [{}, { status: 'streaming' }] } });
    await until(late, (event) => event.type === 'rounds');
    await chats().stop(chat.id);
    const [one, two] = [await until(events, isFinal), await until(late, isFinal)];
    expect(one.at(-1)).toEqual(two.at(-1));
  });

  test('a page that reads late gets a snapshot that agrees with what follows', async () => {
    const { chat, events } = await watchCurrent();
    const lagging = chats().watch(chat.id)[Symbol.asyncIterator]();
    await chats().send(chat.id, 'forever');
    for (let i = 0; i < 300;) i += (await until(events, (event) => event.type === 'rounds')).length;
    await chats().stop(chat.id);
    const seen = await until(lagging, isFinal);
    expect(seen.length).toBeLessThan(300);
    let rounds = 0;
    for (const event of seen) {
      if (event.type === 'snapshot') rounds = event.chat.messages.at(-1)?.rounds.length ?? 0;
      if (event.type === 'rounds') rounds += event.rounds.length;
    }
    expect(rounds).toBe(lastMessage(await chats().current()).roundCount);
  });

  test('is compared with the plain steps inside it, where it has some', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop steps hop');
    const { stats, speedup } = lastMessage(await chats().current());
    expect(stats?.plainStepMs).toBe(4);
    // 13 tokens in 9 × 4 + 2 × 3 ms; plainly, 52. The first plain step, after a drafting round, is no baseline.
    expect(speedup).toBeCloseTo(52 / 42);
  });

  test('says, for good, that the oldest turns did not fit', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    expect(lastMessage(await chats().current()).stats).not.toHaveProperty('leftOutTurns');
    await converse(chat.id, events, 'outgrown');
    await scripted.reopen();
    expect(lastMessage(await chats().current()).stats).toMatchObject({ leftOutTurns: 2 });
  });

  test("keeps what 'auto' says of its rounds", async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    await scripted.reopen();
    const [prompt, round] = (await lastWithRounds()).rounds;
    expect(prompt).toMatchObject({ mode: 'kangaroo', discarded: 0, paused: false, expectedSpeedup: null });
    expect(round).toMatchObject({ mode: 'kangaroo', discarded: 0, paused: false, expectedSpeedup: 1.5 });
    expect(round).not.toHaveProperty('type');
  });

  test.each([
    ['auto', 'lookup'],
    ['kangaroo', 'plain'],
    ['plain', 'plain'],
  ] as const)("without an adapter, '%s' gives rounds that are %s", async (decodingMode, mode) => {
    await scripted.end();
    scripted = startScriptedApp({ adapter: null });
    await scripted.services.settings.set({ decodingMode });
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    expect((await lastWithRounds()).rounds.map((round) => round.mode)).toEqual(['plain', mode]);
  });
});

describe('stopping', () => {
  test('keeps what was written', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await chats().stop(chat.id);
    const message = lastMessage(await chats().current());
    expect(message).toMatchObject({ status: 'stopped', stopReason: 'cancelled', error: null, speedup: expect.closeTo(20 / 3) });
    expect(message.text.startsWith('>la ')).toBe(true);
  });

  test('works before the model is ready', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'hop');
    await chats().stop(chat.id);
    const final = (await until(events, isFinal)).at(-1);
    expect(final).toMatchObject({ message: { status: 'stopped', text: '' } });
    await converse(chat.id, events, 'again');
    expect(lastMessage(await chats().current()).status).toBe('complete');
  });

  test('what does not run does nothing', async () => {
    const { chat } = await watchCurrent();
    await chats().stop(chat.id);
    expect((await chats().current()).messages).toEqual([]);
  });

  test('a new chat leaves the answer in the old one alone', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    const fresh = await chats().create();
    expect(fresh.id).not.toBe(chat.id);
    expect(fresh.messages).toEqual([]);
    expect((await chats().current()).id).toBe(fresh.id);
    await until(events, (event) => event.type === 'rounds');
    expect((await chats().open(chat.id)).messages).toMatchObject([{}, { status: 'streaming' }]);
    expect((await chats().current()).id).toBe(chat.id);
    await chats().stop(chat.id);
  });

  test('closing the app keeps the answer as stopped', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await scripted.reopen();
    expect(lastMessage(await chats().current())).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
  });
});

describe('several chats', () => {
  /** The current chat with one turn in it, and a new one beside it. */
  async function two() {
    const first = await watchCurrent();
    await converse(first.chat.id, first.events, 'hop');
    await chats().create();
    return [first, await watchCurrent()] as const;
  }

  test('are answered at once, and each is stopped on its own', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      await until(events, (event) => event.type === 'rounds');
    }
    await expect(chats().send(second.chat.id, 'me too')).rejects.toMatchObject({ code: 'busy' });
    await chats().stop(first.chat.id);
    expect((await until(first.events, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped' } });
    await until(second.events, (event) => event.type === 'rounds');
    const { value: still } = await chats().watch(second.chat.id)[Symbol.asyncIterator]().next();
    expect(still).toMatchObject({ type: 'snapshot', chat: { messages: [{}, { status: 'streaming' }] } });
    await chats().stop(second.chat.id);
    expect((await until(second.events, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped' } });
  });

  test('all fail when the engine dies, each with what it had', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      // The first one may only bring the prompt's own token.
      await until(events, (event) => event.type === 'rounds' && event.rounds.some(({ rows }) => rows > 0));
    }
    scripted.killEngine('SIGKILL');
    for (const { events } of [first, second]) {
      expect((await until(events, isFinal)).at(-1)).toMatchObject({
        message: { status: 'failed', text: expect.stringContaining('la'), error: { code: 'engine-crashed' } },
      });
    }
    await converse(first.chat.id, first.events, 'again');
    await converse(second.chat.id, second.events, 'again');
  });

  test('are all kept as stopped when the app closes', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      await until(events, (event) => event.type === 'rounds');
    }
    await scripted.reopen();
    for (const { chat } of [first, second]) {
      const { value } = await chats().watch(chat.id)[Symbol.asyncIterator]().next();
      expect(lastMessage(value.chat)).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
    }
  });
});

describe('answering again', () => {
  test.each(['complete', 'stopped', 'failed'] as const)('replaces a %s answer', async (status) => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, { complete: 'hop', stopped: 'forever', failed: 'refuse' }[status]);
    if (status === 'stopped') {
      await until(events, (event) => event.type === 'rounds');
      await chats().stop(chat.id);
    }
    const old = (await until(events, isFinal)).at(-1);
    expect(old).toMatchObject({ message: { status } });
    await again(chat.id);
    const [first] = await until(events, (event) => event.type === 'snapshot');
    expect(first).toMatchObject({ chat: { messages: [{ role: 'user' }, { role: 'assistant', status: 'streaming', text: '' }] } });
    await chats().stop(chat.id);
    expect((await chats().current()).messages).toHaveLength(2);
  });

  test('needs a question', async () => {
    const { chat } = await watchCurrent();
    await expect(chats().regenerate(chat.id, 'nothing')).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

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

describe('new chats', () => {
  test('an empty one is not left behind for another', async () => {
    const { chat } = await watchCurrent();
    expect((await chats().create()).id).toBe(chat.id);
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
