// Whether the user is being asked for an access token of the hub, and what goes on once it is there.
import { create } from 'zustand';

interface TokenDialogState {
  isOpen: boolean;
  /** Called when the hub has taken the token. */
  onTaken: (() => void) | null;
  open(onTaken?: () => void): void;
  close(): void;
}

export const useTokenDialog = create<TokenDialogState>()((set) => ({
  isOpen: false,
  onTaken: null,
  open: (onTaken) => set({ isOpen: true, onTaken: onTaken ?? null }),
  close: () => set({ isOpen: false, onTaken: null }),
}));
