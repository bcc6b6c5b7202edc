// What can be done in a chat besides asking: branches, going on with an answer, settings, attachments, titles, the trash.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Chat, ChatEvent, Message, SendOptions } from '../../contract/chats.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from '../testing/scripted-app.ts';
import { textOfRounds } from './round-codec.ts';

let scripted: ScriptedApp;
let id: string;
let events: AsyncIterator<ChatEvent>;

const chats = () => scripted.services.chats;
const now = () => chats().current();
const texts = (chat: Chat) => chat.messages.map(({ text }) => text);
const invalid = { code: 'invalid-argument' };

beforeEach(async () => {
  scripted = startScriptedApp();
  id = (await now()).id;
  events = chats().watch(id)[Symbol.asyncIterator]();
  await events.next();
});

afterEach(() => scripted.end());

async function ask(text: string, options?: SendOptions): Promise<Message> {
  await chats().send(id, text, options);
  await until(events, isFinal);
  return lastMessage(await now());
}

/** Waits for the final state of what was begun. */
async function ended(): Promise<Message> {
  await until(events, isFinal);
  return lastMessage(await now());
}

describe('branches', () => {
  test('an edited message and another answer stand beside the old ones, which can be chosen again', async () => {
    const first = await ask('one');
    await ask('two');
    const [question] = (await now()).messages;
    await chats().edit(id, question?.id ?? '', 'uno');
    const edited = await ended();
    expect(texts(await now())).toEqual(['uno', '>uno ']);
    expect((await now()).messages[0]?.siblingIds).toHaveLength(2);
    await chats().regenerate(id, edited.id);
    const again = await ended();
    expect(again.siblingIds).toEqual([edited.id, again.id]);
    expect(await chats().tree(id)).toHaveLength(7);
    await chats().select(id, first.id);
    expect((await until(events, (event) => event.type === 'snapshot')).at(-1)).toMatchObject({
      chat: { messages: [{ text: 'one' }, { text: '>one ' }, { text: 'two' }, { text: '>two ' }] },
    });
    await scripted.reopen();
    expect(texts(await now())).toEqual(['one', '>one ', 'two', '>two ']);
  });

  test('an answer that says nothing makes place for the next', async () => {
    // The model is not ready yet.
    await chats().send(id, 'hop');
    await chats().stop(id);
    const stopped = lastMessage(await now());
    expect(stopped).toMatchObject({ status: 'stopped', text: '' });
    await chats().regenerate(id, stopped.id);
    const answer = await ended();
    expect(answer).toMatchObject({ text: '>hop ', siblingIds: [answer.id] });
  });

  test('are left alone while an answer is written, and none is begun without a model', async () => {
    const failed = await ask('refuse');
    await chats().send(id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await expect(chats().select(id, failed.id)).rejects.toMatchObject({ code: 'busy' });
    await expect(chats().deleteMessage(id, failed.id)).rejects.toMatchObject({ code: 'busy' });
    await chats().stop(id);
    await scripted.services.models.unload();
    await expect(chats().regenerate(id, failed.id)).rejects.toMatchObject({ code: 'no-model' });
  });

  test('a message is taken away with what follows, and comes back', async () => {
    const first = await ask('one');
    const second = await ask('two');
    await chats().deleteMessage(id, second.parentId ?? '');
    expect(texts(await now())).toEqual(['one', '>one ']);
    await expect(chats().select(id, second.id)).rejects.toMatchObject(invalid);
    await ask('three');
    await chats().restoreMessage(id, second.parentId ?? '');
    expect(texts(await now())).toEqual(['one', '>one ', 'two', '>two ']);
    await expect(chats().restoreMessage(id, first.id)).rejects.toMatchObject(invalid);
    await expect(chats().edit(id, first.id, 'x')).rejects.toMatchObject(invalid);
  });
});

describe('going on with an answer', () => {
  test('its tokens are the prompt, its rounds and figures are one answer', async () => {
    const before = await ask('hop hop');
    await chats().continueAnswer(id, before.id);
    const seen = await until(events, isFinal);
    expect(seen[0]).toMatchObject({ type: 'message', message: { id: before.id, status: 'streaming', text: before.text } });
    const after = lastMessage(await now());
    // One token of the prompt and two rounds of two.
    expect(after.text).toBe('>hop hop +after 5 ');
    expect(after).toMatchObject({ id: before.id, status: 'complete', continuations: 1, roundCount: 6, siblingIds: [before.id] });
    expect(after.stats?.tokens).toBe((before.stats?.tokens ?? 0) * 2);
    expect(after.timeToFirstTokenMs).toBe(before.timeToFirstTokenMs);
    const rounds = await chats().rounds(id, after.id);
    expect(textOfRounds(rounds)).toBe(after.text);
    expect(rounds.filter(({ rows }) => rows === 0)).toHaveLength(2);
  });

  test('one that was imported goes on with its text', async () => {
    const file = JSON.stringify({
      title: 'Old',
      chat: {
        messages: [
          { role: 'user', content: 'Question' },
          { role: 'assistant', content: 'Begun' },
        ],
      },
    });
    const upload = await chats().beginImport();
    await chats().appendImport(upload, file.slice(0, 20));
    await chats().appendImport(upload, file.slice(20));
    const { imported } = await chats().finishImport(upload);
    id = imported[0]?.chatId ?? '';
    const { messages } = await chats().open(id);
    events = chats().watch(id)[Symbol.asyncIterator]();
    await events.next();
    await chats().continueAnswer(id, messages[1]?.id ?? '');
    expect(await ended()).toMatchObject({ text: 'Begun+after Begun ', roundCount: 3, status: 'complete' });
    await scripted.reopen();
    expect(lastMessage(await now()).text).toBe('Begun+after Begun ');
  });

  test('only the last one of a branch can', async () => {
    const first = await ask('one');
    const second = await ask('two');
    for (const messageId of [first.id, second.parentId ?? '', 'nothing']) {
      await expect(chats().continueAnswer(id, messageId)).rejects.toMatchObject(invalid);
    }
  });
});

describe('settings of a chat', () => {
  test('come before those of the app, and a message has its own mode', async () => {
    await scripted.services.settings.set({ systemPrompt: 'Be kind.', decodingMode: 'auto' });
    expect(await ask('one')).toMatchObject({ answeredWith: { systemPrompt: 'Be kind.', settings: { decodingMode: 'auto' } } });
    await chats().setSettings(id, { overrides: { maxTokens: 9, decodingMode: 'kangaroo' }, systemPrompt: '' });
    expect((await until(events, (event) => event.type === 'head')).at(-1)).toMatchObject({
      head: { settings: { systemPrompt: '', overrides: { maxTokens: 9 } } },
    });
    const second = await ask('two', { decodingMode: 'plain' });
    expect(second.answeredWith).toMatchObject({ systemPrompt: '', settings: { maxTokens: 9, decodingMode: 'plain' } });
    expect((await chats().rounds(id, second.id)).map(({ mode }) => mode)).toEqual(['plain', 'plain']);
    await chats().regenerate(id, second.id);
    expect((await ended()).answeredWith?.settings.decodingMode).toBe('kangaroo');
    await expect(chats().setSettings(id, { overrides: { maxTokens: 0 } })).rejects.toMatchObject(invalid);
    await expect(chats().send(id, 'x', { decodingMode: 'fast' as 'auto' })).rejects.toMatchObject(invalid);
    const { context, settings } = await now();
    expect(settings.overrides).toEqual({ maxTokens: 9, decodingMode: 'kangaroo' });
    expect(context).toEqual({ tokens: 13, size: 1024, leftOutTurns: 0, shifted: false });
  });

  test('drafts are kept until they are sent', async () => {
    await chats().saveDraft(id, 'half a thou');
    await scripted.reopen();
    expect(await now()).toMatchObject({ draft: 'half a thou', messages: [] });
    expect((await chats().create()).id).toBe(id);
    await chats().send(id, 'half a thought');
    expect((await now()).draft).toBe('');
  });
});

test('attachments are part of what the model reads, and come along when the message is edited', async () => {
  const attachments = [{ name: 'a.txt', text: 'inside' }];
  const answer = await ask('What is in it?', { attachments });
  expect(answer.text).toBe('>File "a.txt": ``` inside ``` What is in it? ');
  const [question] = (await now()).messages;
  expect(question).toMatchObject({ text: 'What is in it?', attachments: [{ name: 'a.txt', sizeBytes: 6 }] });
  expect(await chats().attachment(id, question?.id ?? '', 0)).toEqual(attachments[0]);
  await expect(chats().attachment(id, question?.id ?? '', 1)).rejects.toMatchObject(invalid);
  await chats().edit(id, question?.id ?? '', 'And?');
  expect((await ended()).text).toBe('>File "a.txt": ``` inside ``` And? ');
  await chats().edit(id, question?.id ?? '', 'Bare', { attachments: [] });
  expect((await ended()).text).toBe('>Bare ');
  expect(await chats().countTokens('two words')).toBe(2);
});

describe('titles', () => {
  const title = async () => (await now()).title;

  test('the model gives one after the answer; what a user gives stays', async () => {
    await ask('entitled to hop');
    await vi.waitFor(async () => expect(await title()).toBe('entitled hop'), { timeout: 10_000 });
    expect((await until(events, (event) => event.type === 'head' && event.head.title === 'entitled hop')).length).toBeGreaterThan(
      0,
    );
    await chats().rename(id, ' Mine ');
    await ask('entitled again');
    await chats().send(id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await chats().stop(id);
    expect(await title()).toBe('Mine');
    for (const name of ['', ' ', 'a\nb', 5 as never]) await expect(chats().rename(id, name)).rejects.toMatchObject(invalid);
  });

  test('nonsense is none: the first words stay', async () => {
    await ask('hop over the fence');
    // The next answer waits until the title has been asked for, or its asking was stopped.
    await ask('hop');
    expect(await title()).toBe('hop over the fence');
  });

  test('none is asked for where the user does not want it', async () => {
    await scripted.services.settings.set({ titlesByModel: false });
    await ask('entitled to hop');
    await ask('entitled again');
    expect(await title()).toBe('entitled to hop');
  });
});

describe('the trash', () => {
  test('a chat that goes there is stopped, can come back, and is forgotten for good when it is purged', async () => {
    await ask('hop');
    await chats().send(id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    const list = chats().watchList()[Symbol.asyncIterator]();
    expect((await list.next()).value).toMatchObject({ type: 'snapshot', chats: [{ id, answering: true, firstWords: 'hop' }] });
    await chats().trash(id);
    await expect(chats().send(id, 'hop')).rejects.toMatchObject(invalid);
    expect((await now()).id).not.toBe(id);
    expect(await chats().listTrash()).toMatchObject([{ id, title: 'hop', firstWords: 'hop' }]);
    expect(await chats().search('hop')).toEqual([]);
    await chats().restore(id);
    await expect(chats().restore(id)).rejects.toMatchObject(invalid);
    const back = await chats().open(id);
    expect(lastMessage(back)).toMatchObject({ status: 'stopped', text: expect.stringContaining('la') });
    await expect(chats().purge(id)).rejects.toMatchObject(invalid);
    await chats().trash(id);
    // A cache that the engine wrote, and does not know of: it has no model.
    const cache = join(scripted.dataDir, 'engine', 'kept', `${id}.state`);
    mkdirSync(dirname(cache), { recursive: true });
    writeFileSync(cache, 'tokens');
    await scripted.services.models.unload();
    await chats().purge(id);
    expect(existsSync(cache)).toBe(false);
    expect(await chats().listTrash()).toEqual([]);
    await expect(chats().open(id)).rejects.toMatchObject(invalid);
  });

  test('after thirty days it is empty', async () => {
    await ask('hop');
    await chats().trash(id);
    await scripted.app.close();
    vi.useFakeTimers({ now: Date.now() + 31 * 24 * 60 * 60 * 1000, toFake: ['Date'] });
    try {
      await scripted.reopen();
      expect(await chats().listTrash()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a copy has everything, and is a chat of its own', async () => {
    const answer = await ask('hop');
    await chats().regenerate(id, answer.id);
    await ended();
    await chats().setPinned(id, true);
    const { id: folder } = await chats().createFolder('Zoo');
    await chats().setFolder(id, folder);
    const copy = await chats().open(await chats().duplicate(id));
    expect(copy).toMatchObject({ title: 'hop', folderId: folder, pinned: false });
    const last = lastMessage(copy);
    expect(last.siblingIds).toHaveLength(2);
    expect(last.id).not.toBe(answer.id);
    expect(textOfRounds(await chats().rounds(copy.id, last.id))).toBe(last.text);
    await chats().deleteMessage(copy.id, copy.messages[0]?.id ?? '');
    expect((await chats().open(id)).messages).toHaveLength(2);
  });
});
