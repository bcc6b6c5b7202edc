// One message: what the user wrote, or an answer with its figures, its rounds and what went wrong.
import { RotateCcw } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import { MarkdownText } from '../markdown/markdown-text.tsx';
import { originRuns } from '../origins/origin-runs.ts';
import { PaintedBlock, RunsContext } from '../origins/painted-block.tsx';
import { useSettings } from '../settings/settings-store.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Mark } from '../ui/mark.tsx';
import { AnswerEnding } from './answer-ending.tsx';
import { useChat } from './chat-store.ts';
import { FigureLine } from './figure-line.tsx';
import { modeOf, rejectedDrafts } from './figures.ts';
import { RoundsView } from './rounds-view.tsx';
import { Waiting } from './waiting.tsx';

export const MessageItem = memo(function MessageItem({ message, isLast }: { message: Message; isLast: boolean }) {
  return message.role === 'user' ? <UserMessage message={message} /> : <AssistantMessage message={message} isLast={isLast} />;
});

function UserMessage({ message }: { message: Message }) {
  return (
    <article aria-label={strings.chat.you} data-testid="message-user" className="flex justify-end">
      <p className="max-w-[min(60ch,88%)] rounded-2xl rounded-br-md bg-bubble px-4 py-2.5 text-[16px] leading-relaxed wrap-anywhere whitespace-pre-wrap">
        {message.text}
      </p>
    </article>
  );
}

function AssistantMessage({ message, isLast }: { message: Message; isLast: boolean }) {
  const showRejected = useSettings((state) => state.settings.showRejected);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const streaming = message.status === 'streaming';
  // Also where nothing was worth verifying: the rounds show why.
  const drafted = modeOf(message.rounds) !== 'plain';
  const asRounds = drafted && (chosen ?? showRejected);
  return (
    <article
      aria-label={strings.chat.assistant}
      aria-busy={streaming}
      data-testid="message-assistant"
      data-status={message.status}
      className="grid grid-cols-[minmax(0,1fr)] gap-x-4 sm:grid-cols-[2rem_minmax(0,1fr)]"
    >
      <span aria-hidden className="hidden size-8 items-center justify-center rounded-full bg-accent-soft text-accent sm:flex">
        <Mark size={19} />
      </span>
      <div className="min-w-0 space-y-3 pt-0.5">
        {streaming && message.text === '' && <Waiting messageId={message.id} />}
        {message.text !== '' && (asRounds ? <RoundsView rounds={message.rounds} /> : <AnswerText message={message} />)}
        <AnswerEnding message={message} isLast={isLast} />
        <div className="space-y-0.5">
          <FigureLine message={message} />
          {message.text !== '' && (drafted || !streaming) && (
            <div className="-ml-1.5 flex flex-wrap items-center gap-x-1">
              {drafted && (
                <button
                  type="button"
                  className="button-ghost"
                  data-testid="toggle-rounds"
                  aria-pressed={asRounds}
                  onClick={() => setChosen(!asRounds)}
                >
                  {asRounds ? strings.rounds.hide : strings.rounds.show(rejectedDrafts(message.rounds))}
                </button>
              )}
              {!streaming && <CopyButton label={strings.chat.copyAnswer} text={() => message.text} />}
              {isLast && !streaming && message.status !== 'failed' && <AnswerAgain />}
            </div>
          )}
        </div>
      </div>
    </article>
  );
}

function AnswerText({ message }: { message: Message }) {
  const runs = useMemo(() => originRuns(message.rounds), [message.rounds]);
  return (
    <div className="prose" data-testid="answer-text">
      <RunsContext value={runs}>
        <MarkdownText text={message.text} Wrapper={PaintedBlock} />
      </RunsContext>
    </div>
  );
}

function AnswerAgain() {
  const retry = useChat((state) => state.retry);
  return (
    <button
      type="button"
      className="button-ghost"
      aria-label={strings.chat.answerAgain}
      title={strings.chat.answerAgain}
      onClick={() => void retry()}
    >
      <RotateCcw size={15} aria-hidden />
    </button>
  );
}
