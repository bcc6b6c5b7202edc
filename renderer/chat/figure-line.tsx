// The line of figures under an answer: speed, speedup over plain decoding as measured here, tokens per round, acceptance.
// While the answer streams they are refreshed a few times a second: faster cannot be read.
import { TriangleAlert, Zap } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Costs } from '../../electron/contract/engine.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';
import { figuresOf, type Figures, type Speedup } from './figures.ts';
import { useThrottled } from './use-throttled.ts';

const refreshMs = 250;

export function FigureLine({ message }: { message: Message }) {
  const streaming = message.status === 'streaming';
  const shown = useThrottled(message, streaming ? refreshMs : 0);
  const state = useModel((model) => model.state);
  const costs = costsFor(state, message.modelName);
  const figures = figuresOf(shown, costs);
  if (!figures) {
    return streaming && message.text !== '' ? <p className="text-[13px] text-ink-soft">{strings.figures.measuring}</p> : null;
  }
  const { stats } = shown;
  const noAdapter = state?.status === 'ready' && state.loaded.adapter === null;
  return (
    <div
      role="group"
      aria-label={strings.figures.label}
      data-testid="stats"
      className="flex flex-wrap items-center gap-x-3.5 gap-y-1 text-[13px] leading-6 text-ink-soft tabular-nums"
    >
      {figures.speedup && <SpeedupFigure speedup={figures.speedup} costs={costs} />}
      {figures.speedup?.verdict === 'slower' && <DecodePlainly />}
      <Tip
        tip={
          stats
            ? strings.figures.tokensPerSecondTip(stats.tokens, stats.promptTokens, stats.cachedTokens, stats.promptMs)
            : strings.figures.tokensPerSecondLiveTip
        }
      >
        <span data-testid="tokens-per-second">{strings.figures.tokensPerSecond(figures.tokensPerSecond)}</span>
      </Tip>
      {figures.drafting && <DraftingFigures figures={figures} />}
      {!figures.drafting && <span>{noAdapter ? strings.figures.noAdapter : strings.figures.plain}</span>}
    </div>
  );
}

function DraftingFigures({ figures }: { figures: Figures }) {
  return (
    <>
      <Tip tip={strings.figures.tokensPerRoundTip}>{strings.figures.tokensPerRound(figures.tokensPerRound)}</Tip>
      <Tip tip={strings.figures.acceptanceTip(figures.accepted, figures.drafted)}>
        {strings.figures.acceptance(figures.accepted / figures.drafted)}
      </Tip>
    </>
  );
}

const looks = {
  faster: 'bg-accent-soft text-accent',
  slower: 'bg-slow-soft text-slow',
  same: 'bg-sunken text-ink-soft',
};

function SpeedupFigure({ speedup, costs }: { speedup: Speedup; costs: Costs | null }) {
  const { factor, verdict } = speedup;
  const Icon = verdict === 'faster' ? Zap : verdict === 'slower' ? TriangleAlert : null;
  return (
    <Tip
      tip={
        costs
          ? strings.figures.speedupTip(costs.plainTokensPerSecond, ...costs.plainTokensPerSecondQuartiles, costs.depth)
          : strings.figures.speedupTipShort
      }
      testId="speedup"
      className={`inline-flex items-center gap-1.5 rounded-full px-2.5 font-medium ${looks[verdict]}`}
    >
      {Icon && <Icon size={13} aria-hidden className="shrink-0" />}
      {strings.figures[verdict](factor)}
    </Tip>
  );
}

/** The remedy for a drafting that does not pay; gone once it was taken. */
function DecodePlainly() {
  const mode = useSettings((state) => state.settings.decodingMode);
  const change = useSettings((state) => state.change);
  if (mode === 'plain') return null;
  return (
    <button
      type="button"
      className="rounded text-ink underline decoration-line-strong underline-offset-3 hover:decoration-ink"
      title={strings.drafting.decodePlainlyTitle}
      onClick={() => void change('decodingMode', 'plain')}
    >
      {strings.drafting.decodePlainly}
    </button>
  );
}
