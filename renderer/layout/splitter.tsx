// The border between a panel and the chat: dragged, or moved with the arrow keys; a double click brings the usual width back.
import { useRef } from 'react';
import { strings } from '../strings.ts';
import type { Region } from './use-media.ts';
import { regionWidths, useView } from './view-store.ts';

/** What an arrow key moves it by, in CSS pixels. */
const step = 16;

export function Splitter({ region }: { region: Region }) {
  const width = useView((state) => state.widths[region]);
  const setWidth = useView((state) => state.setWidth);
  const { least, usual, most } = regionWidths[region];
  /** The sidebar grows to the right, the panel to the left. */
  const direction = region === 'sidebar' ? 1 : -1;
  const dragged = useRef<{ fromX: number; fromWidth: number } | null>(null);

  function onKeyDown(event: React.KeyboardEvent): void {
    const to = {
      ArrowRight: width + step * direction,
      ArrowLeft: width - step * direction,
      Home: least,
      End: most,
      Enter: usual,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setWidth(region, to);
  }

  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={strings.layout.resize[region]}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      className="splitter"
      data-testid={`splitter-${region}`}
      onKeyDown={onKeyDown}
      onDoubleClick={() => setWidth(region, usual)}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        dragged.current = { fromX: event.clientX, fromWidth: width };
      }}
      onPointerMove={(event) => {
        if (!dragged.current) return;
        const { fromX, fromWidth } = dragged.current;
        setWidth(region, fromWidth + (event.clientX - fromX) * direction);
      }}
      onPointerUp={() => (dragged.current = null)}
      onPointerCancel={() => (dragged.current = null)}
    />
  );
}
