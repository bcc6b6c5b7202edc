// A message being written anew: sent, it becomes a branch beside the old one.
import { useState } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import { useModel } from '../model/model-store.ts';
import { useChat } from './chat-store.ts';
import { chatText } from './strings.ts';

export function EditMessage({ message, onClose }: { message: Message; onClose: () => void }) {
  const edit = useChat((state) => state.edit);
  const ready = useModel(({ state }) => state?.status === 'ready');
  const [text, setText] = useState(message.text);
  const [sending, setSending] = useState(false);
  const sendable = ready && !sending && (text.trim() !== '' || message.attachments.length > 0);

  async function send(): Promise<void> {
    if (!sendable) return;
    setSending(true);
    if (await edit(message.id, text.trim())) onClose();
    else setSending(false);
  }

  return (
    <form
      className="w-full rounded-2xl border border-line-strong/60 bg-raised p-3 focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        // The box opened because somebody wants to write in it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        aria-label={chatText.editLabel}
        data-testid="edit-box"
        value={text}
        rows={Math.min(12, text.split('\n').length)}
        className="field-sizing-content max-h-80 w-full resize-none bg-transparent px-1 text-[16px] leading-relaxed outline-none"
        onFocus={(event) => event.target.setSelectionRange(text.length, text.length)}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing || event.keyCode === 229) return;
          if (event.key === 'Escape') {
            event.preventDefault();
            onClose();
          } else if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            void send();
          }
        }}
      />
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <p className="min-w-0 flex-1 basis-60 text-[13px] leading-snug text-ink-soft">{chatText.editNote}</p>
        <button type="button" className="button" onClick={onClose}>
          {chatText.cancel}
        </button>
        <button type="submit" className="button-accent" data-testid="send-edit" disabled={!sendable}>
          {chatText.sendEdit}
        </button>
      </div>
    </form>
  );
}
