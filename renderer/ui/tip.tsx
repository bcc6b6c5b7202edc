// A short explanation that shows when its text is pointed at or focused. Escape hides it; screen readers get it as the
// description.
import { useId, useState, type ReactNode } from 'react';

interface TipProps {
  /** What explains. */
  tip: ReactNode;
  /** What is explained. */
  children: ReactNode;
  className?: string;
  /** Which side of the text the bubble keeps to, and whether it opens upwards. */
  align?: 'start' | 'end';
  side?: 'above' | 'below';
  testId?: string;
}

export function Tip({ tip, children, className = '', align = 'start', side = 'above', testId }: TipProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const horizontal = align === 'start' ? 'left-0' : 'right-0';
  const vertical = side === 'above' ? 'bottom-full pb-1.5' : 'top-full pt-1.5';
  return (
    <span
      className="relative inline-flex min-w-0"
      onPointerEnter={(event) => event.pointerType !== 'touch' && setOpen(true)}
      onPointerLeave={() => setOpen(false)}
    >
      <button
        type="button"
        className={`min-w-0 cursor-help rounded text-start ${className}`}
        aria-describedby={open ? id : undefined}
        data-testid={testId}
        onClick={() => setOpen(true)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !open) return;
          event.stopPropagation();
          setOpen(false);
        }}
      >
        {children}
      </button>
      {open && (
        <span id={id} role="tooltip" className={`absolute z-30 w-max max-w-[min(22rem,82vw)] ${horizontal} ${vertical}`}>
          <span className="rise block rounded-lg border border-line bg-raised px-3 py-2 text-[13px] leading-snug text-ink shadow-float">
            {tip}
          </span>
        </span>
      )}
    </span>
  );
}
