// Tells screen readers about an answer once it is there, not token by token.
import { useEffect, useRef, useState } from 'react';
import { strings } from '../strings.ts';
import { streamingMessage, useChat } from './chat-store.ts';

export function Announcer() {
  const chat = useChat((state) => state.chat);
  const [said, setSaid] = useState('');
  const answering = useRef<string | null>(null);
  const streamingId = streamingMessage(chat)?.id ?? null;

  useEffect(() => {
    const finishedId = answering.current;
    answering.current = streamingId;
    if (finishedId === null || finishedId === streamingId) return;
    const finished = useChat.getState().chat?.messages.find((message) => message.id === finishedId);
    // A failure is announced by its own notice.
    if (finished && finished.status !== 'failed') setSaid(strings.chat.answered(finished.text));
  }, [streamingId]);

  return (
    <p role="status" aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
