// Branches of chats on a real database: what is active, what is beside it, what is taken away and comes back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messagesPerPage } from '../../contract/chats.ts';
import { makeContent, makeQuestion, makeStoredRound } from '../testing/make-message.ts';
import type { StoredChat } from './chat-table.ts';
import { openStore, type ChatStore } from './store.ts';

let folder = '';
let store: ChatStore;
let chat: StoredChat;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-tree-'));
  store = openStore(folder);
  chat = store.chats.insert({ id: 'chat', title: 'Chat', titleSource: 'user', createdAtMs: 1 });
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const leaf = () => store.chats.find('chat')?.leafKey ?? null;
const active = () => store.messages.branch(leaf()).messages.map(({ id }) => id);
const find = (id: string) => {
  const found = store.messages.find(chat.key, id);
  if (!found) throw new Error(`there is no message ${id}`);
  return found;
};
const add = (id: string, parent: string | null) => {
  const message = id.startsWith('q') ? makeQuestion(id) : makeContent(id);
  return store.messages.append(chat.key, parent === null ? null : find(parent).key, message);
};
const select = (id: string) => store.messages.select(chat.key, find(id).key);

/** q1 has two answers; the first goes on to q2 and a2, the second to two questions. */
function grow(): void {
  for (const [id, parent] of [
    ['q1', null],
    ['a1', 'q1'],
    ['q2', 'a1'],
    ['a2', 'q2'],
    ['b1', 'q1'],
    ['q3', 'b1'],
    ['q4', 'b1'],
  ] as const) {
    add(id, parent);
  }
}

describe('branches', () => {
  test('what was added last is active, and messages know who is beside them', () => {
    grow();
    expect(active()).toEqual(['q1', 'b1', 'q4']);
    expect(find('b1').message).toMatchObject({ parentId: 'q1', siblingIds: ['a1', 'b1'] });
    expect(find('q3').message.siblingIds).toEqual(['q3', 'q4']);
    expect(find('q1').message).toMatchObject({ parentId: null, siblingIds: ['q1'] });
  });

  test('a branch that is chosen goes on where it was left', () => {
    grow();
    select('a1');
    expect(active()).toEqual(['q1', 'a1', 'q2', 'a2']);
    select('q3');
    expect(active()).toEqual(['q1', 'b1', 'q3']);
    select('a1');
    select('b1');
    expect(active()).toEqual(['q1', 'b1', 'q3']);
  });

  test('the first message can have siblings too', () => {
    grow();
    add('q9', null);
    expect(active()).toEqual(['q9']);
    expect(find('q1').message.siblingIds).toEqual(['q1', 'q9']);
    select('q1');
    expect(active()).toEqual(['q1', 'b1', 'q4']);
  });

  test('the tree tells all of them, parents first', () => {
    grow();
    const tree = store.messages.tree(chat.key, leaf());
    expect(tree.map(({ id, parentId, active }) => [id, parentId, active])).toEqual([
      ['q1', null, true],
      ['a1', 'q1', false],
      ['b1', 'q1', true],
      ['q2', 'a1', false],
      ['q3', 'b1', false],
      ['q4', 'b1', true],
      ['a2', 'q2', false],
    ]);
    expect(tree[0]?.firstWords).toBe('How high?');
  });

  test('what the model is told is the active branch alone, with attachments', () => {
    grow();
    const parent = find('q4').key;
    store.messages.append(chat.key, parent, makeContent('a4'));
    store.messages.append(chat.key, find('a4').key, makeQuestion('q5'), [{ name: 'a.txt', text: 'A' }]);
    expect(store.messages.said(leaf()).map(({ attachments }) => attachments.length)).toEqual([0, 0, 0, 0, 1]);
    expect(store.messages.said(null)).toEqual([]);
  });
});

describe('deleting', () => {
  test('takes what follows along; the branch beside it becomes active; both come back', () => {
    grow();
    store.messages.remove(chat.key, find('b1'), 5);
    expect(active()).toEqual(['q1', 'a1', 'q2', 'a2']);
    expect(store.messages.find(chat.key, 'q3')).toBeNull();
    expect(find('a1').message.siblingIds).toEqual(['a1']);
    expect(store.messages.restore(chat.key, 'q3')).toBe(false);
    expect(store.messages.restore(chat.key, 'b1')).toBe(true);
    expect(active()).toEqual(['q1', 'b1', 'q4']);
    expect(store.messages.restore(chat.key, 'b1')).toBe(false);
  });

  test('without a branch beside it, the one before is the end; the last one leaves an empty chat', () => {
    grow();
    store.messages.remove(chat.key, find('b1'), 5);
    store.messages.remove(chat.key, find('q2'), 6);
    expect(active()).toEqual(['q1', 'a1']);
    store.messages.remove(chat.key, find('q1'), 7);
    expect(active()).toEqual([]);
    // What was deleted before stays deleted.
    expect(store.messages.restore(chat.key, 'q2')).toBe(false);
    expect(store.messages.restore(chat.key, 'q1')).toBe(true);
    expect(active()).toEqual(['q1', 'a1']);
    expect(store.messages.restore(chat.key, 'q2')).toBe(true);
    expect(active()).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  test('elsewhere changes nothing of what is active', () => {
    grow();
    store.messages.remove(chat.key, find('a1'), 5);
    expect(active()).toEqual(['q1', 'b1', 'q4']);
  });

  test('an answer that is discarded stays where something may come back behind it', () => {
    grow();
    store.messages.remove(chat.key, find('q2'), 5);
    select('a1');
    store.messages.discard(chat.key, find('a1'));
    expect(active()).toEqual(['q1']);
    expect(store.messages.restore(chat.key, 'q2')).toBe(true);
    expect(active()).toEqual(['q1', 'a1', 'q2', 'a2']);
    add('a9', 'q2');
    store.messages.discard(chat.key, find('a9'));
    expect(store.messages.find(chat.key, 'a9')).toBeNull();
    expect(active()).toEqual(['q1', 'a1', 'q2']);
  });

  test('is for good once it is purged', () => {
    grow();
    store.messages.update(find('a2').message, [makeStoredRound([], 'x')]);
    store.messages.remove(chat.key, find('a1'), 5);
    store.messages.purge(5);
    expect(store.messages.restore(chat.key, 'a1')).toBe(true);
    store.messages.remove(chat.key, find('a1'), 5);
    store.messages.purge(6);
    expect(store.messages.restore(chat.key, 'a1')).toBe(false);
    expect(active()).toEqual(['q1', 'b1', 'q4']);
  });
});

describe('long chats', () => {
  function addMany(count: number, text = 'short'): void {
    store.transact(() => {
      let parent: number | null = null;
      for (let place = 0; place < count; place++) {
        const id = `m${place}`;
        parent = store.messages.append(chat.key, parent, place % 2 ? makeContent(id, { text }) : makeQuestion(id, text));
      }
    });
  }

  test('of 10,000 messages come in pages, and are deleted whole', () => {
    addMany(10_000);
    let page = store.messages.branch(leaf());
    expect(page.earlier).toBe(10_000 - messagesPerPage);
    expect(page.messages.at(-1)?.id).toBe('m9999');
    let seen = 0;
    for (;;) {
      expect(page.messages[0]?.id).toBe(`m${page.earlier}`);
      seen += page.messages.length;
      if (page.earlier === 0) break;
      page = store.messages.branch(find(page.messages[0]?.id ?? '').parentKey);
    }
    expect(seen).toBe(10_000);
    store.messages.remove(chat.key, find('m1'), 5);
    expect(active()).toEqual(['m0']);
    store.messages.restore(chat.key, 'm1');
    expect(leaf()).toBe(find('m9999').key);
    store.chats.trash(chat.key, 1);
    expect(store.chats.purge('chat')).toBe(true);
    expect(store.messages.keys(chat.key)).toEqual([]);
    expect(store.search('short')).toEqual([]);
  });

  test('of long messages come in smaller pages, of one message at least', () => {
    addMany(50, 'x'.repeat(100_000));
    const { messages, earlier } = store.messages.branch(leaf());
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.length).toBeLessThan(13);
    expect(earlier).toBe(50 - messages.length);
    const huge = store.messages.append(chat.key, leaf(), makeQuestion('huge', 'x'.repeat(3_000_000)));
    expect(store.messages.branch(huge).messages.at(-1)?.id).toBe('huge');
  });
});
