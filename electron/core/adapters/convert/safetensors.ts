// The safetensors format: the length of a JSON header, the header, the values. https://github.com/huggingface/safetensors
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { KangarooError } from '../../../contract/errors.ts';
import { fileError } from '../../models/gguf/files.ts';
import { bytesPerValue, countOf, isTensorType, longestTensorBytes, type Checkpoint, type CheckpointTensor } from './tensors.ts';

const longestHeaderBytes = 4 << 20;
const count = z.number().int().nonnegative();
const tensorShape = z.object({ dtype: z.string(), shape: z.array(count).max(8), data_offsets: z.tuple([count, count]) });

/** Rejects with `file-not-found`, `file-not-readable`, `file-damaged`. */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  const damaged = (what: string) => new KangarooError('file-damaged', `${path} is damaged: ${what}. Download or copy it again.`);
  const bytes = async (offset: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    if (bytesRead < length) throw damaged('it ends too early');
    return buffer;
  };
  try {
    const headerBytes = Number((await bytes(0, 8)).readBigUInt64LE());
    if (headerBytes > longestHeaderBytes) throw damaged(`its header would have ${headerBytes} bytes`);
    const header = parse((await bytes(8, headerBytes)).toString('utf8'));
    const tensors = new Map<string, CheckpointTensor>();
    if (header === null) throw damaged('its header is no JSON object');
    for (const [name, value] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      const entry = tensorShape.safeParse(value);
      if (!entry.success) throw damaged(`its header does not say what ${name} is`);
      const { dtype: type, shape, data_offsets } = entry.data;
      const [begin, end] = data_offsets;
      const read = async () => {
        const wanted = isTensorType(type) ? bytesPerValue[type] * countOf(shape) : end - begin;
        if (end - begin !== wanted || wanted > longestTensorBytes) throw damaged(`${name} is not as long as its shape says`);
        return await bytes(8 + headerBytes + begin, wanted);
      };
      tensors.set(name, { shape, type, read });
    }
    return { name: path, tensors, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Null for what is no JSON object. */
function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
