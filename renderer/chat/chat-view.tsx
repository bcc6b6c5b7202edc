// The chat: its messages, what stands there before the first one, and the box to write in.
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { SendOptions } from '../../electron/contract/chats.ts';
import type { ModelState } from '../../electron/contract/models.ts';
import { useConnection } from '../connection-store.ts';
import { useModel } from '../model/model-store.ts';
import { ModelNotice } from '../model/model-notice.tsx';
import { isModelFile, takeDropped } from '../models/library/take-dropped.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { Announcer } from './announcer.tsx';
import { streamingMessage, useChat } from './chat-store.ts';
import { ChatDialogs } from './chat-dialogs.tsx';
import { Composer, type ComposerHandle } from './composer.tsx';
import { EmptyChat, LoadingChat } from './empty-chat.tsx';
import { FileDrop } from './file-drop.tsx';
import { MessageList } from './message-list.tsx';
import { useStickToBottom } from './stick-to-bottom.ts';
import { StoreProblem } from './store-problem.tsx';

/** Why nothing can be sent now; null when it can. */
function whyBlocked(connected: boolean, model: ModelState | null): string | null {
  if (!connected) return strings.connection.waiting;
  if (model?.status === 'ready') return null;
  if (model?.status === 'failed' && model.restarting) return strings.model.waiting.restarting;
  return strings.model.waiting[model?.status ?? 'unknown'];
}

export function ChatView() {
  const chat = useChat((state) => state.chat);
  const error = useChat((state) => state.error);
  const unreadable = useChat((state) => state.unreadable);
  const send = useChat((state) => state.send);
  const stop = useChat((state) => state.stop);
  const dismissError = useChat((state) => state.dismissError);
  const connected = useConnection((state) => state.status === 'open');
  const model = useModel((state) => state.state);
  const composer = useRef<ComposerHandle>(null);
  const { scroller, content, atBottom, scrollToBottom, letGo } = useStickToBottom();
  const streaming = streamingMessage(chat) !== null;

  useEffect(() => {
    if (!streaming) return;
    const onKeyDown = (event: KeyboardEvent) => {
      // Escape belongs to an open dialog first, and to an input method.
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || document.querySelector('dialog[open]')) return;
      // And to a box in which something else is being written.
      if (document.activeElement instanceof HTMLInputElement) return;
      void stop();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [streaming, stop]);

  const chatId = chat?.id;
  useEffect(() => {
    if (chatId === undefined) return;
    scrollToBottom('instant');
    document.getElementById('composer')?.focus();
  }, [chatId, scrollToBottom]);

  async function sendAndFollow(text: string, options: SendOptions): Promise<boolean> {
    scrollToBottom('instant');
    return send(text, options);
  }

  /** Models go into the library; what else was dropped goes with the message. */
  function drop(files: readonly File[]): void {
    const models = files.filter(isModelFile);
    if (models.length < files.length) composer.current?.attach(files.filter((file) => !isModelFile(file)));
    void takeDropped(models);
  }

  const blocked = whyBlocked(connected, model);
  const empty = chat !== null && chat.messages.length === 0;
  return (
    <main className="relative flex min-h-0 min-w-0 flex-1 flex-col" aria-label={strings.chat.messages}>
      {chat && <FileDrop onFiles={drop} />}
      <div className="relative min-h-0 flex-1">
        <div
          ref={scroller}
          className="h-full overflow-x-hidden overflow-y-auto [overflow-anchor:none] [scrollbar-gutter:stable_both-edges]"
        >
          <div ref={content} className="mx-auto flex min-h-full w-full max-w-[48rem] flex-col px-4">
            {chat === null && (unreadable ? <StoreProblem error={unreadable} /> : <LoadingChat />)}
            {empty && <EmptyChat onPick={(text) => composer.current?.fill(text)} />}
            {chat && !empty && <MessageList key={chat.id} chat={chat} scroller={scroller} onLeaveEnd={letGo} />}
          </div>
        </div>
        {!atBottom && (
          <button
            type="button"
            className="rise absolute bottom-2 left-1/2 inline-flex -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised px-3.5 py-1.5 text-[13px] shadow-float hover:border-line-strong"
            onClick={() => scrollToBottom('smooth')}
          >
            <ArrowDown size={14} aria-hidden />
            {strings.chat.jumpToLatest}
          </button>
        )}
      </div>
      <div className="mx-auto w-full max-w-[48rem] space-y-2 px-4 pt-2 pb-2 empty:hidden">
        <ModelNotice />
        {error && (
          <Notice
            tone="danger"
            title={error.sending ? strings.chat.notSent : strings.chat.notDone}
            onDismiss={dismissError}
            testId="chat-error"
          >
            {error.message}
          </Notice>
        )}
      </div>
      {chat && (
        <Composer
          key={chat.id}
          ref={composer}
          chatId={chat.id}
          draft={chat.draft}
          streaming={streaming}
          blocked={blocked}
          onSend={sendAndFollow}
          onStop={() => void stop()}
        />
      )}
      <Announcer />
      <ChatDialogs />
    </main>
  );
}
