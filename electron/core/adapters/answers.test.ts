// The file of answers: what is in it survives anything, and a line that was cut off is written again.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AnswerFile } from './answers.ts';
import { bundledQuestions, mixQuestions, questionAt, readQuestions } from './questions.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-answers-'));
  path = join(folder, 'answers.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const answer = (index: number) => ({ index, heldOut: index % 3 === 0, promptIds: [1, 2], answerIds: [3, 4, index] });

describe('answers', () => {
  test('are there when the file is opened again, and go on behind the last one', () => {
    const first = new AnswerFile(path);
    expect(first.next).toBe(0);
    for (let index = 0; index < 5; index++) first.append(answer(index));
    first.close();
    const second = new AnswerFile(path);
    expect(second.answers).toEqual([0, 1, 2, 3, 4].map(answer));
    expect(second.next).toBe(5);
    // Two of them are held out.
    expect(second.tokens).toBe(9);
    second.close();
  });

  test.each([
    '{"index":2,"heldOut":fal',
    '{"index":2}\n',
    'nonsense\n{"index":3,"heldOut":false,"promptIds":[],"answerIds":[]}\n',
  ])('that were cut off or are damaged are left out, with what lies behind: %j', (rest) => {
    const file = new AnswerFile(path);
    file.append(answer(0));
    file.append(answer(1));
    file.close();
    appendFileSync(path, rest);
    const again = new AnswerFile(path);
    expect(again.answers).toHaveLength(2);
    again.append(answer(2));
    again.close();
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3);
  });

  test('survive a killed process, whole lines only', async () => {
    const script = join(folder, 'write.ts');
    const source = pathToFileURL(join(import.meta.dirname, 'answers.ts')).href;
    writeFileSync(
      script,
      `import { AnswerFile } from ${JSON.stringify(source)};
       const file = new AnswerFile(${JSON.stringify(path)});
       for (let index = file.next; ; index++) {
         file.append({ index, heldOut: false, promptIds: [1], answerIds: Array.from({ length: 50 }, () => index) });
         if (index % 20 === 0) process.stdout.write('.');
       }`,
    );
    let before = 0;
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      const file = new AnswerFile(path);
      expect(file.answers.length).toBeGreaterThan(before);
      expect(file.answers.every(({ index, answerIds }, place) => index === place && answerIds.every((id) => id === place))).toBe(
        true,
      );
      before = file.answers.length;
      file.close();
    }
  });
});

describe('questions', () => {
  const root = join(import.meta.dirname, '..', '..', '..');

  test('of the app are many, different, and none of the benchmarks', () => {
    const questions = bundledQuestions(root);
    expect(questions.length).toBeGreaterThan(1000);
    expect(new Set(questions).size).toBe(questions.length);
    for (const name of ['simple', 'repeat']) {
      const benchmark = readFileSync(join(root, 'assets', 'prompts', `${name}.jsonl`), 'utf8')
        .trim()
        .split('\n');
      const asked = new Set(benchmark.flatMap((line) => (JSON.parse(line) as { prompt?: string }).prompt ?? []));
      expect(questions.filter((question) => asked.has(question))).toEqual([]);
    }
  });

  test('come in the same order each time, some held out, and with other answers when they come again', () => {
    const questions = mixQuestions(['a', 'b', 'c', 'b', ' '], ['d', 'e', 'x'.repeat(5000)]);
    expect(questions.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(mixQuestions(['a', 'b', 'c', 'b'], ['d', 'e'])).toEqual(questions);
    const many = Array.from({ length: 24 }, (_, index) => String(index));
    const first = many.map((_, index) => questionAt(many, index));
    expect(first.filter(({ heldOut }) => heldOut)).toHaveLength(2);
    const again = questionAt(many, 24);
    expect(again).toMatchObject({ text: first[0]?.text, heldOut: first[0]?.heldOut });
    expect(again.seed).not.toBe(first[0]?.seed);
  });

  test('from a file that is none are refused with the line', () => {
    expect(() => readQuestions(path)).toThrow(expect.objectContaining({ code: 'file-not-found' }));
    writeFileSync(path, '{"prompt":"a"}\n\n{"text":"b"}\n');
    expect(() => readQuestions(path)).toThrow(/line 2/);
    writeFileSync(path, '\n');
    expect(() => readQuestions(path)).toThrow(expect.objectContaining({ code: 'file-damaged' }));
  });
});
