// A bar of memory, part by part, with its legend: the legend says everything that the bar shows.
import { bytesText } from '../../number-text.ts';
import { modelsText } from '../strings.ts';
import '../models.css';

export type BarPartName = keyof typeof modelsText.memory.parts;

export interface BarPart {
  name: BarPartName;
  bytes: number;
}

interface MemoryBarProps {
  parts: BarPart[];
  /** What the whole bar stands for, bytes. */
  totalBytes: number;
  /** Where what is free ends, if that is inside the bar. */
  limitBytes?: number;
  /** The bar in words. */
  label: string;
}

export function MemoryBar({ parts, totalBytes, limitBytes, label }: MemoryBarProps) {
  const shown = parts.filter(({ bytes }) => bytes > 0);
  const share = (bytes: number) => `${totalBytes > 0 ? Math.min(100, (bytes / totalBytes) * 100) : 0}%`;
  return (
    <div>
      <div role="img" aria-label={label} className="relative">
        <div className="flex h-3 gap-px overflow-hidden rounded-full bg-sunken inset-ring inset-ring-line">
          {shown.map(({ name, bytes }) => (
            <div
              key={name}
              className={`part-${name} min-w-0.5 transition-[width] duration-300`}
              style={{ width: share(bytes) }}
            />
          ))}
        </div>
        {limitBytes !== undefined && limitBytes < totalBytes && (
          <div className="absolute -top-1 -bottom-1 w-0.5 rounded bg-danger" style={{ left: share(limitBytes) }} />
        )}
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-[13px]">
        {shown.map(({ name, bytes }) => (
          <li key={name} className="inline-flex items-center gap-1.5">
            <span aria-hidden className={`part-swatch part-${name}`} />
            <span className="text-ink-soft">{modelsText.memory.parts[name]}</span>
            <span className="tabular-nums">{bytesText(bytes)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function barLabel(parts: BarPart[]): string[] {
  return parts
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, bytes }) => modelsText.memory.part(modelsText.memory.parts[name], bytes));
}
