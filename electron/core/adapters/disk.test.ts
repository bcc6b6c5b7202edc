// A full disk, really full where that can be had: what was written stays, the error says what to do, and the file goes on.
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { AnswerFile } from './answers.ts';
import { asDiskFull, availableBytes, requireRoom, reserveBytes } from './disk.ts';

const disk = mountSmallDisk('256k');
const { path: mountPoint, reason } = disk;

afterAll(() => disk.remove());

test('what is always left free is not available', () => {
  const available = availableBytes(tmpdir());
  expect(available).toBeGreaterThanOrEqual(0);
  expect(availableBytes(join(tmpdir(), 'nowhere-at-all'))).toBe(0);
  expect(reserveBytes).toBeGreaterThan(500e6);
});

test('too little room is told with how much is needed and what to do', () => {
  const thousand = () => 1000;
  expect(() => requireRoom('/here', 1000, thousand)).not.toThrow();
  expect(() => requireRoom('/here', 5_000_000, thousand)).toThrow(
    expect.objectContaining({
      code: 'disk-full',
      message: expect.stringMatching(/5 MB more .*Free some space.*nothing is lost/),
    }),
  );
});

test('other errors stay what they are', () => {
  const error = Object.assign(new Error('no'), { code: 'EACCES' });
  expect(asDiskFull(error, '/here')).toBe(error);
  expect(asDiskFull('text', '/here')).toBe('text');
});

describe.skipIf(reason !== null)(`a disk of 256 KiB${reason === null ? '' : ` (${reason})`}`, () => {
  test('keeps the answers that were written before it was full, and takes more when there is room', () => {
    const filler = join(mountPoint, 'filler');
    const path = join(mountPoint, 'answers.jsonl');
    writeFileSync(filler, Buffer.alloc(128 << 10));
    const file = new AnswerFile(path);
    const answer = (index: number) => ({
      index,
      heldOut: false,
      promptIds: [1],
      answerIds: Array.from({ length: 500 }, () => 7),
    });
    let index = 0;
    let error: unknown;
    while (error === undefined && index < 1000) {
      try {
        file.append(answer(index));
        index++;
      } catch (problem) {
        error = asDiskFull(problem, mountPoint);
      }
    }
    file.close();
    expect(error).toMatchObject({ code: 'disk-full', message: expect.stringContaining('Free some space') });
    expect(index).toBeGreaterThan(10);
    rmSync(filler);
    const again = new AnswerFile(path);
    expect(again.answers).toHaveLength(index);
    again.append(answer(again.next));
    again.close();
    const last = new AnswerFile(path);
    expect(last.answers).toHaveLength(index + 1);
    last.close();
  });
});
