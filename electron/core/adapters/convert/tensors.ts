// What a checkpoint holds, whatever its format.

/** Values of a tensor in little-endian order. */
export type TensorType = 'F32' | 'F16' | 'BF16';

export interface CheckpointTensor {
  /** Slowest dimension first, as PyTorch has it. */
  shape: number[];
  /** One of `TensorType`, or the format's name for another. */
  type: string;
  /** Its bytes, contiguous. Rejects with `file-damaged` where they are not all there. */
  read(): Promise<Buffer>;
}

export interface Checkpoint {
  /** The file, as errors name it. */
  name: string;
  tensors: ReadonlyMap<string, CheckpointTensor>;
  close(): Promise<void>;
}

export const bytesPerValue: Readonly<Record<TensorType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Largest tensor that is read: more than the widest adapter there is, 16384 × 16384 in F32. */
export const longestTensorBytes = 1 << 30;

export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(bytesPerValue, type);
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
