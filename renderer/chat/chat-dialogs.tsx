// The chat's dialog that is open, if one is.
import { ChatSettingsDialog } from './settings/chat-settings-dialog.tsx';
import { useChat } from './chat-store.ts';
import { useDialogs } from './dialogs-store.ts';
import { ExportDialog } from './files/export-dialog.tsx';
import { ImportDialog } from './files/import-dialog.tsx';
import { MoveDialog } from './list/move-dialog.tsx';
import { TrashDialog } from './list/trash-dialog.tsx';
import { TreeDialog } from './tree-dialog.tsx';

export function ChatDialogs() {
  const { dialog, close } = useDialogs();
  const chatId = useChat((state) => state.chat?.id);
  switch (dialog?.kind) {
    case 'tree':
      return chatId === undefined ? null : <TreeDialog chatId={chatId} onClose={close} />;
    case 'settings':
      return chatId === undefined ? null : <ChatSettingsDialog onClose={close} />;
    case 'export':
      return <ExportDialog chatId={dialog.chatId} title={dialog.title} onClose={close} />;
    case 'import':
      return <ImportDialog onClose={close} />;
    case 'trash':
      return <TrashDialog onClose={close} />;
    case 'move':
      return <MoveDialog chatId={dialog.chatId} onClose={close} />;
    case undefined:
      return null;
  }
}
