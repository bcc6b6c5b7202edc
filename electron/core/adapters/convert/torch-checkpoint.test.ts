// Checkpoints of PyTorch: one that PyTorch itself wrote, and hostile ones, none of which is executed or unpacked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pickle, tensorPickle, torchFile, torchZip, zip, type TestTensor } from './testing/torch-file.ts';
import { openTorchCheckpoint } from './torch-checkpoint.ts';

/** `torch.save` of PyTorch 1.13: `m = torch.nn.Linear(4, 2, dtype=torch.float16)`, weight 0…7, bias 0.5 and -1. */
const real = fileURLToPath(new URL('testing/pytorch-1.13-linear.bin', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(bytes: Buffer): string {
  const path = join(folder, 'pytorch_model.bin');
  writeFileSync(path, bytes);
  return path;
}

async function problem(bytes: Buffer, tensor?: string): Promise<unknown> {
  try {
    const checkpoint = await openTorchCheckpoint(file(bytes));
    try {
      if (tensor !== undefined) await checkpoint.tensors.get(tensor)?.read();
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    return error;
  }
  return null;
}

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const storage = { class: 'FloatStorage', bytes: floats(1, 2, 3, 4), bytesPerValue: 4 };
const tensor: TestTensor = { name: 'a', storage, shape: [2, 2] };

test('what PyTorch wrote is read as it was', async () => {
  const checkpoint = await openTorchCheckpoint(real);
  const [weight, bias] = ['weight', 'bias'].map((name) => checkpoint.tensors.get(name));
  expect([...checkpoint.tensors.keys()]).toEqual(['weight', 'bias']);
  expect(weight).toMatchObject({ shape: [2, 4], type: 'F16' });
  expect([...new Float16Array(Uint8Array.from((await weight?.read()) ?? []).buffer)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...new Float16Array(Uint8Array.from((await bias?.read()) ?? []).buffer)]).toEqual([0.5, -1]);
  await checkpoint.close();
});

test('a tensor in the middle of a storage', async () => {
  const checkpoint = await openTorchCheckpoint(file(torchFile([{ ...tensor, shape: [2], offset: 1 }])));
  expect(await checkpoint.tensors.get('a')?.read()).toEqual(floats(2, 3));
  await checkpoint.close();
});

describe('refused, and said what', () => {
  const call = (module: string, name: string, ...args: Buffer[]) =>
    torchZip(Buffer.concat([pickle.start, pickle.global(module, name), pickle.tuple(...args), pickle.reduce, pickle.stop]));
  const pickled = (...parts: Buffer[]) => torchZip(Buffer.concat([pickle.start, ...parts, pickle.stop]));

  test.each<[string, Buffer, string]>([
    ['a command', call('os', 'system', pickle.text('touch /tmp/owned')), 'it asks for os.system'],
    ['built-in code', call('builtins', 'eval', pickle.text('1')), 'it asks for builtins.eval'],
    ['code of PyTorch', call('torch', 'load', pickle.text('x')), 'it asks for torch.load'],
    ['a name from the prototype', call('torch', 'constructor'), 'it asks for torch.constructor'],
    ['a storage called as a function', call('torch', 'FloatStorage'), 'it calls something'],
    ['a dictionary with arguments', call('collections', 'OrderedDict', pickle.integer(1)), 'it calls something'],
    ['an instruction that builds objects', pickled(Buffer.from('(cos\nsystem\no')), 'it asks for os.system'],
    ['INST', pickled(Buffer.from('(S"true"\nios\nsystem\n')), 'the instruction 0x53 at byte 3'],
    ['STACK_GLOBAL', pickled(pickle.text('os'), pickle.text('system'), Buffer.from([0x93])), 'the instruction 0x93'],
    ['an extension', pickled(Buffer.from([0x82, 1])), 'the instruction 0x82'],
    ['state of an object', pickled(pickle.tuple(), pickle.integer(1), Buffer.from('b')), 'it sets the state of something'],
    [
      'another persistent id',
      pickled(pickle.tuple(pickle.text('file'), pickle.text('/etc/passwd')), Buffer.from('Q')),
      'it refers to data',
    ],
    ['a storage outside the file', pickled(pickle.tuple(pickle.text('storage'), pickle.global('torch', 'HalfStorage'), pickle.text('../x'), pickle.text('cpu'), pickle.integer(1)), Buffer.from('Q')), 'it refers to data'], // prettier-ignore
    ['no dictionary', pickled(pickle.integer(1)), 'it holds no dictionary'],
    ['what is no tensor', pickled(pickle.orderedDictionary(pickle.text('a'), pickle.integer(1))), 'as a is no tensor'],
    ['a zip of something else', zip([{ name: 'a/b', bytes: Buffer.from('x') }]), 'it has no data.pkl'],
    ['two entries of one name', zip([0, 1].map(() => ({ name: 'archive/data.pkl', bytes: Buffer.from('.') }))), 'two entries archive/data.pkl'], // prettier-ignore
    ['a huge pickle', zip([{ name: 'archive/data.pkl', bytes: deflateRawSync(Buffer.alloc(8 << 20)), claimed: 8 << 20, deflated: true }]), 'would have 8388608 bytes'], // prettier-ignore
    ['big-endian numbers', torchZip(pickle.start, [['byteorder', Buffer.from('big')]]), 'not little-endian'],
  ])('%s', async (_name, bytes, message) => {
    expect(await problem(bytes)).toMatchObject({ code: 'adapter-invalid', message: expect.stringContaining(message) });
  });

  test('more entries than a checkpoint has', async () => {
    const entries = Array.from({ length: 5000 }, (_, index) => ({ name: `archive/${index}`, bytes: Buffer.alloc(0) }));
    expect(await problem(zip(entries))).toMatchObject({
      code: 'adapter-invalid',
      message: expect.stringContaining('5000 entries'),
    });
  });
});

describe('damaged', () => {
  const whole = torchFile([tensor]);
  const withPickle = (bytes: Buffer, ...data: [string, Buffer][]) =>
    torchZip(Buffer.concat([pickle.start, pickle.orderedDictionary(pickle.text('a'), bytes), pickle.stop]), data);

  test.each<[string, Buffer, string]>([
    ['no zip at all', Buffer.from('\x80\x02\x8a\nl\xfc\x9cF', 'latin1'), 'since version 1.6'],
    ['nothing', Buffer.alloc(0), 'it is no zip'],
    ['a pickle that ends early', torchZip(Buffer.concat([pickle.start, pickle.mark])), 'it ends too early'],
    ['a pickle without a value', torchZip(Buffer.concat([pickle.start, pickle.stop])), 'a value that it does not have'],
    ['a memory of nothing', torchZip(Buffer.concat([pickle.start, Buffer.from([0x68, 9])])), 'did not define'],
    ['a storage that is missing', withPickle(tensorPickle(tensor, 7)), 'data/7 is missing'],
    ['a storage that is too short', withPickle(tensorPickle(tensor, 0), ['data/0', floats(1, 2)]), 'not as long as it says'],
    ['a tensor beyond its storage', torchFile([{ ...tensor, shape: [2, 2], offset: 1 }]), 'beyond its storage'],
    [
      'a tensor of no size there is',
      torchFile([{ ...tensor, shape: [0x7fffffff, 0x7fffffff], strides: [0x7fffffff, 1] }]),
      'beyond its storage',
    ],
  ])('%s', async (_name, bytes, message) => {
    expect(await problem(bytes, 'a')).toMatchObject({ code: 'file-damaged', message: expect.stringContaining(message) });
  });

  test('a storage that unpacks to more than it says, or to less', async () => {
    const pickled = Buffer.concat([
      pickle.start,
      pickle.orderedDictionary(pickle.text('a'), tensorPickle(tensor, 0)),
      pickle.stop,
    ]);
    for (const bytes of [Buffer.alloc(1 << 20), Buffer.alloc(3)]) {
      const bomb = { name: 'archive/data/0', bytes: deflateRawSync(bytes), claimed: 16, deflated: true };
      const found = await problem(zip([{ name: 'archive/data.pkl', bytes: pickled }, bomb]), 'a');
      expect(found).toMatchObject({ code: 'file-damaged', message: expect.stringContaining('archive/data/0 cannot be read') });
    }
  });

  test('wherever it is cut, the error is one of ours', async () => {
    for (let length = 0; length < whole.length; length += 7) {
      expect(await problem(whole.subarray(0, length), 'a')).toMatchObject({
        code: expect.stringMatching(/^(file-damaged|adapter-invalid)$/),
      });
    }
  });

  test('whichever byte of the pickle is another, it is read or refused', async () => {
    const at = whole.indexOf(pickle.start);
    for (let place = at; place < whole.indexOf('PK\x03\x04', at, 'latin1'); place += 1) {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 0x5a;
      const found = await problem(bytes, 'a');
      if (found !== null) expect(found).toMatchObject({ code: expect.stringMatching(/^(file-damaged|adapter-invalid)$/) });
    }
  });
});

test('values that lie otherwise are refused', async () => {
  const found = await problem(torchFile([{ ...tensor, strides: [1, 2] }]), 'a');
  expect(found).toMatchObject({ code: 'adapter-invalid', message: expect.stringContaining('.contiguous()') });
});
