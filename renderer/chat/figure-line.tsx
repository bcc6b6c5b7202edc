// The line of figures under an answer: speed, speedup over plain decoding as measured here, tokens per round, acceptance,
// and how much of it automatic drafting sat out.
// While the answer streams they are refreshed a few times a second: faster cannot be read.
import { TriangleAlert, Zap } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Costs, DraftingMode } from '../../electron/contract/engine.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';
import { AnswerDetails } from './answer-details.tsx';
import { figuresOf, type Figures, type Speedup } from './figures.ts';
import { chatText } from './strings.ts';
import { useThrottled } from './use-throttled.ts';

const refreshMs = 250;

export function FigureLine({ message }: { message: Message }) {
  const streaming = message.status === 'streaming';
  const shown = useThrottled(message, streaming ? refreshMs : 0);
  const state = useModel((model) => model.state);
  const copies = useSettings(({ settings }) => settings.decodingMode === 'auto' && settings.promptLookup);
  const costs = costsFor(state, message.modelName);
  const figures = figuresOf(shown, costs);
  if (!figures) {
    return streaming && message.text !== '' ? <p className="text-[13px] text-ink-soft">{strings.figures.measuring}</p> : null;
  }
  const { stats } = shown;
  const undrafted = state?.status === 'ready' && state.loaded.adapter === null && !copies;
  return (
    <div
      role="group"
      aria-label={strings.figures.label}
      data-testid="stats"
      className="flex flex-wrap items-center gap-x-3.5 gap-y-1 text-[13px] leading-6 text-ink-soft tabular-nums"
    >
      {figures.speedup && <SpeedupFigure speedup={figures.speedup} mode={figures.mode} costs={costs} />}
      {figures.mode === 'kangaroo' && figures.speedup?.verdict === 'slower' && <SwitchToAutomatic />}
      <Tip
        tip={
          stats
            ? strings.figures.tokensPerSecondTip(stats.tokens, stats.promptTokens, stats.cachedTokens, stats.promptMs)
            : strings.figures.tokensPerSecondLiveTip
        }
      >
        <span data-testid="tokens-per-second">{strings.figures.tokensPerSecond(figures.tokensPerSecond)}</span>
      </Tip>
      {figures.mode === 'plain' ? (
        <span>{undrafted ? strings.figures.noAdapter : strings.figures.plain}</span>
      ) : (
        <DraftingFigures figures={figures} />
      )}
      <span className="max-sm:hidden">{chatText.figures.tokens(figures.tokens)}</span>
      {message.timeToFirstTokenMs !== null && (
        <Tip tip={chatText.figures.firstTokenTip}>
          <span data-testid="first-token">{chatText.figures.firstToken(message.timeToFirstTokenMs)}</span>
        </Tip>
      )}
      {!streaming && <AnswerDetails message={message} />}
    </div>
  );
}

function DraftingFigures({ figures }: { figures: Figures }) {
  const { pauses, rounds, drafted, accepted, copied, pausedRounds, discarded } = figures;
  return (
    <>
      <Tip tip={strings.figures.tokensPerRoundTip}>{strings.figures.tokensPerRound(figures.tokensPerRound)}</Tip>
      {drafted > 0 && (
        <Tip tip={strings.figures.acceptanceTip(accepted, drafted, copied)}>{strings.figures.acceptance(accepted / drafted)}</Tip>
      )}
      {pauses && (
        <Tip tip={strings.figures.pausedTip(pausedRounds, rounds, discarded)} testId="paused-share">
          {strings.figures.paused(pausedRounds / rounds)}
        </Tip>
      )}
    </>
  );
}

const looks = {
  faster: 'bg-accent-soft text-accent',
  slower: 'bg-slow-soft text-slow',
  same: 'bg-sunken text-ink-soft',
};

function SpeedupFigure({ speedup, mode, costs }: { speedup: Speedup; mode: DraftingMode; costs: Costs | null }) {
  // Automatic drafting has done what can be done: its being slower is a figure, nobody's task.
  const alarming = speedup.verdict === 'slower' && mode === 'kangaroo';
  const look = speedup.verdict === 'faster' ? looks.faster : alarming ? looks.slower : looks.same;
  const Icon = speedup.verdict === 'faster' ? Zap : alarming ? TriangleAlert : null;
  return (
    <Tip
      tip={speedupTip(speedup, costs)}
      testId="speedup"
      className={`inline-flex items-center gap-1.5 rounded-full px-2.5 font-medium ${look}`}
    >
      {Icon && <Icon size={13} aria-hidden className="shrink-0" />}
      {speedupText(speedup, mode)}
    </Tip>
  );
}

function speedupText({ factor, verdict }: Speedup, mode: DraftingMode): string {
  if (mode === 'auto') return verdict === 'same' ? strings.figures.asFast(factor) : strings.figures.factor(factor);
  return verdict === 'faster' ? strings.figures.factor(factor) : strings.figures[verdict](factor);
}

function speedupTip({ factor, baseline }: Speedup, costs: Costs | null): string {
  if (baseline === 'answer') return strings.figures.answerTip(factor);
  if (!costs) return strings.figures.calibrationTipShort(factor);
  const { plainTokensPerSecond, plainTokensPerSecondQuartiles, depth } = costs;
  return strings.figures.calibrationTip(factor, plainTokensPerSecond, ...plainTokensPerSecondQuartiles, depth);
}

/** The remedy for a drafting that does not pay; gone once it was taken. */
function SwitchToAutomatic() {
  const mode = useSettings((state) => state.settings.decodingMode);
  const change = useSettings((state) => state.change);
  if (mode !== 'kangaroo') return null;
  return (
    <button
      type="button"
      className="rounded text-ink underline decoration-line-strong underline-offset-3 hover:decoration-ink"
      title={strings.drafting.switchToAutomaticTitle}
      onClick={() => void change('decodingMode', 'auto')}
    >
      {strings.drafting.switchToAutomatic}
    </button>
  );
}
