// The row below an answer: its branches, its rounds, and what can be done with it. That of the last answer always shows; the
// others' when they are pointed at or have the focus.
import { ChevronDown, Play, RotateCcw } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import type { DraftingMode } from '../../electron/contract/engine.ts';
import { useModel } from '../model/model-store.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { MenuButton, type MenuItems } from '../ui/menu.tsx';
import { BranchArrows } from './branch-arrows.tsx';
import { useChat } from './chat-store.ts';
import { rejectedDrafts } from './figures.ts';
import { MessageMenu } from './message-menu.tsx';
import { chatText } from './strings.ts';

interface AnswerActionsProps {
  message: Message;
  isLast: boolean;
  drafted: boolean;
  asRounds: boolean;
  onAsRounds: (asRounds: boolean) => void;
  plainText: () => string;
}

export function AnswerActions({ message, isLast, drafted, asRounds, onAsRounds, plainText }: AnswerActionsProps) {
  const streaming = message.status === 'streaming';
  const answering = useChat(({ chat }) => chat?.messages.at(-1)?.status === 'streaming');
  const written = message.text !== '';
  return (
    <div className="-ml-1.5 flex min-h-7 flex-wrap items-center gap-x-0.5">
      {!streaming && <BranchArrows message={message} />}
      {written && drafted && message.rounds.length > 0 && (
        <button
          type="button"
          className="button-ghost"
          data-testid="toggle-rounds"
          aria-pressed={asRounds}
          onClick={() => onAsRounds(!asRounds)}
        >
          {asRounds ? strings.rounds.hide : strings.rounds.show(rejectedDrafts(message.rounds))}
        </button>
      )}
      {!streaming && (
        <span className={`flex items-center gap-x-0.5 ${isLast ? '' : 'message-action'}`}>
          {written && <CopyButton label={strings.chat.copyAnswer} text={() => message.text} />}
          {!answering && <Again message={message} />}
          {!answering && isLast && written && <Continue message={message} />}
          <MessageMenu message={message} plainText={plainText} />
        </span>
      )}
    </div>
  );
}

const modes: readonly DraftingMode[] = ['auto', 'kangaroo', 'plain'];

function Again({ message: { id } }: { message: Message }) {
  const regenerate = useChat((state) => state.regenerate);
  const ready = useModel(({ state }) => state?.status === 'ready');
  const items = (): MenuItems =>
    modes.map((mode) => ({
      label: chatText.againModes[mode],
      testId: `regenerate-${mode}`,
      run: () => void regenerate(id, { decodingMode: mode }),
    }));
  return (
    <span className="flex items-center">
      <button
        type="button"
        className="button-ghost disabled:opacity-45"
        data-testid="regenerate"
        aria-label={strings.chat.answerAgain}
        title={strings.chat.answerAgain}
        disabled={!ready}
        onClick={() => void regenerate(id)}
      >
        <RotateCcw size={15} aria-hidden />
      </button>
      {ready && (
        <MenuButton label={chatText.againAs} items={items} className="button-ghost -ml-1 px-0" testId="regenerate-menu">
          <ChevronDown size={13} aria-hidden />
        </MenuButton>
      )}
    </span>
  );
}

function Continue({ message: { id } }: { message: Message }) {
  const continueAnswer = useChat((state) => state.continueAnswer);
  const ready = useModel(({ state }) => state?.status === 'ready');
  if (!ready) return null;
  return (
    <button
      type="button"
      className="button-ghost"
      data-testid="continue"
      title={chatText.continueTitle}
      onClick={() => void continueAnswer(id)}
    >
      <Play size={14} aria-hidden />
      {chatText.continueAnswer}
    </button>
  );
}
