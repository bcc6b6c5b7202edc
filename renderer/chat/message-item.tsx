// One message: what the user wrote, or an answer.
import { memo } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import { AnswerMessage } from './answer-message.tsx';
import { UserMessage } from './user-message.tsx';

export interface MessageProps {
  chatId: string;
  message: Message;
  isLast: boolean;
  /** From 1, of `total` on this branch. */
  place: number;
  total: number;
  /** The reader was taken here. */
  wanted: boolean;
}

export const MessageItem = memo(function MessageItem(props: MessageProps) {
  return props.message.role === 'user' ? <UserMessage {...props} /> : <AnswerMessage {...props} />;
});
