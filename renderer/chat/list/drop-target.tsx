// A place of the list where a dragged chat can be dropped: a folder, or no folder.
import { useState, type ReactNode } from 'react';
import { setFolder } from './actions.ts';
import { chatDragType } from './chat-row.tsx';

export function DropTarget({ folderId, children }: { folderId: string | null; children: ReactNode }) {
  const [over, setOver] = useState(false);
  return (
    <div
      className={`rounded-lg transition-colors ${over ? 'bg-accent-soft' : ''}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(chatDragType)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        // Leaving for an element inside is no leaving.
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        const chatId = event.dataTransfer.getData(chatDragType);
        if (chatId === '') return;
        event.preventDefault();
        void setFolder(chatId, folderId);
      }}
    >
      {children}
    </div>
  );
}
