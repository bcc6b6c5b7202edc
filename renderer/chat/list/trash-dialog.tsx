// Deleted chats, for as long as they can be brought back.
import { Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { TrashedChat } from '../../../electron/contract/chat-list.ts';
import { requireClient } from '../../connection-store.ts';
import { attempt } from '../../layout/happenings.tsx';
import { FailedAnswer } from '../../models/page-parts.tsx';
import { strings } from '../../strings.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Modal } from '../../ui/modal.tsx';
import { useAnswer } from '../../use-answer.ts';
import { useNow } from '../../use-now.ts';
import { titleOf } from './actions.ts';
import { listText } from './strings.ts';

const dayMs = 86_400_000;

export function TrashDialog({ onClose }: { onClose: () => void }) {
  const { value, error, askAgain } = useAnswer('trash', (client) => client.chats.listTrash());

  const [purging, setPurging] = useState<TrashedChat | null>(null);

  async function change(action: Promise<void>): Promise<void> {
    await attempt(() => action);
    askAgain();
  }

  return (
    <Modal title={listText.trashTitle} onClose={onClose} testId="trash-dialog" width={520}>
      {error && <FailedAnswer title={strings.chat.notDone} error={error} askAgain={askAgain} />}
      {value?.length === 0 && <p className="text-ink-soft">{listText.trashEmpty}</p>}
      <ul className="divide-y divide-line">
        {value?.map((chat, index) => (
          <Trashed
            key={chat.id}
            chat={chat}
            first={index === 0}
            onRestore={() => void change(requireClient().chats.restore(chat.id))}
            onPurge={() => setPurging(chat)}
          />
        ))}
      </ul>
      <ConfirmDialog
        open={purging !== null}
        title={listText.purgeTitle(purging ? titleOf(purging) : '')}
        text={listText.purgeText}
        confirm={listText.purge}
        cancel={listText.cancel}
        onConfirm={() => purging && void change(requireClient().chats.purge(purging.id))}
        onClose={() => setPurging(null)}
      />
    </Modal>
  );
}

interface TrashedProps {
  chat: TrashedChat;
  first: boolean;
  onRestore: () => void;
  onPurge: () => void;
}

function Trashed({ chat, first, onRestore, onPurge }: TrashedProps) {
  const now = useNow();
  const days = Math.max(1, Math.ceil((chat.purgedAtMs - now) / dayMs));
  return (
    <li className="flex items-center gap-3 py-2" data-testid="trashed-chat">
      <div className="min-w-0 flex-1">
        <p className="truncate text-[14.5px]">{titleOf(chat)}</p>
        <p className="text-[13px] text-ink-soft">{listText.trashDays(days)}</p>
      </div>
      <button
        type="button"
        className="button"
        // The rows come behind the dialog, which has found nothing else to focus.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={first}
        onClick={onRestore}
      >
        <Undo2 size={15} aria-hidden />
        {listText.restore}
      </button>
      <button
        type="button"
        className="button-icon text-danger"
        aria-label={listText.purge}
        title={listText.purge}
        data-testid="purge"
        onClick={onPurge}
      >
        <Trash2 size={16} aria-hidden />
      </button>
    </li>
  );
}
