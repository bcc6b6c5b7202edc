// What the panel says where there is nothing to draw, or where drafting rests: what is the case, and what to do about it.
import { Activity, CircleAlert, Pause, Quote, Rabbit, TrendingDown } from 'lucide-react';
import type { ReactNode } from 'react';
import type { TrainingJob } from '../../electron/contract/adapters.ts';
import type { Round } from '../../electron/contract/engine.ts';
import type { ModelState } from '../../electron/contract/models.ts';
import { useAdapters } from '../adapters/adapters-store.ts';
import { remainingText } from '../number-text.ts';
import { hrefOf } from '../route.ts';
import { useAnswer } from '../use-answer.ts';
import { changeNextAnswer, useNextAnswer } from './next-answer.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.states;

/** In place of charts. */
export function EmptyState({ title, children, testId }: { title: string; children: ReactNode; testId: string }) {
  return (
    <div data-testid={testId} className="flex flex-col items-center px-6 py-14 text-center">
      <span className="flex size-12 items-center justify-center rounded-full bg-accent-soft text-accent">
        <Activity size={24} aria-hidden />
      </span>
      <h3 className="mt-4 text-[17px] font-semibold">{title}</h3>
      <p className="mt-1 max-w-[40ch] text-[14px] text-pretty text-ink-soft">{children}</p>
    </div>
  );
}

export function LoadingState() {
  return (
    <div role="status" className="space-y-4" data-testid="visualizer-loading">
      <span className="sr-only">{text.loading}</span>
      <div className="skeleton h-20" />
      <div className="skeleton h-52" />
      <div className="skeleton h-32" />
    </div>
  );
}

interface StandingProps {
  rounds: readonly Round[];
  model: ModelState | null;
  /** The rounds were slower than plain decoding, beyond doubt. */
  slower: boolean;
}

/** What explains these rounds, and the remedy: paused, plain, slower, or without an adapter; nothing where drafting paid. */
export function Standing({ rounds, model, slower }: StandingProps) {
  const { decodingMode: mode } = useNextAnswer();
  const paused = rounds.filter((round) => round.paused);
  const drafted = rounds.some(({ drafts }) => drafts.length > 0);
  const byAdapter = rounds.some((round) => round.mode === 'kangaroo');
  // Rounds of another model may have drafted: then they are what is told of.
  if (model?.status === 'ready' && model.loaded.adapter === null && !byAdapter) return <NoAdapter model={model} />;
  if (rounds.length > 0 && paused.length > rounds.length / 2) {
    const expected = paused.flatMap(({ expectedSpeedup }) => (expectedSpeedup === null ? [] : [expectedSpeedup])).at(-1);
    return (
      <Card Icon={Pause} title={text.pausedTitle(paused.length / rounds.length)} testId="standing-paused">
        {/* From here on, two digits would read 1.00×: no reason to pause. */}
        <p>{text.pausedText(expected !== undefined && expected < 0.995 ? expected : null)}</p>
      </Card>
    );
  }
  if (rounds.length > 0 && !drafted) {
    return (
      <Card Icon={Rabbit} title={text.plainTitle} testId="standing-plain">
        <p>{text.plainText}</p>
        {mode === 'plain' && <Automatic />}
      </Card>
    );
  }
  if (slower && byAdapter && mode === 'kangaroo') {
    return (
      <Card Icon={TrendingDown} title={text.slowerTitle} testId="standing-slower">
        <p>{text.slowerText}</p>
        <Automatic />
      </Card>
    );
  }
  return null;
}

function Automatic() {
  return (
    <button type="button" className="button mt-2" onClick={() => void changeNextAnswer({ decodingMode: 'auto' })}>
      {text.draftAutomatically}
    </button>
  );
}

/** Why the first layers do not draft, and how long it takes until they do, as the app's own estimate says. */
function NoAdapter({ model: { model, loaded } }: { model: Extract<ModelState, { status: 'ready' }> }) {
  const { decodingMode, promptLookup } = useNextAnswer();
  const ask = useAdapters((state) => state.ask);
  const training = useAdapters(({ state }) => state?.jobs.some((job) => job.modelId === model.id && isUnderWay(job)) ?? false);
  // As the list of adapters asks, so that both say the same.
  const { value: estimate, error } = useAnswer(`estimate ${model.id} standard null`, ({ adapters }) =>
    adapters.estimate(model.id, { amount: 'standard', useChats: false, exitLayer: null }),
  );
  const refused = loaded.adapterError;
  const impossible = error ?? estimate?.problem ?? null;
  return (
    <Card
      Icon={refused ? CircleAlert : Quote}
      title={refused ? text.refusedTitle : text.noAdapterTitle}
      testId="standing-no-adapter"
    >
      {refused && <p className="wrap-anywhere">{refused.message}</p>}
      <p>{decodingMode === 'auto' && promptLookup ? text.noAdapterText : text.noAdapterNoCopies}</p>
      {impossible && <p className="wrap-anywhere">{text.cannotTrain(impossible.message)}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        {training ? (
          <a className="button" href={hrefOf({ view: 'adapters' })} data-testid="to-training">
            {text.trainingLink}
          </a>
        ) : (
          !impossible && (
            <a
              className="button-accent"
              href={hrefOf({ view: 'adapters' })}
              data-testid="to-training"
              onClick={() => ask({ modelId: model.id, name: model.name, layers: loaded.model.layers })}
            >
              {estimate ? text.train(remainingText(estimate.totalMs)) : text.trainUnknown}
            </a>
          )
        )}
        <a className="button" href={hrefOf({ view: 'library', modelId: model.id })}>
          {text.noAdapterLink}
        </a>
      </div>
    </Card>
  );
}

const isUnderWay = ({ status }: TrainingJob) => status !== 'completed' && status !== 'failed';

function Card({ Icon, title, children, testId }: { Icon: typeof Pause; title: string; children: ReactNode; testId: string }) {
  return (
    <div data-testid={testId} className="flex gap-3 rounded-xl bg-sunken px-4 py-3 text-[13.5px] leading-normal">
      <Icon size={17} aria-hidden className="mt-0.5 shrink-0 text-ink-soft" />
      <div className="min-w-0">
        <p className="font-semibold">{title}</p>
        <div className="text-pretty text-ink-soft">{children}</div>
      </div>
    </div>
  );
}
