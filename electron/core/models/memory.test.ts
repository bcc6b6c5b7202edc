// What the next model would find free: what the loaded one gives back, GPUs, and the measured speed.
import { expect, test } from 'vitest';
import type { Costs } from '../../contract/engine.ts';
import type { ModelState } from '../../contract/models.ts';
import { availableInMeminfo, availableInVmStat, machineOf, reclaimableInContainer } from './memory.ts';

const ready = { status: 'ready', costs: { plainTokensPerSecond: 10 } as Costs } as Extract<ModelState, { status: 'ready' }>;
const gib = 2 ** 30;

test('without an engine it is the machine’s memory alone', () => {
  const machine = machineOf({ status: 'unloaded' });
  expect(machine).toMatchObject({ gpu: null, bytesPerSecond: null });
  expect(machine.ram.freeBytes).toBeGreaterThan(0);
  expect(machine.ram.totalBytes).toBeGreaterThanOrEqual(machine.ram.freeBytes);
});

test('what Linux and macOS say could be had', () => {
  expect(availableInMeminfo('MemTotal:       24689772 kB\nMemFree:         1000000 kB\nMemAvailable:   23162340 kB\n')).toBe(
    23_162_340 * 1024,
  );
  expect(availableInMeminfo('MemTotal: 1 kB\n')).toBeNull();
  const vmStat = [
    'Mach Virtual Memory Statistics: (page size of 16384 bytes)',
    'Pages free:                               10000.',
    'Pages active:                            300000.',
    'Pages inactive:                          200000.',
    'Pages speculative:                         5000.',
    'Pages throttled:                              0.',
    'Pages wired down:                        150000.',
    'Pages purgeable:                           1000.',
  ];
  expect(availableInVmStat(vmStat.join('\n'))).toBe(216_000 * 16_384);
  expect(availableInVmStat('vm_stat: not found')).toBeNull();
});

test('a container’s cached files could be had', () => {
  expect(reclaimableInContainer('anon 5\nfile 9\ninactive_file 300\nactive_file 40\n')).toBe(340);
  expect(reclaimableInContainer('cache 5\n')).toBe(0);
});

test('GPUs count together, with what the loaded model would give back', () => {
  const gpus = [1, 2].map((number) => ({ name: `GPU ${number}`, totalBytes: 8 * gib, freeBytes: 3 * gib }));
  const parts = [
    { name: 'weights' as const, ramBytes: 0, gpuBytes: 4 * gib },
    { name: 'kv' as const, ramBytes: 0, gpuBytes: gib },
  ];
  expect(machineOf(ready, { parts, gpus }).gpu).toEqual({ totalBytes: 16 * gib, freeBytes: 11 * gib });
  // More than there is cannot be free.
  expect(machineOf(ready, { parts: [{ name: 'kv', ramBytes: 0, gpuBytes: 20 * gib }], gpus }).gpu?.freeBytes).toBe(16 * gib);
});

test('the speed of memory is told from a model that is larger than the processor’s caches, and measured', () => {
  const held = (weights: number) => ({ parts: [{ name: 'weights' as const, ramBytes: weights, gpuBytes: 0 }], gpus: [] });
  expect(machineOf(ready, held(gib)).bytesPerSecond).toBe(10 * gib);
  expect(machineOf(ready, held(8e6)).bytesPerSecond).toBeNull();
  expect(machineOf({ status: 'unloaded' }, held(gib)).bytesPerSecond).toBeNull();
});
