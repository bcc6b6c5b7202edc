import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitPerCategory, readMessagesFile, readPromptFile } from './prompts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kangaroo-prompts-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(content: string): Promise<string> {
  const path = join(folder, 'prompts.jsonl');
  await writeFile(path, content);
  return path;
}

describe('prompt files', () => {
  test('Spec-Bench: turns, and the eight MT-bench categories are one task', async () => {
    const path = await file(
      [
        { question_id: 81, category: 'writing', turns: ['one', 'two'], reference: ['x'] },
        { question_id: 1, category: 'translation', turns: ['three'] },
        { question_id: 2, category: 'math_reasoning', turns: ['four'] },
        { question_id: 3, category: 'math', turns: ['five'] },
      ]
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
    expect(await readPromptFile(path)).toEqual([
      { index: 0, category: 'mt-bench', history: [], turns: ['one', 'two'] },
      { index: 1, category: 'translation', history: [], turns: ['three'] },
      { index: 2, category: 'math_reasoning', history: [], turns: ['four'] },
      { index: 3, category: 'mt-bench', history: [], turns: ['five'] },
    ]);
  });

  test('messages and prompts keep their categories; messages win; blank lines and a byte order mark do not count', async () => {
    const system = { role: 'system', content: 'Be brief.' };
    const path = await file(
      `\uFEFF${JSON.stringify({ category: 'math', prompt: 'p', messages: [system, { role: 'user', content: 'm' }] })}\r\n\n{"prompt":"q"}\n`,
    );
    expect(await readPromptFile(path)).toEqual([
      { index: 0, category: 'math', history: [system], turns: ['m'] },
      { index: 1, category: 'all', history: [], turns: ['q'] },
    ]);
  });

  test.each([
    ['{"prompt":"a"}\n{oops', ':2', 'JSON'],
    ['\n\n{"category":"x"}', ':3', '"turns", "messages" and "prompt"'],
    ['{"turns":[]}', ':1', '"turns"'],
    ['{"turns":["a",3]}', ':1', '"turns.1"'],
    ['{"messages":[{"role":"robot","content":"x"}]}', ':1', '"messages.0.role"'],
    ['{"messages":[{"role":"assistant","content":"x"}]}', ':1', "the last message must be the user's"],
    ['{"prompt":""}', ':1', '"prompt"'],
    ['[1]', ':1', 'object'],
  ])('%j is refused with its line', async (content, line, reason) => {
    const path = await file(content);
    const refusal = expect.objectContaining({ code: 'file-damaged', message: expect.stringContaining(`${path}${line}`) });
    await expect(readPromptFile(path)).rejects.toEqual(refusal);
    await expect(readPromptFile(path)).rejects.toThrow(reason);
  });

  test('an empty file, a missing file, a folder', async () => {
    await expect(readPromptFile(await file('\n'))).rejects.toMatchObject({ code: 'file-damaged' });
    await expect(readPromptFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(readPromptFile(folder)).rejects.toMatchObject({ code: 'file-not-readable' });
  });
});

describe('messages files', () => {
  const messages = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ];

  test('an array, or an object with it', async () => {
    expect(await readMessagesFile(await file(JSON.stringify(messages)))).toEqual(messages);
    expect(await readMessagesFile(await file(JSON.stringify({ messages })))).toEqual(messages);
  });

  test.each(['[]', '{}', '"hi"', 'hi', JSON.stringify(messages.slice(0, 2))])('%s is refused', async (content) => {
    await expect(readMessagesFile(await file(content))).rejects.toMatchObject({ code: 'file-damaged' });
  });
});

test('the prompts that are shipped can be read', async () => {
  const conversations = await readPromptFile(join(import.meta.dirname, '../../assets/prompts/simple.jsonl'));
  expect(conversations).toHaveLength(48);
  expect(new Set(conversations.map((conversation) => conversation.category))).toEqual(
    new Set(['explain', 'story', 'smalltalk', 'math', 'writing']),
  );
});

test('a limit counts per category', () => {
  const conversations = ['a', 'b', 'a', 'a', 'b'].map((category, index) => ({ index, category, history: [], turns: ['x'] }));
  expect(limitPerCategory(conversations, 2).map((conversation) => conversation.index)).toEqual([0, 1, 2, 4]);
});
