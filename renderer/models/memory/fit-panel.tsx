// "Will it fit?", for a context and a K/V cache that the user chooses: asked of the core with every change.
import { useId } from 'react';
import { longestDefaultContext, type Fit, type FitChoices } from '../../../electron/contract/fit.ts';
import type { Answer } from '../../use-answer.ts';
import { FailedAnswer } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { FitView } from './fit-view.tsx';

const text = modelsText.fit;

const contexts = [2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576];

interface FitPanelProps {
  choices: FitChoices;
  onChange: (choices: FitChoices) => void;
  /** Tokens; 0 where it is unknown. */
  trainedContext: number;
  answer: Pick<Answer<Fit>, 'value' | 'error' | 'asking' | 'askAgain'>;
}

export function FitPanel({ choices, onChange, trainedContext, answer }: FitPanelProps) {
  const id = useId();
  const longest = trainedContext || Infinity;
  const offered = [...contexts.filter((tokens) => tokens < longest), ...(trainedContext ? [trainedContext] : [])];
  return (
    <section aria-labelledby={`${id}-title`} data-testid="fit" aria-busy={answer.asking}>
      <h3 id={`${id}-title`} className="text-[15px] font-semibold">
        {text.title}
      </h3>
      <div className="mt-2 mb-4 flex flex-wrap gap-3">
        <label className="min-w-40 flex-1 text-[13px] text-ink-soft">
          {text.context}
          <select
            className="field mt-1"
            data-testid="fit-context"
            value={choices.contextSize ?? 0}
            onChange={(event) => onChange({ ...choices, contextSize: Number(event.target.value) })}
          >
            <option value={0}>
              {text.contextDefault(trainedContext ? Math.min(trainedContext, longestDefaultContext) : null)}
            </option>
            {offered.map((tokens) => (
              <option key={tokens} value={tokens}>
                {text.contextOption(tokens)}
              </option>
            ))}
          </select>
        </label>
        <label className="min-w-40 flex-1 text-[13px] text-ink-soft">
          {text.cacheType}
          <select
            className="field mt-1"
            value={choices.cacheType ?? 'f16'}
            onChange={(event) => onChange({ ...choices, cacheType: event.target.value === 'q8_0' ? 'q8_0' : 'f16' })}
          >
            <option value="f16">{text.cacheTypes.f16}</option>
            <option value="q8_0">{text.cacheTypes.q8_0}</option>
          </select>
        </label>
      </div>
      {/* As high as an answer, so that nothing below moves when it comes. */}
      <div className={`min-h-44 transition-opacity ${answer.asking && answer.value ? 'opacity-60' : ''}`}>
        {answer.error ? (
          <FailedAnswer title={text.failed} error={answer.error} askAgain={answer.askAgain} />
        ) : answer.value ? (
          <FitView fit={answer.value} />
        ) : (
          <div role="status">
            <p className="text-[13.5px] text-ink-soft">{text.checking}</p>
            <div aria-hidden className="skeleton mt-3 h-24" />
          </div>
        )}
      </div>
    </section>
  );
}
