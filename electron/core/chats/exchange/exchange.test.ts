// Chats as files: what is exported comes in again as it was; exports of other apps come in with their branches; what is damaged is
// named and keeps nothing else out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeContent, makeQuestion, makeStoredRound } from '../../testing/make-message.ts';
import { openStore, type ChatStore } from '../store.ts';
import { exportChats } from './export.ts';
import { importChats } from './import.ts';
import { insertPortable, messagesOf, portableHead } from './portable.ts';

let folder = '';
let store: ChatStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-exchange-'));
  store = openStore(folder);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const rounds = [makeStoredRound([], 'Hüpf'), makeStoredRound([' ', '🦘'], '.')];

/** A chat with two branches, an attachment, settings and a folder. */
function addChat() {
  store.chats.insertFolder({ id: 'f', name: 'Zoo' });
  const settings = { systemPrompt: 'Be "brief".', overrides: { temperature: 0.5 } };
  const chat = store.chats.insert({
    id: 'a',
    title: 'Why: "so"?',
    titleSource: 'model',
    createdAtMs: 1000,
    usedAtMs: 5000,
    folderId: 'f',
    pinned: true,
    settings,
    draft: 'next',
  });
  const question = store.messages.append(chat.key, null, makeQuestion('q'), [{ name: 'a.txt', text: '```' }]);
  const first = makeContent('first', { text: 'Hüpf 🦘.', speedup: 1.5, timeToFirstTokenMs: 12.5 });
  const key = store.messages.append(chat.key, question, first);
  store.messages.update(first, rounds);
  store.messages.append(chat.key, question, makeContent('second', { text: 'No.', status: 'stopped' }));
  store.messages.select(chat.key, key);
  return chat;
}

const exported = (request: Partial<Parameters<typeof exportChats>[1]>) => [
  ...exportChats(store, { chatIds: null, format: 'json', rounds: true, ...request }, 9000),
];

/** Everything of a chat but its ids, which are new ones wherever it comes in. */
function contents(id: string) {
  const chat = store.chats.find(id);
  if (!chat) throw new Error(`there is no chat ${id}`);
  const messages = [...messagesOf(store, chat, true)];
  const places = new Map(messages.map((message, place) => [message.id, place]));
  const placeOf = (of: string | null) => (of === null ? null : places.get(of));
  const { activeId, ...head } = portableHead(store, chat);
  return {
    ...head,
    folderId: chat.folderId,
    active: placeOf(activeId),
    messages: messages.map(({ id: _id, parentId, ...message }) => ({ ...message, parent: placeOf(parentId) })),
  };
}

describe('own JSON', () => {
  test('comes in as it was, with branches, rounds, attachments, settings and folder', async () => {
    addChat();
    const report = await importChats(store, exported({}).join(''));
    expect(report).toMatchObject({ format: 'kangaroo-chat', failed: [], imported: [{ title: 'Why: "so"?', messages: 3 }] });
    const before = contents('a');
    expect(contents(report.imported[0]?.chatId ?? '')).toEqual(before);
    expect(before.messages.map(({ parent, rounds: each = [] }) => [parent, each.length])).toEqual([
      [null, 0],
      [0, 2],
      [0, 0],
    ]);
    expect(before.active).toBe(1);
  });

  test('can be had without rounds, and for some chats', async () => {
    addChat();
    const [text = ''] = exported({ rounds: false, chatIds: ['a', 'gone'] });
    expect(text).not.toContain('verifyMs');
    const { imported } = await importChats(store, text);
    expect(imported).toHaveLength(1);
    expect(JSON.parse(exported({ chatIds: [] }).join(''))).toMatchObject({ chats: [] });
  });

  test('long texts come in pieces that hold whole characters', async () => {
    const { key } = store.chats.insert({ id: 'long', title: 'Long', titleSource: 'user', createdAtMs: 1 });
    store.messages.append(key, null, makeQuestion('q', `x${'🦘'.repeat(300_000)}`));
    const pieces = exported({});
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => piece.isWellFormed() && piece.length <= 200_000)).toBe(true);
    expect((await importChats(store, pieces.join(''))).imported).toHaveLength(1);
  });

  test('a chat that is damaged is named; the others come in', async () => {
    addChat();
    const file = JSON.parse(exported({}).join(''));
    const [good] = file.chats;
    const damaged = { ...good, title: 'Damaged', messages: [{ ...good.messages[0], role: 'robot' }] };
    const orphan = { ...good, title: 'Orphan', messages: [{ ...good.messages[1], parentId: 'gone' }] };
    const report = await importChats(store, JSON.stringify({ ...file, chats: [damaged, good, orphan, null] }));
    expect(report.imported.map(({ title }) => title)).toEqual([good.title]);
    expect(report.failed).toMatchObject([
      { place: 0, title: 'Damaged', reason: expect.stringContaining('messages.0.role') },
      { place: 2, title: 'Orphan', reason: expect.stringContaining('gone') },
      { place: 3, title: '' },
    ]);
    expect(store.chats.list()).toHaveLength(2);
  });

  test('rounds that do not say what the answer says are left out', async () => {
    addChat();
    const file = JSON.parse(exported({}).join(''));
    file.chats[0].messages[1].text = 'Something else';
    const { imported } = await importChats(store, JSON.stringify(file));
    expect(contents(imported[0]?.chatId ?? '').messages[1]).toMatchObject({ text: 'Something else', rounds: [] });
  });
});

describe('a long chat', () => {
  const long = {
    title: 'Long',
    titleSource: 'user',
    pinned: false,
    createdAtMs: 1,
    usedAtMs: 2,
    draft: '',
    activeId: null,
  } as const;
  const settings = { systemPrompt: null, overrides: {} };
  const message = (place: number) => {
    const parentId = place === 0 ? null : `${place - 1}`;
    return { ...makeQuestion(`${place}`, `word ${place}`), parentId, attachments: [] };
  };
  const messages = Array.from({ length: 450 }, (_, place) => message(place));

  test('comes in bit by bit, and is nowhere to be found before all of it is there', async () => {
    const coming = insertPortable(store, { ...long, settings, messages }, null);
    expect([store.chats.list(), store.chats.listTrash(), store.chats.current()]).toEqual([[], [], null]);
    expect(store.search('word')).toEqual([]);
    const { id, key } = await coming;
    expect(store.chats.list()).toMatchObject([{ id, title: 'Long' }]);
    expect(store.messages.keys(key)).toHaveLength(450);
  });

  test('that cannot be stored leaves nothing behind', async () => {
    const twice = [...messages, { ...message(449), id: '0', role: 'nobody' as 'user' }];
    await expect(insertPortable(store, { ...long, settings, messages: twice }, null)).rejects.toMatchObject({ code: 'internal' });
    expect(store.totals().answers).toBe(0);
    store.close();
    store = openStore(folder);
    expect([store.chats.list(), store.chats.listTrash(), store.search('word')]).toEqual([[], [], []]);
  });

  test('that was coming in when the app was killed is removed, all of it', () => {
    const { key } = store.chats.insertArriving({ ...long, settings });
    store.messages.append(key, null, makeQuestion('lost', 'word'));
    store.chats.removeArriving();
    expect(store.messages.keys(key)).toEqual([]);
    expect(store.search('word')).toEqual([]);
  });
});

test('Markdown is the active branch with its front matter', () => {
  addChat();
  expect(exported({ format: 'markdown' }).join('')).toBe(`---
title: "Why: \\"so\\"?"
created: 1970-01-01T00:00:01.000Z
used: 1970-01-01T00:00:05.000Z
application: Kangaroo Chat
system_prompt: "Be \\"brief\\"."
---

# Why: "so"?

## You

File "a.txt":
\`\`\`\`
\`\`\`
\`\`\`\`

How high?

## Llama Joey

Hüpf 🦘.
`);
});

describe('an export of ChatGPT', () => {
  const node = (id: string, parent: string | null, role: string | null, text = '', rest: object = {}, message: object = {}) => ({
    [id]: {
      id,
      parent,
      children: [],
      message: role && { author: { role }, content: { content_type: 'text', parts: [text] }, create_time: 100.5, ...message },
      ...rest,
    },
  });
  const conversation = {
    title: 'Hops',
    create_time: 99.25,
    update_time: 200,
    current_node: 'b',
    mapping: {
      ...node('b', 'u', 'assistant', 'Second', {}, { metadata: { model_slug: 'gpt-x' } }),
      ...node('root', null, null),
      ...node('s', 'root', 'system', 'hidden', {}, { metadata: { is_visually_hidden_from_conversation: true } }),
      ...node('u', 's', 'user', 'Question'),
      ...node('t', 'u', 'assistant', '{"tool": 1}', {}, { recipient: 'browser' }),
      ...node('r', 't', 'tool', 'result'),
      ...node('a', 'r', 'assistant', 'First'),
      ...node(
        'p',
        'a',
        'user',
        '',
        {},
        {
          content: { content_type: 'multimodal_text', parts: [{ content_type: 'image_asset_pointer' }, 'And this?'] },
        },
      ),
    },
  };

  test('comes in with its branches, without tools and what is hidden', async () => {
    const report = await importChats(store, JSON.stringify([conversation]));
    expect(report).toMatchObject({ format: 'chatgpt', failed: [], imported: [{ title: 'Hops', messages: 4 }] });
    const chat = contents(report.imported[0]?.chatId ?? '');
    expect(chat).toMatchObject({ title: 'Hops', titleSource: 'user', createdAtMs: 99_250, usedAtMs: 200_000 });
    const texts = chat.messages.map(({ role, text, parent }) => [
      role,
      text,
      parent === null ? null : chat.messages[parent ?? -1]?.text,
    ]);
    expect(texts.toSorted((one, other) => String(one[1]).localeCompare(String(other[1])))).toEqual([
      ['user', '[not text: left out]\n\nAnd this?', 'First'],
      ['assistant', 'First', 'Question'],
      ['user', 'Question', null],
      ['assistant', 'Second', 'Question'],
    ]);
    expect(chat.messages[chat.active ?? -1]).toMatchObject({ text: 'Second', modelName: 'gpt-x', createdAtMs: 100_500 });
  });

  test('what goes round in a circle, is empty or no conversation is named', async () => {
    const circle = {
      ...conversation,
      title: 'Circle',
      mapping: { ...node('a', 'b', 'user', 'x'), ...node('b', 'a', 'user', 'y') },
    };
    const empty = { ...conversation, title: 'Empty', mapping: node('root', null, null) };
    const wrong = { ...conversation, title: 'Wrong', mapping: { x: { parent: 5 } } };
    const report = await importChats(store, JSON.stringify([circle, empty, conversation, wrong, 'text']));
    expect(report.failed.map(({ place, title }) => [place, title])).toEqual([
      [0, 'Circle'],
      [1, 'Empty'],
      [3, 'Wrong'],
      [4, ''],
    ]);
    expect(report.imported).toHaveLength(1);
    expect(store.chats.list()).toHaveLength(1);
  });
});

describe('an export of Open WebUI', () => {
  const message = (id: string, parentId: string | null, role: string, content: unknown, rest: object = {}) => ({
    [id]: { id, parentId, childrenIds: [], role, content, timestamp: 100, ...rest },
  });
  const tree = {
    id: 'x',
    title: 'Outer',
    updated_at: 300,
    created_at: 200,
    pinned: true,
    chat: {
      title: 'Hops',
      system: 'Be kind.',
      history: {
        currentId: 'b',
        messages: {
          ...message('u', null, 'user', [{ type: 'text', text: 'Question' }, { type: 'image_url' }]),
          ...message('a', 'u', 'assistant', 'First', { model: 'llama' }),
          ...message('b', 'u', 'assistant', 'Second', { modelName: 'Llama 3' }),
        },
      },
    },
  };

  test('comes in with its branches', async () => {
    const report = await importChats(store, JSON.stringify([tree]));
    expect(report).toMatchObject({ format: 'open-webui', failed: [], imported: [{ title: 'Outer', messages: 3 }] });
    const chat = contents(report.imported[0]?.chatId ?? '');
    expect(chat).toMatchObject({ pinned: true, settings: { systemPrompt: 'Be kind.', overrides: {} }, active: 2 });
    expect(chat.messages.map(({ text, parent, modelName }) => [text, parent, modelName])).toEqual([
      ['Question\n\n[not text: left out]', null, null],
      ['First', 0, 'llama'],
      ['Second', 0, 'Llama 3'],
    ]);
  });

  test('also an old one that is a list', async () => {
    const messages = [
      { role: 'user', content: 'Question' },
      { role: 'assistant', content: 'Answer' },
    ];
    const { imported } = await importChats(store, JSON.stringify({ title: '', chat: { messages } }));
    const chat = contents(imported[0]?.chatId ?? '');
    expect(chat).toMatchObject({ title: 'Question', active: 1, messages: [{ parent: null }, { parent: 0, text: 'Answer' }] });
  });
});

describe('files that are none', () => {
  test.each([
    '',
    'no JSON',
    '{"format":"kangaroo-chat","chats":[',
    '[]',
    '{}',
    '5',
    '[{"title":"x"}]',
    '{"format":"kangaroo-chat","version":2,"chats":[]}',
  ])('%j is `file-damaged`, and nothing changes', async (text) => {
    await expect(importChats(store, text)).rejects.toMatchObject({ code: 'file-damaged' });
    expect(store.chats.list()).toEqual([]);
  });
});
