// The files that will go with the next message.
import { FileText, X } from 'lucide-react';
import type { Attachment } from '../../electron/contract/chats.ts';
import { sizeOf } from './read-files.ts';
import { chatText } from './strings.ts';

const text = chatText.composer;

interface AttachmentsProps {
  attachments: readonly Attachment[];
  onRemove: (place: number) => void;
}

export function Attachments({ attachments, onRemove }: AttachmentsProps) {
  if (attachments.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5 px-3 pt-3" aria-label={text.attachments}>
      {attachments.map((attachment, place) => (
        <li
          key={place}
          data-testid="attachment"
          title={text.attachment(attachment.name, sizeOf(attachment))}
          className="inline-flex max-w-56 items-center gap-1.5 rounded-lg bg-sunken py-0.5 pr-0.5 pl-2 text-[13px]"
        >
          <FileText size={14} aria-hidden className="shrink-0 text-accent" />
          <span className="truncate">{attachment.name}</span>
          <button
            type="button"
            className="button-ghost px-1"
            aria-label={text.detach(attachment.name)}
            onClick={() => onRemove(place)}
          >
            <X size={13} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
