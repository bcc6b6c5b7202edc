// Whether the command palette or the sheet of shortcuts is open.
import { create } from 'zustand';

interface CommandsStore {
  open: 'palette' | 'help' | null;
  toggle(which: 'palette' | 'help'): void;
  close(): void;
}

export const useCommands = create<CommandsStore>()((set) => ({
  open: null,
  toggle: (which) => set(({ open }) => ({ open: open === which ? null : which })),
  close: () => set({ open: null }),
}));
