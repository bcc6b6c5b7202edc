import { expect, test } from 'vitest';
import { baseline, ownPlain, peersOption, roster } from './roster.ts';

const parse = (value?: string) =>
  peersOption()
    .parse('--peers', value === undefined ? [] : [value])
    .map(({ name }) => name);

test('names are unique, and every family has its own plain decoding', () => {
  expect(new Set(roster.map(({ name }) => name)).size).toBe(roster.length);
  for (const { family } of roster) expect(ownPlain(family)?.label).toBe('plain');
  expect(ownPlain('kangaroo-chat')?.name).toBe(baseline);
});

test('peers and families can be chosen, and what they are compared with comes along', () => {
  expect(parse()).toEqual(roster.map(({ name }) => name));
  expect(parse('auto')).toEqual(['plain', 'auto']);
  expect(parse('llama-ngram-mod, nlc-lookup')).toEqual(['plain', 'nlc-plain', 'nlc-lookup', 'llama-plain', 'llama-ngram-mod']);
  expect(parse('node-llama-cpp')).toEqual(['plain', 'nlc-plain', 'nlc-lookup', 'nlc-draft', 'nlc-draft-wait']);
  expect(() => parse('ollama')).toThrow('"ollama" is none of them');
});
