// What the user wrote: its attachments, its branches, and a box to write it anew.
import { FileText, Pencil } from 'lucide-react';
import { useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { AttachmentDialog } from './attachment-dialog.tsx';
import { BranchArrows } from './branch-arrows.tsx';
import { useChat } from './chat-store.ts';
import { EditMessage } from './edit-message.tsx';
import type { MessageProps } from './message-item.tsx';
import { MessageMenu } from './message-menu.tsx';
import { chatText } from './strings.ts';

export function UserMessage({ chatId, message, place, total, wanted }: MessageProps) {
  const [editing, setEditing] = useState(false);
  const answering = useChat(({ chat }) => chat?.messages.at(-1)?.status === 'streaming');
  return (
    <article
      aria-label={strings.chat.you}
      aria-posinset={place}
      aria-setsize={total}
      data-testid="message-user"
      data-wanted={wanted || undefined}
      className="group/message message flex flex-col items-end gap-1"
    >
      <Attachments chatId={chatId} message={message} />
      {editing ? (
        <EditMessage message={message} onClose={() => setEditing(false)} />
      ) : (
        message.text !== '' && (
          <p
            data-testid="user-text"
            className="max-w-[min(60ch,88%)] rounded-2xl rounded-br-md bg-bubble px-4 py-2.5 text-[16px] leading-relaxed wrap-anywhere whitespace-pre-wrap"
          >
            {message.text}
          </p>
        )
      )}
      {!editing && (
        <div className="message-actions flex h-7 items-center">
          <BranchArrows message={message} />
          <span className="message-action flex">
            <CopyButton label={chatText.copy} text={() => message.text} />
            <button
              type="button"
              className="button-ghost"
              data-testid="edit-message"
              aria-label={chatText.edit}
              title={chatText.edit}
              disabled={answering}
              onClick={() => setEditing(true)}
            >
              <Pencil size={15} aria-hidden />
            </button>
            <MessageMenu message={message} />
          </span>
        </div>
      )}
    </article>
  );
}

function Attachments({ chatId, message }: { chatId: string; message: Message }) {
  const [shown, setShown] = useState<number | null>(null);
  if (message.attachments.length === 0) return null;
  return (
    <>
      <ul className="flex max-w-[88%] flex-wrap justify-end gap-1.5" aria-label={chatText.composer.attachments}>
        {message.attachments.map(({ name, sizeBytes }, index) => (
          <li key={index}>
            <button
              type="button"
              className="inline-flex max-w-60 items-center gap-1.5 rounded-lg border border-line bg-raised px-2.5 py-1 text-[13px] hover:border-line-strong"
              data-testid="message-attachment"
              title={chatText.composer.attachment(name, sizeBytes)}
              onClick={() => setShown(index)}
            >
              <FileText size={14} aria-hidden className="shrink-0 text-accent" />
              <span className="truncate">{name}</span>
            </button>
          </li>
        ))}
      </ul>
      {shown !== null && <AttachmentDialog chatId={chatId} messageId={message.id} place={shown} onClose={() => setShown(null)} />}
    </>
  );
}
