// The model's name and state, in the header; pointed at or focused, it tells what it knows about the model.
import type { ModelState } from '../../electron/contract/models.ts';
import { strings } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';
import { ModelFacts } from './model-facts.tsx';
import { useModel } from './model-store.ts';

type Light = 'ready' | 'working' | 'failed' | 'off';

const lights: Record<Light, string> = {
  ready: 'bg-accent',
  working: 'bg-slow breathe',
  failed: 'bg-danger',
  off: 'bg-line-strong',
};

function describe(state: ModelState | null): { light: Light; name: string; text: string } {
  if (!state) return { light: 'off', name: '', text: strings.model.unknown };
  switch (state.status) {
    case 'unloaded':
      return { light: 'off', name: '', text: strings.model.none };
    case 'loading':
      return { light: 'working', name: state.model.name, text: strings.model.loading(state.fraction) };
    case 'calibrating':
      return { light: 'working', name: state.model.name, text: strings.model.calibrating };
    case 'ready':
      return { light: 'ready', name: state.model.name, text: strings.model.ready };
    case 'failed':
      return {
        light: state.restarting ? 'working' : 'failed',
        name: state.model?.name ?? '',
        text: state.restarting ? strings.model.restarting : strings.model.failed,
      };
  }
}

export function ModelStatus() {
  const state = useModel((model) => model.state);
  const { light, name, text } = describe(state);
  const loaded = state?.status === 'ready' || state?.status === 'calibrating' ? state : null;
  return (
    <div className="relative min-w-0" data-testid="model-state" data-status={state?.status ?? 'unknown'}>
      <Tip
        side="below"
        tip={loaded ? <ModelFacts state={loaded} /> : text}
        className="flex max-w-full items-center gap-2 px-2 py-1 leading-tight"
      >
        <span aria-hidden className={`size-2 shrink-0 rounded-full ${lights[light]}`} />
        <span className="flex min-w-0 flex-col sm:flex-row sm:items-baseline sm:gap-2">
          <span className="sr-only">{strings.model.label}: </span>
          {name && <span className="truncate text-[14px] font-medium">{name}</span>}
          <span className="truncate text-[12.5px] text-ink-soft tabular-nums">{text}</span>
        </span>
      </Tip>
    </div>
  );
}

/** A thin line under the header that fills while a model is loading. */
export function LoadingBar() {
  const state = useModel((model) => model.state);
  if (state?.status !== 'loading') return null;
  return (
    <div
      role="progressbar"
      aria-label={strings.model.loading(state.fraction)}
      aria-valuenow={Math.round(state.fraction * 100)}
      className="absolute inset-x-0 -bottom-px h-0.5"
    >
      <div className="h-full bg-accent transition-[width]" style={{ width: `${state.fraction * 100}%` }} />
    </div>
  );
}
