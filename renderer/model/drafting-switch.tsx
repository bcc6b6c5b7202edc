// Says truthfully whether the model drafts, and if not, why; switches it.
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';
import { useModel } from './model-store.ts';

export function DraftingSwitch() {
  const loaded = useModel(({ state }) => (state?.status === 'ready' || state?.status === 'calibrating' ? state.loaded : null));
  const mode = useSettings((state) => state.settings.decodingMode);
  const maxDraft = useSettings((state) => state.settings.maxDraft);
  const change = useSettings((state) => state.change);
  if (!loaded) return null;
  if (!loaded.adapter) {
    const why = loaded.adapterError
      ? strings.drafting.adapterError(loaded.adapterError.message)
      : strings.drafting.noAdapterTitle;
    return (
      <Tip
        tip={why}
        side="below"
        align="end"
        testId="drafting"
        className="rounded-full border border-line px-2.5 py-0.5 text-[12.5px] whitespace-nowrap text-ink-soft"
      >
        <span className="max-sm:hidden">{strings.drafting.noAdapter}</span>
        <span className="sm:hidden">{strings.drafting.noAdapterShort}</span>
      </Tip>
    );
  }
  const on = mode === 'kangaroo';
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      title={on ? strings.drafting.onTitle(maxDraft) : strings.drafting.offTitle}
      data-testid="drafting"
      className={`inline-flex items-center gap-2 rounded-full border px-2.5 py-0.5 text-[12.5px] whitespace-nowrap transition-colors ${
        on ? 'border-transparent bg-accent-soft text-accent' : 'border-line text-ink-soft hover:text-ink'
      }`}
      onClick={() => void change('decodingMode', on ? 'plain' : 'kangaroo')}
    >
      <span aria-hidden className={`relative h-3 w-5 rounded-full ${on ? 'bg-accent' : 'bg-line-strong'}`}>
        <span className={`absolute top-0.5 size-2 rounded-full bg-paper transition-[left] ${on ? 'left-2.5' : 'left-0.5'}`} />
      </span>
      <span className="max-[440px]:sr-only">{on ? strings.drafting.on : strings.drafting.off}</span>
    </button>
  );
}
