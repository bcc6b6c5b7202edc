// An attached file, to be read.
import { useAnswer } from '../use-answer.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Modal } from '../ui/modal.tsx';
import { FailedAnswer } from '../models/page-parts.tsx';
import { strings } from '../strings.ts';
import { chatText } from './strings.ts';

interface AttachmentDialogProps {
  chatId: string;
  messageId: string;
  place: number;
  onClose: () => void;
}

export function AttachmentDialog({ chatId, messageId, place, onClose }: AttachmentDialogProps) {
  const { value, error, askAgain } = useAnswer(`${messageId} ${place}`, (client) =>
    client.chats.attachment(chatId, messageId, place),
  );
  return (
    <Modal title={value?.name ?? chatText.loading} onClose={onClose} testId="attachment-dialog" width={720}>
      {error && <FailedAnswer title={strings.chat.notDone} error={error} askAgain={askAgain} />}
      {value && (
        <div className="relative">
          <div className="absolute top-1.5 right-1.5">
            <CopyButton label={chatText.copy} text={() => value.text} />
          </div>
          <pre
            tabIndex={0}
            className="max-h-[30rem] overflow-auto rounded-lg bg-sunken p-4 font-mono text-[13px] leading-relaxed wrap-anywhere whitespace-pre-wrap"
          >
            {value.text}
          </pre>
        </div>
      )}
    </Modal>
  );
}
