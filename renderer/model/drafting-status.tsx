// Says truthfully in the header whether the model drafts, and if not, why; opened, what to do about it.
import { ChevronDown, CircleOff, Pause, Quote, Zap } from 'lucide-react';
import { newestRound, draftingStateOf, type DraftingState } from './drafting-state.ts';
import { useChat } from '../chat/chat-store.ts';
import { useThrottled } from '../chat/use-throttled.ts';
import { DecodingModeField } from '../settings/decoding-mode-field.tsx';
import { hrefOf } from '../route.ts';
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Popover } from '../ui/popover.tsx';
import { useModel } from './model-store.ts';

const text = strings.drafting;

/** The newest round changes hundreds of times a second. */
const refreshMs = 400;

const looks = {
  on: { Icon: Zap, look: 'border-transparent bg-accent-soft text-accent' },
  copies: { Icon: Quote, look: 'border-line bg-sunken text-ink' },
  paused: { Icon: Pause, look: 'border-line bg-sunken text-ink' },
  off: { Icon: CircleOff, look: 'border-line text-ink-soft' },
};

/** Drafts come from the conversation alone. */
function isCopying(state: DraftingState): boolean {
  return state.kind === 'copiesOnly' || (state.kind === 'adapterError' && state.copies);
}

function lookOf(state: DraftingState) {
  if (state.kind === 'paused') return looks.paused;
  if (isCopying(state)) return looks.copies;
  return state.kind === 'automatic' || state.kind === 'always' ? looks.on : looks.off;
}

export function DraftingStatus() {
  const loaded = useModel(({ state }) => (state?.status === 'ready' || state?.status === 'calibrating' ? state.loaded : null));
  const general = useSettings((state) => state.settings);
  const own = useChat(({ chat }) => chat?.settings.overrides);
  const { decodingMode, promptLookup } = { ...general, ...own };
  const newest = useThrottled(
    useChat(({ chat }) => newestRound(chat)),
    refreshMs,
  );
  if (!loaded) return null;
  const state = draftingStateOf(loaded, { decodingMode, promptLookup }, newest);
  const { Icon, look } = lookOf(state);
  const [said, short] = wordsFor(state);
  return (
    <Popover
      label={text.label}
      testId="drafting"
      buttonClass={`inline-flex shrink-0 items-center gap-1.5 rounded-full border py-0.5 pr-2 pl-2.5 text-[12.5px] whitespace-nowrap tabular-nums transition-colors hover:border-line-strong ${look}`}
      button={
        <>
          <Icon size={13} aria-hidden className="shrink-0" />
          <span className="max-sm:sr-only">{said}</span>
          <span aria-hidden className="max-[440px]:hidden sm:hidden">
            {short}
          </span>
          <ChevronDown size={13} aria-hidden className="shrink-0 opacity-70" />
        </>
      }
    >
      <p className="text-[14.5px] font-semibold">{said}</p>
      <Reason state={state} />
      <div className="mt-4">
        <DecodingModeField />
      </div>
    </Popover>
  );
}

function wordsFor(state: DraftingState) {
  if (state.kind === 'paused') return text.paused(state.speedup);
  return state.kind === 'adapterError' && state.copies ? text.states.adapterErrorCopies : text.states[state.kind];
}

function reasonFor(state: DraftingState): string {
  if (state.kind === 'paused') return text.pausedReason(state.speedup);
  return state.kind === 'adapterError' && state.copies ? text.reasons.adapterErrorCopies : text.reasons[state.kind];
}

function Reason({ state }: { state: DraftingState }) {
  return (
    <div className="mt-1 space-y-2 text-[13.5px] leading-normal text-ink-soft">
      {state.kind === 'adapterError' && <p className="wrap-anywhere">{state.message}</p>}
      <p>{reasonFor(state)}</p>
      {(state.kind === 'noAdapter' || state.kind === 'copiesOnly' || state.kind === 'adapterError') && (
        <a className="button" href={hrefOf({ view: 'adapters' })} data-testid="train-adapter">
          {text.train}
        </a>
      )}
    </div>
  );
}
