// An answer: its text or its rounds, how it ended, its figures, and what can be done with it.
import { memo, useInsertionEffect, useMemo, useRef, useState } from 'react';
import type { Round } from '../../electron/contract/engine.ts';
import { MarkdownText } from '../markdown/markdown-text.tsx';
import { originRuns } from '../origins/origin-runs.ts';
import { OriginRuns, PaintedBlock, RunsContext } from '../origins/painted-block.tsx';
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { Mark } from '../ui/mark.tsx';
import { AnswerActions } from './answer-actions.tsx';
import { AnswerEnding } from './answer-ending.tsx';
import { FigureLine } from './figure-line.tsx';
import { askedMode } from './figures.ts';
import type { MessageProps } from './message-item.tsx';
import { RoundsView } from './rounds-view.tsx';
import { useRounds } from './use-rounds.ts';
import { Waiting } from './waiting.tsx';

export function AnswerMessage({ chatId, message: told, place, total, isLast, wanted }: MessageProps) {
  const showRejected = useSettings((state) => state.settings.showRejected);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const text = useRef<HTMLDivElement>(null);
  const rounds = useRounds(chatId, told);
  const message = useMemo(() => (told.rounds === rounds ? told : { ...told, rounds: [...rounds] }), [told, rounds]);
  const streaming = message.status === 'streaming';
  // Also where nothing was worth verifying: the rounds show why.
  const drafted = askedMode(message) !== 'plain';
  const asRounds = drafted && rounds.length > 0 && (chosen ?? showRejected);
  return (
    <article
      aria-label={strings.chat.assistant}
      aria-busy={streaming}
      aria-posinset={place}
      aria-setsize={total}
      data-testid="message-assistant"
      data-status={message.status}
      data-wanted={wanted || undefined}
      className="group/message message grid grid-cols-[minmax(0,1fr)] gap-x-4 sm:grid-cols-[2rem_minmax(0,1fr)]"
    >
      <span aria-hidden className="hidden size-8 items-center justify-center rounded-full bg-accent-soft text-accent sm:flex">
        <Mark size={19} />
      </span>
      <div className="min-w-0 space-y-3 pt-0.5">
        {streaming && message.text === '' && <Waiting messageId={message.id} />}
        {message.text !== '' &&
          (asRounds ? (
            <RoundsView rounds={rounds} />
          ) : (
            <div ref={text}>
              <AnswerText text={message.text} rounds={rounds} />
            </div>
          ))}
        <AnswerEnding message={message} isLast={isLast} />
        <div className="space-y-0.5">
          <FigureLine message={message} />
          <AnswerActions
            message={message}
            isLast={isLast}
            drafted={drafted}
            asRounds={asRounds}
            onAsRounds={setChosen}
            plainText={() => text.current?.innerText ?? message.text}
          />
        </div>
      </div>
    </article>
  );
}

const AnswerText = memo(function AnswerText({ text, rounds }: { text: string; rounds: readonly Round[] }) {
  const [runs] = useState(() => new OriginRuns());
  // Before the layout effects, in which the blocks whose text is new paint themselves.
  useInsertionEffect(() => runs.put(originRuns(rounds)), [runs, rounds]);
  const known = rounds.length > 0;
  const answer = useMemo(() => ({ runs, known }), [runs, known]);
  return (
    <div className="prose" data-testid="answer-text">
      <RunsContext value={answer}>
        <MarkdownText text={text} Wrapper={PaintedBlock} />
      </RunsContext>
    </div>
  );
});
