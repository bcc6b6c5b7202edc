// What pages may send with a message: text files within limits, nothing binary, known settings.
import { describe, expect, test } from 'vitest';
import { parseChatSettings, parseSendOptions } from './requests.ts';
import { attachmentText, turnsOf } from './turns.ts';

const invalid = (words: string) => expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(words) });

describe('attachments', () => {
  const file = (text: string, name = 'notes.txt') => ({ name, text });

  test('are text with a name', () => {
    const attachments = [file('Größe\r\n\tTab \u001b[1m'), file('', 'empty.md')];
    expect(parseSendOptions({ attachments })).toEqual({ attachments });
    expect(parseSendOptions({ attachments: [file('x', 'a"b\nc')] }).attachments).toEqual([file('x', 'a_b_c')]);
    expect(parseSendOptions(undefined)).toEqual({});
  });

  test.each([
    ['zero bytes', [file('PNG\0\0\0')], 'notes.txt'],
    ['a binary that was read as UTF-8', [file('ab\ufffd\ufffd\ufffd')], 'no text file'],
    ['too many', Array.from({ length: 21 }, () => file('x')), '20 are the most'],
    ['too long together', [file('ä'.repeat(600_000)), file('ä'.repeat(600_000))], '2000000'],
    ['no name', [file('x', '')], 'name'],
    ['no list', 'x', 'attachments'],
    ['more than name and text', [{ ...file('x'), path: '/etc/passwd' }], 'path'],
  ])('%s is refused', (_name, attachments, words) => {
    expect(() => parseSendOptions({ attachments })).toThrow(invalid(words));
  });

  test('are read before the message, in a fence that nothing inside ends', () => {
    expect(attachmentText(file('one\n'))).toBe('File "notes.txt":\n```\none\n```');
    expect(attachmentText(file('a\n````\nb'))).toBe('File "notes.txt":\n`````\na\n````\nb\n`````');
    const said = [{ role: 'user' as const, text: 'Why?', attachments: [file('x')] }];
    expect(turnsOf(said)).toEqual([{ role: 'user', content: 'File "notes.txt":\n```\nx\n```\n\nWhy?' }]);
  });
});

test("a chat's settings are some of the app's, within their limits", () => {
  expect(parseChatSettings({ overrides: { maxTokens: 9, temperature: undefined } })).toEqual({ overrides: { maxTokens: 9 } });
  expect(parseChatSettings({ systemPrompt: null })).toEqual({ systemPrompt: null });
  for (const refused of [
    { systemPrompt: 'x'.repeat(50_001) },
    { overrides: { theme: 'dark' } },
    { overrides: { topP: 2 } },
    { title: 'x' },
    5,
  ]) {
    expect(() => parseChatSettings(refused)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  }
});
