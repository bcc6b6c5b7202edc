// The messages of a chat. Only those near the screen are in the page, however many there are; older ones are fetched before
// the reader gets there.
import { useEffect, useRef, useState, type RefObject } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { Chat } from '../../electron/contract/chats.ts';
import { useChat } from './chat-store.ts';
import { MessageItem } from './message-item.tsx';
import { chatText } from './strings.ts';

/** Pixels: what is kept drawn above and below the screen, and how near its beginning the chat fetches older messages. */
const drawnBeyond = 600;
const fetchBefore = 1500;
/** The height of what stands above the first message. */
const above = 24;

interface MessageListProps {
  chat: Chat;
  scroller: RefObject<HTMLDivElement | null>;
  /** Says that the reader is taken elsewhere: the end is not followed any more. */
  onLeaveEnd: () => void;
}

export function MessageList({ chat, scroller, onLeaveEnd }: MessageListProps) {
  const { messages, earlier } = chat;
  const list = useRef<VirtualizerHandle>(null);
  const loadEarlier = useChat((state) => state.loadEarlier);
  const wanted = useChat((state) => state.wanted);
  const shift = usePrepended(messages[0]?.id, messages.length);
  const total = earlier + messages.length;

  useEffect(() => {
    if (wanted === null) return;
    const place = messages.findIndex(({ id }) => id === wanted);
    if (place < 0) return;
    onLeaveEnd();
    list.current?.scrollToIndex(place, { align: 'start', offset: -above });
    const timer = setTimeout(() => useChat.getState().reached(), 1600);
    return () => clearTimeout(timer);
  }, [wanted, messages, onLeaveEnd]);

  return (
    <div role="feed" aria-label={chatText.messages(chat.title)} aria-busy={false}>
      <p className="flex h-6 items-center justify-center text-[13px] text-ink-soft">{earlier > 0 && chatText.earlier(earlier)}</p>
      <Virtualizer
        ref={list}
        scrollRef={scroller}
        data={messages}
        startMargin={above}
        bufferSize={drawnBeyond}
        shift={shift}
        onScroll={(offset) => offset < fetchBefore && earlier > 0 && void loadEarlier()}
      >
        {(message, index) => (
          <div key={message.id} className="pb-7">
            <MessageItem
              message={message}
              chatId={chat.id}
              place={earlier + index + 1}
              total={total}
              isLast={index === messages.length - 1}
              wanted={message.id === wanted}
            />
          </div>
        )}
      </Virtualizer>
    </div>
  );
}

/** True from when messages came before the first one until the next ones come: then the list keeps its distance to the end. */
function usePrepended(firstId: string | undefined, count: number): boolean {
  const [before, setBefore] = useState({ firstId, count, prepended: false });
  if (before.firstId !== firstId || before.count !== count) {
    setBefore({ firstId, count, prepended: firstId !== before.firstId && count > before.count });
  }
  return before.prepended;
}
