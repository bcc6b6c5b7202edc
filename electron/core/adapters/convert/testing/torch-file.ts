// Checkpoints for tests: what `torch.save` writes for a state_dict (a zip of a pickle and storages), and any other pickle.
import { crc32 } from 'node:zlib';

export interface TestStorage {
  /** PyTorch's class, for example `HalfStorage`. */
  class: string;
  bytes: Buffer;
  bytesPerValue: number;
}

export interface TestTensor {
  name: string;
  storage: TestStorage;
  shape: number[];
  strides?: number[];
  /** In values. */
  offset?: number;
}

export const pickle = {
  start: Buffer.from([0x80, 2]),
  stop: Buffer.from('.'),
  mark: Buffer.from('('),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  reduce: Buffer.from('R'),
  text(value: string): Buffer {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from('X'), number(bytes.length), bytes]);
  },
  integer: (value: number) => Buffer.concat([Buffer.from('J'), number(value)]),
  tuple: (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  orderedDictionary: (...items: Buffer[]) =>
    Buffer.concat([Buffer.from('ccollections\nOrderedDict\n)R('), ...items, Buffer.from('u')]),
};

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The pickle of one tensor whose values lie in `data/<key>`. */
export function tensorPickle({ storage, shape, strides, offset = 0 }: Omit<TestTensor, 'name'>, key: number): Buffer {
  const { text, integer, tuple, global } = pickle;
  const count = storage.bytes.length / storage.bytesPerValue;
  const id = tuple(text('storage'), global('torch', storage.class), text(String(key)), text('cpu'), integer(count));
  const steps = strides ?? shape.map((_, index) => shape.slice(index + 1).reduce((product, length) => product * length, 1));
  const args = [
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...steps.map(integer)),
    Buffer.from('\x89', 'latin1'),
    pickle.orderedDictionary(),
  ];
  return Buffer.concat([
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(Buffer.concat([id, Buffer.from('Q')]), ...args),
    pickle.reduce,
  ]);
}

/** A whole checkpoint. */
export function torchFile(tensors: readonly TestTensor[]): Buffer {
  const items = tensors.flatMap((tensor, key) => [pickle.text(tensor.name), tensorPickle(tensor, key)]);
  const storages = tensors.map(({ storage }, key): [string, Buffer] => [`data/${key}`, storage.bytes]);
  return torchZip(Buffer.concat([pickle.start, pickle.orderedDictionary(...items), pickle.stop]), storages);
}

/** A checkpoint of any pickle and entries. */
export function torchZip(pickled: Buffer, entries: readonly (readonly [name: string, bytes: Buffer])[] = []): Buffer {
  return zip(
    [['data.pkl', pickled], ...entries].map(([name, bytes]) => ({ name: `archive/${String(name)}`, bytes: Buffer.from(bytes) })),
  );
}

export interface ZipEntry {
  name: string;
  bytes: Buffer;
  /** What the directory says, where it is a lie. */
  claimed?: number;
  /** `bytes` are deflated. */
  deflated?: boolean;
}

export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, claimed = bytes.length, deflated = false } of entries) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(deflated ? 0 : crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(claimed, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name));
    offset += 30 + name.length + bytes.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, index, end]);
}
