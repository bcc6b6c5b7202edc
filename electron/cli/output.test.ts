import { describe, expect, test } from 'vitest';
import { Output } from './output.ts';

class Recorder {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

describe('with --json', () => {
  test('stdout holds objects only, one per line, errors included', () => {
    const [stdout, stderr] = [new Recorder(), new Recorder()];
    const output = new Output(stdout, stderr, true);
    output.text('for people');
    output.object({ type: 'round', text: 'two\nlines' });
    output.progress('Loading', 0.5);
    output.note('a note');
    output.error({ code: 'no-model', message: 'Nothing is loaded.' });
    const lines = stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { type: 'round', text: 'two\nlines' },
      { type: 'error', code: 'no-model', message: 'Nothing is loaded.' },
    ]);
    expect(stderr.text).toBe('Loading 50%\na note\nkangaroo: Nothing is loaded.\n');
  });
});

describe('for people', () => {
  test('stdout holds the text as it is; objects are not written', () => {
    const [stdout, stderr] = [new Recorder(), new Recorder()];
    const output = new Output(stdout, stderr, false);
    output.object({ type: 'done' });
    output.text('one');
    output.error({ code: 'internal', message: 'Oh.' });
    expect(stdout.text).toBe('one');
    expect(stderr.text).toBe('kangaroo: Oh.\n');
  });

  test('progress is a line per tenth where stderr is a file', () => {
    const stderr = new Recorder();
    const output = new Output(new Recorder(), stderr, false);
    for (const fraction of [0.01, 0.05, 0.11, 0.19, 1]) output.progress('Loading', fraction);
    expect(stderr.text).toBe('Loading 1%\nLoading 11%\nLoading 100%\n');
    output.progress('Reading', 0.3, 'nothing');
    output.progress('Measuring', 1);
    expect(stderr.text).toBe('Loading 1%\nLoading 11%\nLoading 100%\nMeasuring 100%\n');
  });

  test('progress is one living line on a terminal, and gone before anything else comes', () => {
    const [stdout, stderr] = [new Recorder(true), new Recorder(true)];
    const output = new Output(stdout, stderr, false);
    output.progress('Loading', 0.5);
    output.text('text');
    output.text('more');
    expect(stderr.text).toBe('\r\u001B[KLoading 50%\r\u001B[K');
  });
});
