import { expect, test } from 'vitest';
import type { NativeInspection } from '../core/engine/addon.ts';
import { checkFit } from './fit.ts';

const model: NativeInspection = {
  kind: 'model',
  architecture: 'llama',
  name: 'A model',
  fileType: 'F16',
  sizeBytes: 1,
  parameters: 1,
  fingerprint: 'ab'.repeat(32),
  license: '',
  metadata: { 'llama.block_count': '8', 'llama.embedding_length': '256' },
  adapter: null,
};
const adapterInfo = {
  path: 'adapter.gguf',
  name: 'An adapter',
  baseName: 'A model',
  baseFingerprint: model.fingerprint,
  exitLayer: 2,
  embeddingLength: 256,
  heads: 4,
  headsKv: 2,
  parameters: 1,
  sizeBytes: 1,
  draftVocabularySize: 0,
};
const adapter: NativeInspection = {
  ...model,
  kind: 'adapter',
  architecture: 'kangaroo',
  name: 'An adapter',
  adapter: adapterInfo,
};
const changed = (change: Partial<typeof adapterInfo>): NativeInspection => ({
  ...adapter,
  adapter: { ...adapterInfo, ...change },
});

test('an adapter fits the model it was trained for', () => {
  expect(checkFit(model, adapter)).toEqual({ fits: true, reason: expect.stringContaining('2 of 8 layers') });
});

test.each([
  ['another fingerprint', model, changed({ baseFingerprint: 'cd'.repeat(32), baseName: 'Another' }), 'trained for "Another"'],
  ['another width', model, changed({ embeddingLength: 512 }), '512 wide, the model 256'],
  ['an exit at the last layer', model, changed({ exitLayer: 8 }), 'layer 8'],
  ['an exit at no layer', model, changed({ exitLayer: 0 }), 'layer 0'],
  ['a model without layers', { ...model, metadata: { 'llama.embedding_length': '256' } }, adapter, 'an unknown number of layers'],
  ['no adapter', model, { ...model, name: 'B' }, '"B" is no adapter'],
  ['no model', { ...model, kind: 'other' as const, name: 'C' }, adapter, '"C" is no model'],
])('%s does not fit', (_name, base, candidate, reason) => {
  expect(checkFit(base, candidate)).toEqual({ fits: false, reason: expect.stringContaining(reason) });
});
