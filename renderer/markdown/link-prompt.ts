// The link that the user is asked about; null when none.
import { create } from 'zustand';

interface LinkPrompt {
  url: string | null;
  ask(url: string): void;
  close(): void;
}

export const useLinkPrompt = create<LinkPrompt>()((set) => ({
  url: null,
  ask: (url) => set({ url }),
  close: () => set({ url: null }),
}));
