// A short explanation that shows when its text is pointed at or focused. Escape hides it; screen readers get it as the
// description.
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';

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

/** Distance that a bubble keeps from the edges, in pixels. */
const margin = 8;
/** The header's height: a bubble that would reach under it opens downwards. */
const topEdge = 60;

interface Place {
  shift: number;
  below: boolean;
}

export function Tip({ tip, children, className = '', align = 'start', side = 'above', testId }: TipProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const bubble = useRef<HTMLSpanElement>(null);
  const [place, setPlace] = useState<Place>({ shift: 0, below: false });

  useLayoutEffect(() => {
    if (!open || !bubble.current) return;
    const box = bubble.current.getBoundingClientRect();
    const tooFarRight = Math.min(0, document.documentElement.clientWidth - margin - box.right);
    const tooFarLeft = Math.max(0, margin - box.left);
    setPlace({ shift: tooFarRight || tooFarLeft, below: side === 'above' && box.top < topEdge });
    return () => setPlace({ shift: 0, below: false });
  }, [open, side]);

  const horizontal = align === 'start' ? 'left-0' : 'right-0';
  const vertical = side === 'above' && !place.below ? 'bottom-full pb-1.5' : 'top-full pt-1.5';
  return (
    <span
      className="relative inline-flex max-w-full min-w-0 items-center"
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
          // Escape was meant for the bubble, not for the answer under way.
          event.preventDefault();
          setOpen(false);
        }}
      >
        {children}
      </button>
      {open && (
        <span
          ref={bubble}
          id={id}
          role="tooltip"
          className={`absolute z-30 w-max max-w-[min(22rem,calc(100vw-1rem))] ${horizontal} ${vertical}`}
          style={{ translate: `${place.shift}px` }}
        >
          <span className="rise block rounded-lg border border-line bg-raised px-3 py-2 text-[13px] leading-snug text-ink shadow-float">
            {tip}
          </span>
        </span>
      )}
    </span>
  );
}
