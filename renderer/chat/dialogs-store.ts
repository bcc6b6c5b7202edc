// Which of the chat's dialogs is open: one at a time, opened from menus, buttons and the command palette alike.
import { create } from 'zustand';

export type ChatDialog =
  | { kind: 'tree' }
  | { kind: 'settings' }
  /** `chatId` null: of all chats. */
  | { kind: 'export'; chatId: string | null; title: string }
  | { kind: 'import' }
  | { kind: 'trash' }
  | { kind: 'move'; chatId: string };

interface DialogsStore {
  dialog: ChatDialog | null;
  open(dialog: ChatDialog): void;
  close(): void;
}

export const useDialogs = create<DialogsStore>()((set) => ({
  dialog: null,
  open: (dialog) => set({ dialog }),
  close: () => set({ dialog: null }),
}));
