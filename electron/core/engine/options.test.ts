// Arguments of the engine: what does not fit is refused by name, before anything native sees it.
import { describe, expect, test } from 'vitest';
import { defaultGenerationOptions, type LoadRequest } from '../../contract/engine.ts';
import { parseGenerateRequest, parseGenerationOptions, parseLoadRequest } from './options.ts';

const refusal = (name: string) =>
  expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(`\`${name}\``) });

describe('generation options', () => {
  test('the defaults pass unchanged', () => {
    expect(parseGenerationOptions(defaultGenerationOptions)).toEqual(defaultGenerationOptions);
  });

  test.each(['plain', 'kangaroo', 'auto'] as const)('mode %s passes', (mode) => {
    expect(parseGenerationOptions({ ...defaultGenerationOptions, mode })).toMatchObject({ mode });
  });

  test.each<[name: string, value: unknown]>([
    ['threshold', Number.NaN],
    ['threshold', -0.1],
    ['threshold', 1.1],
    ['threshold', '0.6'],
    ['maxDraft', 0],
    ['maxDraft', 17],
    ['maxDraft', 2.5],
    ['maxDraft', Number.NaN],
    ['temperature', Number.NaN],
    ['temperature', -1],
    ['temperature', Number.POSITIVE_INFINITY],
    ['topK', -1],
    ['topK', Number.NaN],
    ['topP', Number.NaN],
    ['topP', 1.01],
    ['minP', Number.NaN],
    ['minP', -0.01],
    ['repetitionPenalty', Number.NaN],
    ['repetitionPenalty', 0],
    ['repetitionWindow', -1],
    ['seed', -1],
    ['seed', 2 ** 32],
    ['seed', Number.NaN],
    ['maxTokens', 0],
    ['maxTokens', -5],
    ['maxTokens', 1e12],
    ['maxTokens', Number.NaN],
    ['mode', 'fast'],
    ['mode', undefined],
    ['draftSampling', null],
    ['promptLookup', 1],
    ['promptLookup', undefined],
    ['contextShift', 'yes'],
    ['keepTokens', -1],
    ['stop', 'end'],
    ['stop', Array.from({ length: 17 }, () => 'x')],
  ])('%s = %s is refused', (name, value) => {
    expect(() => parseGenerationOptions({ ...defaultGenerationOptions, [name]: value })).toThrow(refusal(name));
  });

  test.each([
    ['an empty text', ''],
    ['half a surrogate pair', 'a\ud83e'],
    ['a very long text', 'x'.repeat(1001)],
  ])('%s as a stop is refused', (_name, text) => {
    expect(() => parseGenerationOptions({ ...defaultGenerationOptions, stop: ['ok', text] })).toThrow(refusal('stop.1'));
  });

  test('an unknown option is refused', () => {
    expect(() => parseGenerationOptions({ ...defaultGenerationOptions, beams: 4 })).toThrow(refusal('beams'));
  });

  test.each([null, undefined, 5, []])('%s is refused', (value) => {
    expect(() => parseGenerationOptions(value)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  test('a message says what was wanted and what came', () => {
    expect(() => parseGenerationOptions({ ...defaultGenerationOptions, maxDraft: 17 })).toThrow(
      '`maxDraft` must be a whole number from 1 to 16, not 17.',
    );
  });
});

describe('prompts', () => {
  const options = defaultGenerationOptions;

  test('lone surrogates become U+FFFD', () => {
    const request = { prompt: { kind: 'messages', messages: [{ role: 'user', content: 'a\ud83e' }] }, options };
    expect(parseGenerateRequest(request).prompt).toEqual({ kind: 'messages', messages: [{ role: 'user', content: 'a\ufffd' }] });
  });

  test.each([
    { kind: 'messages', messages: [] },
    { kind: 'messages', messages: [{ role: 'tool', content: 'a' }] },
    { kind: 'messages', messages: [{ role: 'user', content: 5 }] },
    { kind: 'tokens', tokenIds: [] },
    { kind: 'tokens', tokenIds: [1, -1] },
    { kind: 'tokens', tokenIds: [1.5] },
    { kind: 'raw' },
    { kind: 'image' },
    null,
  ])('%j is refused', (prompt) => {
    expect(() => parseGenerateRequest({ prompt, options })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('load requests', () => {
  const request: LoadRequest = {
    modelPath: 'a.gguf',
    adapterPath: null,
    contextSize: 0,
    gpuLayers: -1,
    cacheType: 'f16',
    threads: 0,
    stateFolder: null,
  };

  test('a good one passes', () => {
    expect(parseLoadRequest(request)).toEqual(request);
  });

  test.each<[name: string, value: unknown]>([
    ['modelPath', ''],
    ['modelPath', 'a\0b'],
    ['modelPath', 7],
    ['adapterPath', ''],
    ['contextSize', -1],
    ['contextSize', 0.5],
    ['contextSize', Number.NaN],
    ['contextSize', (1 << 20) + 1],
    ['gpuLayers', -2],
    ['gpuLayers', Number.NaN],
    ['cacheType', 'q4_0'],
    ['threads', -1],
    ['threads', 1e6],
  ])('%s = %s is refused', (name, value) => {
    expect(() => parseLoadRequest({ ...request, [name]: value })).toThrow(refusal(name));
  });
});
