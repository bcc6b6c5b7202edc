// A panel that a button opens below itself. A click beside it or Escape closes it, and the focus goes back to the button.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';

interface PopoverProps {
  /** What the panel is about, for screen readers. */
  label: string;
  /** What the button shows. */
  button: ReactNode;
  buttonClass: string;
  /** Drawn while the panel is open; given how to close it. */
  children: ReactNode | ((close: () => void) => ReactNode);
  testId: string;
  /** Whose edges are in line with the button's. */
  align?: 'start' | 'end';
  /** The key that opens it, as `aria-keyshortcuts` writes it. */
  shortcut?: string;
}

/** All in pixels: the panel's width where there is room, its distance from the window's edges and from the button. */
const widest = 368;
const margin = 8;
const gap = 6;

interface Place {
  top: number | 'auto';
  bottom: number | 'auto';
  left: number;
  width: number;
}

/** Below the button, or above one that is far down. Edges in line, unless the panel would leave the window. */
function placeAt(opener: HTMLElement, align: 'start' | 'end'): Place {
  const box = opener.getBoundingClientRect();
  const room = document.documentElement.clientWidth - 2 * margin;
  const width = Math.min(widest, room);
  const left = align === 'end' ? box.right - width : Math.min(box.left, margin + room - width);
  const { clientHeight } = document.documentElement;
  const down = box.bottom < clientHeight * 0.6;
  const vertical = down
    ? { top: box.bottom + gap, bottom: 'auto' as const }
    : { top: 'auto' as const, bottom: clientHeight - box.top + gap };
  return { ...vertical, left: Math.max(margin, left), width };
}

export function Popover({ label, button, buttonClass, children, testId, align = 'end', shortcut }: PopoverProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  /** Null while it is closed. */
  const [place, setPlace] = useState<Place | null>(null);
  const open = place !== null;
  const close = () => document.getElementById(id)?.hidePopover();

  useEffect(() => {
    if (!open) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      // Escape was meant for the panel, not for the answer under way.
      event.preventDefault();
      panel.current?.hidePopover();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [open]);

  useEffect(() => {
    if (!open) return;
    const onResize = () => opener.current && setPlace(placeAt(opener.current, align));
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  }, [open, align]);

  return (
    <>
      <button
        ref={opener}
        type="button"
        popoverTarget={id}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-keyshortcuts={shortcut}
        data-testid={testId}
        className={buttonClass}
      >
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        data-testid={`${testId}-panel`}
        className="fixed m-0 max-h-[80dvh] overflow-y-auto rounded-xl border border-line bg-raised p-4 text-ink shadow-float"
        style={{ right: 'auto', top: 'auto', bottom: 'auto', ...place }}
        onBeforeToggle={(event) => {
          setPlace(event.newState === 'open' && opener.current ? placeAt(opener.current, align) : null);
        }}
      >
        {open && (typeof children === 'function' ? children(close) : children)}
      </div>
    </>
  );
}
