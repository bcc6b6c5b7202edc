// The memory of this machine now: what the loaded model holds part by part, what others use, what is free.
import { useEffect, useState } from 'react';
import type { MemoryPool, MemoryReport } from '../../../electron/contract/memory.ts';
import { useConnection } from '../../connection-store.ts';
import { follow } from '../../follow.ts';
import { modelsText } from '../strings.ts';
import { barLabel, MemoryBar, type BarPart } from './memory-bar.tsx';

const text = modelsText.memory;

/** Follows the memory for as long as a view shows it. */
function useMemory(): MemoryReport | null {
  const client = useConnection((state) => state.client);
  const [report, setReport] = useState<MemoryReport | null>(null);
  useEffect(() => {
    if (!client) return;
    const leaving = new AbortController();
    void follow(client.models.watchMemory(), leaving.signal, setReport, () => {});
    return () => leaving.abort();
  }, [client]);
  return report;
}

export function MemoryNow() {
  const report = useMemory();
  if (!report) return <div aria-hidden className="skeleton h-16" />;
  const { parts, ram, gpus } = report;
  const gpuTotal = sum(gpus.map(({ totalBytes }) => totalBytes));
  const gpuFree = sum(gpus.map(({ freeBytes }) => freeBytes));
  return (
    <div className="space-y-4" data-testid="memory">
      <Pool name={text.ram} pool={ram} parts={parts.map((part) => ({ name: part.name, bytes: part.ramBytes }))} />
      {gpus.length > 0 && (
        <Pool
          name={gpus.map(({ name }) => name).join(', ')}
          pool={{ totalBytes: gpuTotal, freeBytes: gpuFree }}
          parts={parts.map((part) => ({ name: part.name, bytes: part.gpuBytes }))}
        />
      )}
    </div>
  );
}

function Pool({ name, pool, parts }: { name: string; pool: MemoryPool; parts: BarPart[] }) {
  const held = sum(parts.map(({ bytes }) => bytes));
  // Weights that are mapped from the file count as free for the system: what they hold is shown as theirs.
  const free = Math.max(0, Math.min(pool.freeBytes, pool.totalBytes - held));
  const other = Math.max(0, pool.totalBytes - held - free);
  const all: BarPart[] = [...parts, { name: 'other', bytes: other }, { name: 'free', bytes: free }];
  return (
    <div>
      <div className="mb-1.5 flex items-baseline justify-between gap-3 text-[13.5px]">
        <span className="truncate font-medium">{name}</span>
        <span className="shrink-0 text-ink-soft tabular-nums">{text.freeOf(free, pool.totalBytes)}</span>
      </div>
      <MemoryBar parts={all} totalBytes={pool.totalBytes} label={text.bar(name, barLabel(all), pool.totalBytes)} />
    </div>
  );
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
