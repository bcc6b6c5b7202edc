// What the visualizer shows: which answer, which of its faces, which round.
import { create } from 'zustand';
import { useChat } from '../chat/chat-store.ts';

export type VisualizerTab = 'rounds' | 'acceptance' | 'speed' | 'whatIf' | 'proof';
export type VisualizerScope = 'answer' | 'chat';

interface VisualizerStore {
  tab: VisualizerTab;
  scope: VisualizerScope;
  /** The answer that was chosen; null: the latest one, whichever that is. */
  messageId: string | null;
  /** The round that is looked at: its place among those that are shown, from 0. */
  round: number | null;
  /** Rejected drafts stand in the text. */
  ghosts: boolean;
  choose(patch: Partial<Pick<VisualizerStore, 'tab' | 'round' | 'ghosts'>>): void;
  /** What is shown changes: the round that was looked at is another one's. */
  look(patch: Partial<Pick<VisualizerStore, 'scope' | 'messageId'>>): void;
}

export const useVisualizer = create<VisualizerStore>()((set) => ({
  tab: 'rounds',
  scope: 'answer',
  messageId: null,
  round: null,
  ghosts: false,
  choose: (patch) => set(patch),
  look: (patch) => set({ ...patch, round: null }),
}));

// The answer that was chosen is gone with its chat, and the round that was looked at with the answer that was the latest.
useChat.subscribe(({ chat: now }, { chat: before }) => {
  const { messageId, look } = useVisualizer.getState();
  const latest = messageId === null && now?.messages.at(-1)?.id !== before?.messages.at(-1)?.id;
  if (now?.id !== before?.id || latest) look({ messageId: null });
});
