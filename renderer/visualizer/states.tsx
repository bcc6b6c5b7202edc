// What the panel says where there is nothing to draw, or where drafting rests: what is the case, and what to do about it.
import { Activity, Pause, Quote, Rabbit } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ModelState } from '../../electron/contract/models.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { hrefOf } from '../route.ts';
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
}

/** What explains these rounds, and the remedy: paused, plain, or without an adapter; nothing where they drafted. */
export function Standing({ rounds, model }: StandingProps) {
  const { decodingMode: mode } = useNextAnswer();
  const paused = rounds.filter((round) => round.paused);
  const drafted = rounds.some(({ drafts }) => drafts.length > 0);
  const noAdapter = model?.status === 'ready' && model.loaded.adapter === null;
  if (noAdapter) {
    return (
      <Card Icon={Quote} title={text.noAdapterTitle} testId="standing-no-adapter">
        <p>{text.noAdapterText}</p>
        <div className="mt-2 flex flex-wrap gap-2">
          <a className="button" href={hrefOf({ view: 'adapters' })}>
            {text.adaptersLink}
          </a>
          <a className="button" href={hrefOf({ view: 'library', modelId: model.model.id })}>
            {text.noAdapterLink}
          </a>
        </div>
      </Card>
    );
  }
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
        {mode === 'plain' && (
          <button type="button" className="button mt-2" onClick={() => void changeNextAnswer({ decodingMode: 'auto' })}>
            {text.draftAutomatically}
          </button>
        )}
      </Card>
    );
  }
  return null;
}

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
