// One chat of the list: opened by a click, renamed in place, dragged into a folder, with a menu for all else.
import { Copy, Download, Ellipsis, FolderInput, Pencil, Pin, PinOff, Trash2 } from 'lucide-react';
import { memo } from 'react';
import type { ChatEntry } from '../../../electron/contract/chat-list.ts';
import { MenuButton, openMenu, type MenuItems } from '../../ui/menu.tsx';
import { useChat } from '../chat-store.ts';
import { useDialogs } from '../dialogs-store.ts';
import { duplicate, openChat, remove, rename, setPinned, titleOf } from './actions.ts';
import { useChatList } from './list-store.ts';
import { NameField } from './name-field.tsx';
import { listText } from './strings.ts';

/** What is dragged carries a chat's id under this type. */
export const chatDragType = 'application/x-kangaroo-chat';

function itemsFor(chat: ChatEntry): MenuItems {
  const { open } = useDialogs.getState();
  return [
    {
      label: listText.rename,
      Icon: Pencil,
      keys: 'F2',
      testId: 'chat-rename',
      run: () => useChatList.getState().rename(chat.id),
    },
    {
      label: chat.pinned ? listText.unpin : listText.pin,
      Icon: chat.pinned ? PinOff : Pin,
      testId: 'chat-pin',
      run: () => void setPinned(chat.id, !chat.pinned),
    },
    {
      label: listText.move,
      Icon: FolderInput,
      testId: 'chat-move',
      run: () => open({ kind: 'move', chatId: chat.id }),
    },
    { label: listText.duplicate, Icon: Copy, testId: 'chat-duplicate', run: () => void duplicate(chat.id) },
    {
      label: listText.export,
      Icon: Download,
      testId: 'chat-export',
      run: () => open({ kind: 'export', chatId: chat.id, title: titleOf(chat) }),
    },
    null,
    { label: listText.remove, Icon: Trash2, danger: true, keys: 'Del', testId: 'chat-delete', run: () => void remove(chat) },
  ];
}

export const ChatRow = memo(function ChatRow({ chat }: { chat: ChatEntry }) {
  const current = useChat((state) => state.chat?.id === chat.id);
  const renaming = useChatList((state) => state.renaming === chat.id);
  const title = titleOf(chat);
  if (renaming) {
    return (
      <li>
        <NameField
          label={listText.renameLabel}
          value={title}
          onDone={(name) => {
            useChatList.getState().rename(null);
            if (name !== null && name !== title) void rename(chat.id, name);
          }}
        />
      </li>
    );
  }
  return (
    <li className="group relative">
      <button
        type="button"
        data-testid="chat-row"
        data-list-item
        aria-current={current ? 'page' : undefined}
        draggable
        title={title}
        className="flex w-full items-center gap-2 rounded-lg py-1.5 pr-8 pl-2.5 text-start text-[14px] leading-5 transition-colors hover:bg-ink/5 aria-[current]:bg-ink/8 aria-[current]:font-medium"
        onClick={() => void openChat(chat.id)}
        onDoubleClick={() => useChatList.getState().rename(chat.id)}
        onContextMenu={(event) => {
          event.preventDefault();
          // Asked for by a key, it has no place of its own.
          const at = event.clientX === 0 && event.clientY === 0 ? null : { x: event.clientX, y: event.clientY };
          openMenu(listText.actions(title), itemsFor(chat), event.currentTarget, at);
        }}
        onKeyDown={(event) => {
          if (event.key === 'F2') useChatList.getState().rename(chat.id);
          else if (event.key === 'Delete') void remove(chat);
          else return;
          event.preventDefault();
        }}
        onDragStart={(event) => {
          event.dataTransfer.setData(chatDragType, chat.id);
          event.dataTransfer.effectAllowed = 'move';
        }}
      >
        {chat.pinned && <Pin size={13} aria-hidden className="shrink-0 text-ink-soft" />}
        <span className="min-w-0 flex-1 truncate">{title}</span>
        {chat.answering && (
          <span className="flex shrink-0 items-center" data-testid="chat-answering">
            {/* The chat that is shown lives visibly enough, and what moves has every frame drawn. */}
            <span aria-hidden className={`size-2 rounded-full bg-accent ${current ? '' : 'breathe'}`} />
            <span className="sr-only">{listText.answering}</span>
          </span>
        )}
      </button>
      <MenuButton
        label={listText.actions(title)}
        items={() => itemsFor(chat)}
        testId="chat-menu"
        className="button-ghost absolute top-1/2 right-1 -translate-y-1/2 px-1 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 aria-expanded:opacity-100 [@media(hover:none)]:opacity-100"
      >
        <Ellipsis size={15} aria-hidden />
      </MenuButton>
    </li>
  );
});
