// Memory, in bytes: what a model holds or would need, part by part, and what the machine has.

/** Memory at a moment, bytes: what a memory bar shows. */
export interface MemoryReport {
  /** What the loaded model holds, part by part; empty while none is loaded. */
  parts: MemoryPart[];
  ram: MemoryPool;
  /** One per GPU; empty where there is none, and before the engine was started. */
  gpus: GpuMemory[];
}

export interface GpuMemory extends MemoryPool {
  name: string;
}

export type MemoryPartName = 'weights' | 'kv' | 'adapter' | 'draft-kv' | 'compute';

export interface MemoryPart {
  name: MemoryPartName;
  ramBytes: number;
  gpuBytes: number;
}

export interface MemoryPool {
  totalBytes: number;
  /** What could be had now, caches that the system would give up included. */
  freeBytes: number;
}
