// Files that come in pieces and are read in a thread of their own: joined, given up, and read while the app goes on.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportFormat, exportVersion } from './export.ts';
import { Uploads } from './uploads.ts';

let uploads: Uploads;

beforeEach(() => {
  uploads = new Uploads();
});

afterEach(() => uploads.close());

const gone = expect.objectContaining({ code: 'invalid-argument' });
const head = { createdAtMs: 1, usedAtMs: 1, settings: { systemPrompt: null, overrides: {} } };

function file(...titles: string[]): string {
  const chats = titles.map((title) => ({ title, ...head, messages: [] }));
  return JSON.stringify({ format: exportFormat, version: exportVersion, chats });
}

test('pieces are joined, once, without a byte order mark, and conversations come one by one', async () => {
  const id = uploads.begin();
  const text = `\uFEFF${file('One', 'Two')}`;
  uploads.append(id, text.slice(0, 20));
  uploads.append(id, text.slice(20));
  const reader = uploads.take(id);
  expect(() => uploads.take(id)).toThrow(gone);
  const { format, all } = await reader.read();
  const titles: string[] = [];
  for await (const conversation of all) if ('chat' in conversation) titles.push(conversation.chat.title);
  expect([format, titles]).toEqual(['kangaroo-chat', ['One', 'Two']]);
  reader.stop();
});

test('what is no export is refused with its code', async () => {
  const id = uploads.begin();
  uploads.append(id, '{"a":1}');
  const reader = uploads.take(id);
  await expect(reader.read()).rejects.toMatchObject({
    code: 'file-damaged',
    message: expect.stringContaining('no file of chats'),
  });
  reader.stop();
});

test('those that are left behind make place for new ones', () => {
  const [first, second, third] = [uploads.begin(), uploads.begin(), uploads.begin()];
  expect(() => uploads.append(first, 'x')).toThrow(gone);
  uploads.append(second, 'x');
  uploads.cancel(third);
  expect(() => uploads.append(third, 'x')).toThrow(gone);
  expect(() => uploads.append(second, 'x'.repeat(1_000_001))).toThrow(gone);
});

test('a reader that is stopped says so to whoever waits', async () => {
  const id = uploads.begin();
  uploads.append(id, file('One'));
  const reader = uploads.take(id);
  const reading = reader.read();
  reader.stop();
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  await expect(reader.read()).rejects.toMatchObject({ code: 'cancelled' });
});
