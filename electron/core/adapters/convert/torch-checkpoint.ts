// A state_dict as `torch.save` writes it since PyTorch 1.6: a zip with `data.pkl` (names, shapes, where the values lie) and one
// entry per storage, `data/0` and so on. Nothing is unpacked before its size is known to be what the tensors need.
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { KangarooError } from '../../../contract/errors.ts';
import { readPickle, refused, type PickleHost, type PickleValue } from './pickle.ts';
import { countOf, longestTensorBytes, type Checkpoint, type CheckpointTensor } from './tensors.ts';

const longestPickleBytes = 4 << 20;
const mostEntries = 4096;

/** PyTorch's storage classes: type and bytes per value. */
const storageClasses: Readonly<Record<string, readonly [type: string, bytes: number]>> = {
  FloatStorage: ['F32', 4],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  DoubleStorage: ['F64', 8],
  LongStorage: ['I64', 8],
  IntStorage: ['I32', 4],
  ShortStorage: ['I16', 2],
  CharStorage: ['I8', 1],
  ByteStorage: ['U8', 1],
  BoolStorage: ['BOOL', 1],
};

class StorageClass {
  readonly type: string;
  readonly bytesPerValue: number;
  constructor([type, bytes]: readonly [string, number]) {
    this.type = type;
    this.bytesPerValue = bytes;
  }
}

class Storage {
  readonly of: StorageClass;
  readonly key: string;
  /** In values. */
  readonly length: number;
  constructor(of: StorageClass, key: string, length: number) {
    this.of = of;
    this.key = key;
    this.length = length;
  }
}

class Tensor {
  readonly storage: Storage;
  /** In values. */
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];
  constructor(storage: Storage, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const orderedDictionary = { makes: 'a dictionary' };
const rebuildTensor = { makes: 'a tensor' };

/** Rejects with `file-damaged`, `file-not-readable`, `adapter-invalid`. */
export async function openTorchCheckpoint(path: string): Promise<Checkpoint> {
  const zip = await open(path);
  try {
    const entries = await entriesOf(zip, path);
    const [, pickle] = [...entries].find(([name]) => name.endsWith('/data.pkl')) ?? [];
    if (!pickle) throw refused(path, 'it is a zip, and no checkpoint of PyTorch (it has no data.pkl)');
    const folder = pickle.fileName.slice(0, -'data.pkl'.length);
    const order = entries.get(`${folder}byteorder`);
    if (order && (await contents(zip, order, 16, path)).toString().trim() !== 'little') {
      throw refused(path, 'its numbers are not little-endian');
    }
    const value = readPickle(await contents(zip, pickle, longestPickleBytes, path), hostFor(path));
    if (!(value instanceof Map)) throw refused(path, 'it holds no dictionary of tensors');
    const tensors = new Map<string, CheckpointTensor>();
    for (const [name, tensor] of value) {
      if (typeof name !== 'string' || !(tensor instanceof Tensor))
        throw refused(path, `what it holds as ${String(name)} is no tensor`);
      tensors.set(name, readable(tensor, zip, entries.get(`${folder}data/${tensor.storage.key}`), `${path}: ${name}`));
    }
    return { name: path, tensors, close: async () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function hostFor(path: string): PickleHost {
  return {
    name: path,
    global(module, name) {
      if (module === 'collections' && name === 'OrderedDict') return orderedDictionary;
      if (module === 'torch._utils' && name === '_rebuild_tensor_v2') return rebuildTensor;
      const storage = module === 'torch' && Object.hasOwn(storageClasses, name) ? storageClasses[name] : undefined;
      return storage ? new StorageClass(storage) : null;
    },
    call(callable, args) {
      if (callable === orderedDictionary && args.length === 0) return new Map();
      return callable === rebuildTensor ? tensorOf(args) : null;
    },
    persistent(id) {
      if (!Array.isArray(id)) return null;
      const [tag, of, key, , length] = id;
      const fits = tag === 'storage' && of instanceof StorageClass && typeof key === 'string' && /^\d{1,9}$/.test(key);
      return fits && isCount(length) ? new Storage(of, key, length) : null;
    },
  };
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`; null for anything else. */
function tensorOf([storage, offset, shape, strides]: PickleValue[]): Tensor | null {
  if (!(storage instanceof Storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) return null;
  return shape.length === strides.length && shape.length <= 8 ? new Tensor(storage, offset, shape, strides) : null;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function readable(tensor: Tensor, zip: ZipFile, entry: Entry | undefined, name: string): CheckpointTensor {
  const { storage, shape, offset } = tensor;
  const { type, bytesPerValue } = storage.of;
  const read = async (): Promise<Buffer> => {
    const values = countOf(shape);
    if (!isContiguous(tensor)) throw refused(name, 'its values do not lie one behind the other; save it with .contiguous()');
    if (offset + values > storage.length) throw damaged(name, 'it reaches beyond its storage');
    if (!entry) throw damaged(name, `its storage data/${storage.key} is missing`);
    if (entry.uncompressedSize !== storage.length * bytesPerValue) throw damaged(name, 'its storage is not as long as it says');
    const bytes = await contents(zip, entry, longestTensorBytes, name);
    return bytes.subarray(offset * bytesPerValue, (offset + values) * bytesPerValue);
  };
  return { shape, type, read };
}

function isContiguous({ shape, strides }: Tensor): boolean {
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const length = shape[dimension] ?? 1;
    if (length !== 1 && strides[dimension] !== expected) return false;
    expected *= length;
  }
  return true;
}

async function open(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (error) {
    const hint = 'it is no zip, as PyTorch saves checkpoints since version 1.6. If it is older, load it and save it again';
    throw new KangarooError('file-damaged', `${path} cannot be read: ${hint}; else download it again.`, String(error));
  }
}

async function entriesOf(zip: ZipFile, path: string): Promise<Map<string, Entry>> {
  if (zip.entryCount > mostEntries) throw refused(path, `it has ${zip.entryCount} entries`);
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.has(entry.fileName)) throw refused(path, `it has two entries ${entry.fileName}`);
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    throw error instanceof KangarooError ? error : damaged(path, 'its list of entries cannot be read', String(error));
  }
  return entries;
}

/** An entry's bytes, of which the directory must say that there are at most `most`: yauzl breaks off where more come. */
async function contents(zip: ZipFile, entry: Entry, most: number, name: string): Promise<Buffer> {
  if (entry.uncompressedSize > most) throw refused(name, `${entry.fileName} would have ${entry.uncompressedSize} bytes`);
  const bytes = Buffer.alloc(entry.uncompressedSize);
  let place = 0;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      if (!Buffer.isBuffer(chunk)) continue;
      place += chunk.copy(bytes, place);
    }
  } catch (error) {
    throw damaged(name, `${entry.fileName} cannot be read`, String(error));
  }
  if (place !== bytes.length) throw damaged(name, `${entry.fileName} ends too early`);
  return bytes;
}

function damaged(name: string, what: string, detail?: string): KangarooError {
  return new KangarooError('file-damaged', `${name} is damaged: ${what}. Download or copy it again.`, detail);
}
