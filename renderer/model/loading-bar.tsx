// A thin line under the header that fills while a model is loading.
import { strings } from '../strings.ts';
import { useModel } from './model-store.ts';

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
