// What else can be done with a message.
import { Copy, Ellipsis, GitBranch, Trash2 } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import { requireClient } from '../connection-store.ts';
import { tell } from '../layout/happenings.tsx';
import { writeClipboard } from '../ui/copy-button.tsx';
import { MenuButton, type MenuItems } from '../ui/menu.tsx';
import { useDialogs } from './dialogs-store.ts';
import { streamingMessage, useChat } from './chat-store.ts';
import { chatText } from './strings.ts';

/** `plainText`: what an answer looks like without Markdown's marks. */
export function MessageMenu({ message, plainText }: { message: Message; plainText?: () => string }) {
  function items(): MenuItems {
    const busy = streamingMessage(useChat.getState().chat) !== null;
    return [
      { label: chatText.copyMarkdown, Icon: Copy, run: () => void writeClipboard(message.text) },
      ...(plainText ? [{ label: chatText.copyText, Icon: Copy, run: () => void writeClipboard(plainText()) }] : []),
      { label: chatText.tree, Icon: GitBranch, testId: 'show-tree', run: () => useDialogs.getState().open({ kind: 'tree' }) },
      null,
      {
        label: chatText.remove,
        Icon: Trash2,
        danger: true,
        disabled: busy,
        testId: 'delete-message',
        run: () => void remove(message),
      },
    ];
  }
  return (
    <MenuButton label={chatText.more} items={items} testId="message-menu">
      <Ellipsis size={16} aria-hidden />
    </MenuButton>
  );
}

async function remove({ id }: Message): Promise<void> {
  const { chat, deleteMessage } = useChat.getState();
  if (!chat) return;
  const followed = chat.messages.at(-1)?.id !== id;
  if (!(await deleteMessage(id))) return;
  document.getElementById('composer')?.focus();
  tell({ title: chatText.removed(followed), undo: () => requireClient().chats.restoreMessage(chat.id, id) });
}
