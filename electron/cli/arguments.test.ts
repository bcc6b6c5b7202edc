import { describe, expect, test } from 'vitest';
import { choice, choices, flag, integer, integerList, number, optionsHelp, parseArguments, text, texts } from './arguments.ts';

const table = {
  model: text({ valueName: 'FILE', help: 'The model' }),
  raw: text({ valueName: 'TEXT', help: 'Text', allowEmpty: true }),
  stop: texts({ valueName: 'TEXT', help: 'Stop' }),
  threshold: number({ help: 'A share', fallback: 0.6, minimum: 0, maximum: 1 }),
  topP: number({ help: 'A share', fallback: 1, minimum: 0, maximum: 1, exclusiveMinimum: true }),
  maxDraft: integer({ help: 'Drafts', fallback: 6, minimum: 1, maximum: 16 }),
  limit: integer({ help: 'Limit', fallback: undefined, minimum: 1, maximum: 10 }),
  gpuLayers: integer({ help: 'Layers', fallback: -1, minimum: -1, maximum: 99 }),
  mode: choice({ choices: ['plain', 'kangaroo'], help: 'Mode', fallback: undefined, defaultText: 'depends' }),
  modes: choices({ choices: ['plain', 'kangaroo', 'auto'], help: 'Modes', defaultText: 'all' }),
  tokens: integerList({ valueName: 'IDS', help: 'Ids' }),
  noOpen: flag('Stay'),
  json: flag('JSON'),
};

const parse = (...argv: string[]) => parseArguments(table, argv).values;

describe('values', () => {
  test('defaults', () => {
    expect(parse()).toEqual({
      model: undefined,
      raw: undefined,
      stop: [],
      threshold: 0.6,
      topP: 1,
      maxDraft: 6,
      limit: undefined,
      gpuLayers: -1,
      mode: undefined,
      modes: undefined,
      tokens: undefined,
      noOpen: false,
      json: false,
    });
  });

  test('are read in both spellings, and the last one counts', () => {
    const values = parse('--max-draft', '3', '--max-draft=4', '--model', 'a b.gguf', '--mode', 'plain', '--no-open');
    expect(values).toMatchObject({ maxDraft: 4, model: 'a b.gguf', mode: 'plain', noOpen: true, json: false });
  });

  test('are collected where an option may come again', () => {
    expect(parse('--stop', 'a', '--stop', '\n', '--stop=--').stop).toEqual(['a', '\n', '--']);
  });

  test('may start with a dash', () => {
    expect(parse('--gpu-layers', '-1', '--raw', '- one\n- two')).toMatchObject({ gpuLayers: -1, raw: '- one\n- two' });
  });

  test('numbers of all spellings', () => {
    expect(parse('--threshold', '.5').threshold).toBe(0.5);
    expect(parse('--threshold', '5e-1').threshold).toBe(0.5);
    expect(parse('--threshold', '0').threshold).toBe(0);
  });

  test('words of a list, in its order, each once', () => {
    expect(parse('--modes', 'auto, plain,auto').modes).toEqual(['plain', 'auto']);
    expect(() => parse('--modes', 'plain,fast')).toThrow('--modes takes plain, kangaroo, auto, with commas between them; "fast"');
    expect(() => parse('--modes', '')).toThrow('--modes');
  });

  test('token ids', () => {
    expect(parse('--tokens', '1,2, 3').tokens).toEqual([1, 2, 3]);
  });
});

describe('invalid-argument names the option', () => {
  test.each([
    [['--threshold', 'NaN'], '--threshold'],
    [['--threshold', 'Infinity'], '--threshold'],
    [['--threshold', ''], '--threshold'],
    [['--threshold', '0x1'], '--threshold'],
    [['--threshold', '-0.1'], '--threshold'],
    [['--threshold', '1.01'], '--threshold'],
    [['--top-p', '0'], '--top-p'],
    [['--max-draft', '0'], '--max-draft'],
    [['--max-draft', '17'], '--max-draft'],
    [['--max-draft', '2.5'], '--max-draft'],
    [['--max-draft', '1e1'], '--max-draft'],
    [['--mode', 'fast'], '--mode'],
    [['--model', ''], '--model'],
    [['--model'], '--model'],
    [['--model', '--json'], '--model'],
    [['--json=yes'], '--json'],
    [['--tokens', '1,,2'], '--tokens'],
    [['--tokens', '-1'], '--tokens'],
    [['--tokens', ''], '--tokens'],
    [['--maxdraft', '3'], '--maxdraft'],
    [['-x'], '-x'],
    [['stray text'], 'stray text'],
  ])('%j', (argv, name) => {
    const attempt = () => parse(...argv);
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(name) }));
  });
});

describe('arguments without a name', () => {
  const files = { name: 'FILE', minimum: 1, maximum: 2 };
  test('are counted', () => {
    expect(parseArguments(table, ['a', '--json', 'b'], files).positionals).toEqual(['a', 'b']);
    expect(() => parseArguments(table, [], files)).toThrow('FILE is missing');
    expect(() => parseArguments(table, ['a', 'b', 'c'], files)).toThrow('"c"');
  });

  test('may look like options behind --', () => {
    expect(parseArguments(table, ['--', '--json'], files)).toMatchObject({ positionals: ['--json'], values: { json: false } });
  });
});

test('help shows every option with its value and default, within the columns', () => {
  const help = optionsHelp(table, 60);
  expect(help).toContain('--threshold NUMBER');
  expect(help).toContain('(default: 0.6)');
  expect(help).toContain('--mode plain|kangaroo');
  expect(help).toContain('(default: depends)');
  for (const name of ['model', 'stop', 'top-p', 'max-draft', 'gpu-layers', 'tokens', 'no-open'])
    expect(help).toContain(`--${name}`);
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
});
