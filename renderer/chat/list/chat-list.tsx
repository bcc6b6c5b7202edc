// The list beside the chat: a new chat, a search over everything that was said, and all chats: pinned, in folders, by date.
import { Ellipsis, FolderPlus, Download, Search, SquarePen, Trash2, Upload, X } from 'lucide-react';
import { useState } from 'react';
import { strings } from '../../strings.ts';
import { MenuButton } from '../../ui/menu.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useChat } from '../chat-store.ts';
import { useDialogs } from '../dialogs-store.ts';
import { createFolder, newChat } from './actions.ts';
import { ChatRow } from './chat-row.tsx';
import { DropTarget } from './drop-target.tsx';
import { FolderSection } from './folder-section.tsx';
import { groupChats } from './groups.ts';
import { useChatList } from './list-store.ts';
import { NameField } from './name-field.tsx';
import { SearchResults } from './search-results.tsx';
import { useNow } from '../../use-now.ts';
import { listText } from './strings.ts';

/** Up and down go through rows, folders and what was found; Tab goes through them with their menus. */
function onKeyDown(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-list-item]')];
  const place = items.indexOf(document.activeElement as HTMLElement);
  if (place < 0) return;
  event.preventDefault();
  const next = items[place + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next) next.focus();
  else if (event.key === 'ArrowUp') document.getElementById('chat-search')?.focus();
}

export function ChatList() {
  const query = useChatList((state) => state.query);
  const [naming, setNaming] = useState(false);
  return (
    <nav aria-label={listText.label} className="flex min-h-0 flex-1 flex-col">
      <Top onNewFolder={() => setNaming(true)} />
      {/* The arrow keys of all rows end up here; the focus is always on one of them. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4" data-testid="chat-list" onKeyDown={onKeyDown}>
        {naming && (
          <div className="py-1">
            <NameField
              label={listText.folderName}
              value=""
              onDone={(name) => {
                setNaming(false);
                if (name !== null) void createFolder(name);
              }}
            />
          </div>
        )}
        {query.trim() === '' ? <AllChats /> : <SearchResults query={query.trim()} />}
      </div>
    </nav>
  );
}

function Top({ onNewFolder }: { onNewFolder: () => void }) {
  const unreadable = useChat((state) => state.unreadable !== null);
  const query = useChatList((state) => state.query);
  const search = useChatList((state) => state.search);
  const open = useDialogs((state) => state.open);
  return (
    <div className="space-y-2 p-2 pt-3">
      <div className="flex items-center gap-1">
        <button
          type="button"
          className="button flex-1 justify-start"
          data-testid="new-chat"
          disabled={unreadable}
          title={`${listText.newChat} (Alt+N)`}
          aria-keyshortcuts="Alt+N"
          onClick={() => void newChat()}
        >
          <SquarePen size={16} aria-hidden className="text-accent" />
          {listText.newChat}
        </button>
        <MenuButton
          label={listText.more}
          testId="list-menu"
          className="button-icon size-8"
          items={() => [
            { label: listText.newFolder, Icon: FolderPlus, testId: 'new-folder', run: onNewFolder },
            null,
            { label: listText.import, Icon: Upload, testId: 'import', run: () => open({ kind: 'import' }) },
            {
              label: listText.exportAll,
              Icon: Download,
              testId: 'export-all',
              run: () => open({ kind: 'export', chatId: null, title: '' }),
            },
            null,
            { label: listText.trash, Icon: Trash2, testId: 'open-trash', run: () => open({ kind: 'trash' }) },
          ]}
        >
          <Ellipsis size={17} aria-hidden />
        </MenuButton>
      </div>
      <div className="relative">
        <Search size={15} aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-soft" />
        <input
          id="chat-search"
          type="search"
          aria-label={listText.search}
          aria-keyshortcuts="Alt+F"
          placeholder={listText.search}
          data-testid="chat-search"
          value={query}
          className="field border-line pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden"
          onChange={(event) => search(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && query !== '') {
              event.preventDefault();
              search('');
            } else if (event.key === 'ArrowDown') {
              event.preventDefault();
              document.querySelector<HTMLElement>('[data-testid="chat-list"] [data-list-item]')?.focus();
            }
          }}
        />
        {query !== '' && (
          <button
            type="button"
            className="button-ghost absolute top-1/2 right-1 -translate-y-1/2"
            aria-label={listText.clearSearch}
            onClick={() => search('')}
          >
            <X size={14} aria-hidden />
          </button>
        )}
      </div>
    </div>
  );
}

function AllChats() {
  const chats = useChatList((state) => state.chats);
  const folders = useChatList((state) => state.folders);
  const error = useChatList((state) => state.error);
  const now = useNow();

  if (error) {
    return (
      <Notice tone="danger" title={strings.chat.notDone}>
        {error.message}
      </Notice>
    );
  }
  if (chats === null) {
    return (
      <div role="status" className="space-y-2 p-1">
        <span className="sr-only">{strings.chat.loading}</span>
        {[0, 1, 2, 3].map((row) => (
          <div key={row} aria-hidden className="skeleton h-7" />
        ))}
      </div>
    );
  }
  const { pinned, folders: filled, dates } = groupChats(chats, folders, now);
  if (chats.length === 0 && folders.length === 0)
    return <p className="px-2.5 py-2 text-[13.5px] text-ink-soft">{listText.empty}</p>;
  return (
    <>
      {pinned.length > 0 && (
        <Group title={listText.pinned}>
          {pinned.map((chat) => (
            <ChatRow key={chat.id} chat={chat} />
          ))}
        </Group>
      )}
      {filled.length > 0 && (
        <section aria-label={listText.folders}>
          <GroupTitle>{listText.folders}</GroupTitle>
          {filled.map(({ folder, chats: inside }) => (
            <FolderSection key={folder.id} folder={folder} chats={inside} />
          ))}
        </section>
      )}
      <DropTarget folderId={null}>
        {dates.map(({ key, title, chats: inside }) => (
          <Group key={key} title={title}>
            {inside.map((chat) => (
              <ChatRow key={chat.id} chat={chat} />
            ))}
          </Group>
        ))}
      </DropTarget>
    </>
  );
}

function GroupTitle({ children }: { children: string }) {
  return <h2 className="px-2.5 pt-3.5 pb-1 text-[12px] font-semibold tracking-wide text-ink-soft">{children}</h2>;
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title}>
      <GroupTitle>{title}</GroupTitle>
      <ul>{children}</ul>
    </section>
  );
}
