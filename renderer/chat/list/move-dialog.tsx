// Puts a chat into a folder, or into none: what dragging does, for the keyboard.
import { useState } from 'react';
import { Modal } from '../../ui/modal.tsx';
import { Radios } from '../../ui/radios.tsx';
import { createFolder, setFolder } from './actions.ts';
import { useChatList } from './list-store.ts';
import { listText } from './strings.ts';

/** No folder has this id. */
const none = '';

export function MoveDialog({ chatId, onClose }: { chatId: string; onClose: () => void }) {
  const folders = useChatList((state) => state.folders);
  const now = useChatList((state) => state.chats?.find(({ id }) => id === chatId)?.folderId ?? none);
  const [name, setName] = useState('');

  async function create(): Promise<void> {
    if (name.trim() === '') return;
    const folder = await createFolder(name.trim());
    if (!folder) return;
    await setFolder(chatId, folder.id);
    onClose();
  }

  return (
    <Modal title={listText.moveTitle} onClose={onClose} testId="move-dialog" width={400}>
      <div className="space-y-4">
        <Radios
          label={listText.folders}
          value={now}
          options={[{ value: none, label: listText.noFolder }, ...folders.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(folderId) => void setFolder(chatId, folderId === none ? null : folderId)}
        />
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          <input
            className="field"
            data-testid="folder-name"
            aria-label={listText.folderName}
            placeholder={listText.newFolder}
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="button" disabled={name.trim() === ''}>
            {listText.create}
          </button>
        </form>
      </div>
    </Modal>
  );
}
