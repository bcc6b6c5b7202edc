// Tensors' values from one form to another: number types, and the order of rows that a rotation expects.
import type { TensorType } from './tensors.ts';

/** As F32; null where a value is no finite number. */
export function singles(bytes: Buffer, type: TensorType): Buffer | null {
  const values = Float32Array.from(valuesOf(bytes, type));
  return values.every(Number.isFinite) ? bufferOf(values) : null;
}

/** In 16 bits: F32 becomes F16, the others stay as they are. Null where a value is no finite number then. */
export function halves(bytes: Buffer, type: TensorType): Buffer | null {
  const values = type === 'F32' ? new Float16Array(valuesOf(bytes, type)) : valuesOf(bytes, type);
  if (!values.every(Number.isFinite)) return null;
  return values instanceof Float16Array ? bufferOf(values) : bytes;
}

/**
 * A matrix whose rows are turned per head: Hugging Face's Llama rotates value i with value i + half of the head, llama.cpp's
 * rotates neighbours. Row i of the first half goes to 2i, row i of the second half to 2i + 1 (convert_hf_to_gguf.py, `permute`).
 */
export function adjacentPairs(matrix: Buffer, heads: number, rowBytes: number): Buffer {
  const turned = Buffer.alloc(matrix.length);
  const headBytes = matrix.length / heads;
  const half = headBytes / rowBytes / 2;
  for (let head = 0; head < heads; head += 1) {
    for (let row = 0; row < half; row += 1) {
      for (const second of [0, 1]) {
        const from = head * headBytes + (second * half + row) * rowBytes;
        matrix.copy(turned, head * headBytes + (2 * row + second) * rowBytes, from, from + rowBytes);
      }
    }
  }
  return turned;
}

function valuesOf(bytes: Buffer, type: TensorType): Float32Array | Float16Array {
  // typed arrays want aligned memory, and a part of a file need not be
  const { buffer } = Uint8Array.from(bytes);
  if (type === 'F32') return new Float32Array(buffer);
  if (type === 'F16') return new Float16Array(buffer);
  // BF16 is the upper half of an F32
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);
}

function bufferOf(values: Float32Array | Float16Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
