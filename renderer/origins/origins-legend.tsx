// What the tints mean; turns them on and off.
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';
import type { ShownOrigin } from './origin-runs.ts';
import { canPaint } from './painter.ts';

const paintable = canPaint();

export function OriginsLegend() {
  const shown = useSettings((state) => state.settings.showOrigins);
  const change = useSettings((state) => state.change);
  if (!paintable) {
    return (
      <Tip tip={strings.origins.unsupported} className="underline decoration-dotted underline-offset-3">
        {strings.origins.legend}
      </Tip>
    );
  }
  return (
    <button
      type="button"
      aria-pressed={shown}
      title={shown ? strings.origins.hide : strings.origins.show}
      data-testid="toggle-origins"
      className={`-mx-1 flex items-center gap-x-3 rounded-md px-1 py-0.5 transition-opacity hover:text-ink ${shown ? '' : 'opacity-60'}`}
      onClick={() => void change('showOrigins', !shown)}
    >
      <span className="sr-only">{strings.origins.legend}: </span>
      {shown ? <OriginKeys /> : strings.origins.show}
    </button>
  );
}

const origins = ['draft', 'copy', 'target'] as const;

/** The tints with their names: all of them, or those that there are. */
export function OriginKeys({ shown = origins }: { shown?: readonly ShownOrigin[] }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3">
      {shown.map((origin) => (
        <span key={origin} className="inline-flex items-center gap-1.5">
          <span aria-hidden className={`swatch-${origin}`} />
          {strings.origins[origin]}
        </span>
      ))}
    </span>
  );
}
