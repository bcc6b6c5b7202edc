// Whether a model would fit: the verdict, every part against what is free, and how fast it will probably be.
import { CircleCheck, CircleX, Gauge, TriangleAlert } from 'lucide-react';
import type { Fit, FitVerdict } from '../../../electron/contract/fit.ts';
import type { MemoryPart, MemoryPool } from '../../../electron/contract/memory.ts';
import { modelsText } from '../strings.ts';
import { barLabel, MemoryBar } from './memory-bar.tsx';

const text = modelsText.fit;

const looks: Record<FitVerdict, { Icon: typeof CircleCheck; look: string }> = {
  fits: { Icon: CircleCheck, look: 'bg-accent-soft text-accent' },
  tight: { Icon: TriangleAlert, look: 'bg-slow-soft text-slow' },
  'partly-on-gpu': { Icon: TriangleAlert, look: 'bg-slow-soft text-slow' },
  'too-large': { Icon: CircleX, look: 'bg-danger-soft text-danger' },
};

export function FitBadge({ verdict }: { verdict: FitVerdict }) {
  const { Icon, look } = looks[verdict];
  return (
    <span
      data-testid="fit-verdict"
      data-verdict={verdict}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-[12.5px] font-medium ${look}`}
    >
      <Icon size={13} aria-hidden />
      {text.verdicts[verdict]}
    </span>
  );
}

export function FitView({ fit }: { fit: Fit }) {
  const { speed } = fit;
  return (
    <div className="space-y-3">
      <FitBadge verdict={fit.verdict} />
      <p className="text-[14px] leading-normal text-pretty">{fit.explanation}</p>
      <FitBars fit={fit} />
      {fit.verdict !== 'too-large' && (
        <p className="flex items-start gap-2 text-[13.5px]">
          <Gauge size={15} aria-hidden className="mt-0.5 shrink-0 text-ink-soft" />
          <span>
            {text.speed(text.speeds[speed.class], speed.tokensPerSecond)}{' '}
            <span className="text-ink-soft">({speed.measured ? text.speedMeasured : text.speedEstimated})</span>
          </span>
        </p>
      )}
    </div>
  );
}

/** Every part against what is free, in RAM and on the GPU. */
export function FitBars({ fit }: { fit: Fit }) {
  return (
    <>
      <NeededIn pool={fit.ram} name={text.ram} parts={fit.parts} bytesOf={(part) => part.ramBytes} />
      {fit.gpu && <NeededIn pool={fit.gpu} name={text.gpu} parts={fit.parts} bytesOf={(part) => part.gpuBytes} />}
    </>
  );
}

interface NeededInProps {
  pool: MemoryPool;
  name: string;
  parts: MemoryPart[];
  bytesOf: (part: MemoryPart) => number;
}

/** The bar is as long as what is free, or as what is needed where that is more; then a mark shows where room ends. */
function NeededIn({ pool, name, parts, bytesOf }: NeededInProps) {
  const needed = parts.reduce((total, part) => total + bytesOf(part), 0);
  if (needed === 0) return null;
  const bars = parts.map((part) => ({ name: part.name, bytes: bytesOf(part) }));
  return (
    <div>
      <p className="mb-1.5 text-[13px] text-ink-soft">{text.free(name, pool.freeBytes)}</p>
      <MemoryBar
        parts={bars}
        totalBytes={Math.max(pool.freeBytes, needed)}
        limitBytes={pool.freeBytes}
        label={text.bar(needed, barLabel(bars), pool.freeBytes)}
      />
    </div>
  );
}
