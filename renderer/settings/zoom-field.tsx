// The size of everything: on the desktop with buttons, in a browser a word on its own keys.
import { Minus, Plus } from 'lucide-react';
import { canZoom, useZoomFactor, zoom } from '../layout/zoom.ts';
import { strings } from '../strings.ts';

const text = strings.settings.zoom;

export function ZoomField() {
  const factor = useZoomFactor();
  if (!canZoom()) {
    return (
      <div>
        <p className="text-[14.5px] font-medium">{text.label}</p>
        <p className="text-[13px] leading-snug text-ink-soft">{text.inBrowser}</p>
      </div>
    );
  }
  return (
    <div role="group" aria-label={text.label} className="flex items-center justify-between gap-4">
      <span className="text-[14.5px] font-medium">{text.label}</span>
      <span className="flex items-center gap-1">
        <button type="button" className="button-icon" aria-label={text.smaller} title={text.smaller} onClick={() => zoom(-1)}>
          <Minus size={16} aria-hidden />
        </button>
        <button
          type="button"
          className="button-ghost min-w-14 justify-center tabular-nums"
          title={text.usual}
          onClick={() => zoom(0)}
        >
          <span aria-live="polite">{text.percent(factor)}</span>
          <span className="sr-only">, {text.usual}</span>
        </button>
        <button type="button" className="button-icon" aria-label={text.larger} title={text.larger} onClick={() => zoom(1)}>
          <Plus size={16} aria-hidden />
        </button>
      </span>
    </div>
  );
}
