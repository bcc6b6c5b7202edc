// The adapters and their trainings, as the core keeps them.
import { create } from 'zustand';
import type { AdaptersApi, AdaptersState, TrashedAdapter } from '../../electron/contract/adapters.ts';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import { requireClient } from '../connection-store.ts';
import { follow } from '../follow.ts';

interface AdaptersStore {
  /** Null until the core has told. */
  state: AdaptersState | null;
  /** Why it cannot be told. */
  unreadable: ErrorShape | null;
  /** What went wrong with the last thing that was asked for. */
  problem: ErrorShape | null;
  /** The model whose training is being talked about. */
  asked: { modelId: string; name: string; layers: number } | null;
  /** What the last deletion moved away, for as long as it is offered back. */
  trashed: TrashedAdapter | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Asks the core for something; resolves with null where that failed, which `problem` then tells. */
  act<T>(work: (adapters: AdaptersApi) => Promise<T>): Promise<T | null>;
  ask(model: AdaptersStore['asked']): void;
  trash(adapterId: string): Promise<void>;
  undoTrash(): Promise<void>;
  dismissTrashed(): void;
  dismissProblem(): void;
}

export const useAdapters = create<AdaptersStore>()((set, get) => ({
  state: null,
  unreadable: null,
  problem: null,
  asked: null,
  trashed: null,
  attach(client, signal) {
    set({ unreadable: null });
    void follow(
      client.adapters.watch(),
      signal,
      (state) => set({ state, unreadable: null }),
      (unreadable) => set({ unreadable }),
    );
  },
  async act(work) {
    set({ problem: null });
    try {
      return await work(requireClient().adapters);
    } catch (error) {
      set({ problem: toErrorShape(error) });
      return null;
    }
  },
  ask: (asked) => set({ asked }),
  async trash(adapterId) {
    const trashed = await get().act((adapters) => adapters.trash(adapterId));
    if (trashed) set({ trashed });
  },
  async undoTrash() {
    const { trashed } = get();
    if (!trashed) return;
    set({ trashed: null });
    await get().act((adapters) => adapters.restore(trashed.id));
  },
  dismissTrashed: () => set({ trashed: null }),
  dismissProblem: () => set({ problem: null }),
}));
