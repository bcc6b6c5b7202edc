// A folder of the list: its name, which opens and closes it, and its chats. Chats are dropped on it.
import { ChevronRight, Ellipsis, Folder as FolderIcon, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { ChatEntry, Folder } from '../../../electron/contract/chat-list.ts';
import { MenuButton } from '../../ui/menu.tsx';
import { removeFolder, renameFolder } from './actions.ts';
import { ChatRow } from './chat-row.tsx';
import { DropTarget } from './drop-target.tsx';
import { useChatList } from './list-store.ts';
import { NameField } from './name-field.tsx';
import { listText } from './strings.ts';

export function FolderSection({ folder, chats }: { folder: Folder; chats: readonly ChatEntry[] }) {
  const open = useChatList((state) => !state.closedFolders.has(folder.id));
  const toggle = useChatList((state) => state.toggleFolder);
  const [renaming, setRenaming] = useState(false);
  return (
    <DropTarget folderId={folder.id}>
      {renaming ? (
        <NameField
          label={listText.folderName}
          value={folder.name}
          onDone={(name) => {
            setRenaming(false);
            if (name !== null && name !== folder.name) void renameFolder(folder.id, name);
          }}
        />
      ) : (
        <div className="group relative" data-testid="folder">
          <button
            type="button"
            data-list-item
            aria-expanded={open}
            title={listText.folder(folder.name, chats.length)}
            className="flex w-full items-center gap-2 rounded-lg py-1.5 pr-8 pl-2 text-start text-[14px] leading-5 hover:bg-ink/5"
            onClick={() => toggle(folder.id)}
            onKeyDown={(event) => {
              if (event.key !== 'F2') return;
              event.preventDefault();
              setRenaming(true);
            }}
          >
            <ChevronRight
              size={14}
              aria-hidden
              className={`shrink-0 text-ink-soft transition-transform ${open ? 'rotate-90' : ''}`}
            />
            <FolderIcon size={15} aria-hidden className="shrink-0 text-ink-soft" />
            <span className="min-w-0 flex-1 truncate">{folder.name}</span>
            <span aria-hidden className="text-[12.5px] text-ink-soft tabular-nums group-focus-within:hidden group-hover:hidden">
              {chats.length}
            </span>
          </button>
          <MenuButton
            label={listText.folderActions(folder.name)}
            testId="folder-menu"
            className="button-ghost absolute top-1/2 right-1 -translate-y-1/2 px-1 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 aria-expanded:opacity-100 [@media(hover:none)]:opacity-100"
            items={() => [
              { label: listText.rename, Icon: Pencil, keys: 'F2', run: () => setRenaming(true) },
              null,
              {
                label: listText.removeFolder,
                Icon: Trash2,
                danger: true,
                testId: 'folder-delete',
                run: () => void removeFolder(folder),
              },
            ]}
          >
            <Ellipsis size={15} aria-hidden />
          </MenuButton>
        </div>
      )}
      {open && (
        <ul className="ml-4 border-l border-line pl-1">
          {chats.map((chat) => (
            <ChatRow key={chat.id} chat={chat} />
          ))}
          {chats.length === 0 && <li className="px-2.5 py-1 text-[12.5px] text-ink-soft">{listText.emptyFolder}</li>}
        </ul>
      )}
    </DropTarget>
  );
}
