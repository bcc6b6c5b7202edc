// How an answer ended, where that needs saying: stopped, cut short, or failed, each with what to do about it.
import type { ReactNode } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import type { ErrorCode } from '../../electron/contract/errors.ts';
import { useModel } from '../model/model-store.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { useChat } from './chat-store.ts';

/** Errors that the same prompt would meet again: a new chat is the way out. */
const needsNewChat: ReadonlySet<ErrorCode> = new Set(['prompt-too-long']);

interface EndingProps {
  message: Message;
  isLast: boolean;
}

export function AnswerEnding({ message, isLast }: EndingProps) {
  const { stats } = message;
  const forgot = stats !== null && (stats.contextShifts > 0 || (stats.leftOutTurns ?? 0) > 0);
  return (
    <>
      {forgot && <Note testId="context-left">{strings.chat.contextLeft}</Note>}
      <Ending message={message} isLast={isLast} />
    </>
  );
}

function Ending({ message, isLast }: EndingProps) {
  if (message.status === 'streaming') return null;
  if (message.status === 'failed') {
    const code = message.error?.code;
    return (
      <Notice
        tone="danger"
        title={strings.chat.failed}
        testId="message-error"
        actions={isLast && (code && needsNewChat.has(code) ? <NewChatButton /> : <TryAgainButton messageId={message.id} />)}
      >
        {message.error?.message}
      </Notice>
    );
  }
  if (message.stopReason === 'context-full') {
    return (
      <Notice tone="info" actions={isLast && <NewChatButton />}>
        {strings.chat.contextFull}
      </Notice>
    );
  }
  if (message.status === 'stopped' || message.stopReason === 'cancelled') return <Note>{strings.chat.stopped}</Note>;
  if (message.stopReason === 'max-tokens') return <Note>{strings.chat.maxTokens}</Note>;
  if (message.text.trim() === '') return <Note>{strings.chat.emptyAnswer}</Note>;
  return null;
}

function Note({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <p data-testid={testId} className="text-[14px] text-ink-soft italic">
      {children}
    </p>
  );
}

function TryAgainButton({ messageId }: { messageId: string }) {
  const regenerate = useChat((state) => state.regenerate);
  const ready = useModel(({ state }) => state?.status === 'ready');
  return (
    <button type="button" className="button" data-testid="try-again" disabled={!ready} onClick={() => void regenerate(messageId)}>
      {strings.tryAgain}
    </button>
  );
}

function NewChatButton() {
  const newChat = useChat((state) => state.newChat);
  return (
    <button type="button" className="button" onClick={() => void newChat()}>
      {strings.header.newChat}
    </button>
  );
}
