// The library, as the core keeps it: every model, folder and what lies in the trash.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { AppApi } from '../../../electron/contract/index.ts';
import type { LibraryApi, LibraryModel, LibraryState, TrashedModel } from '../../../electron/contract/library.ts';
import { requireClient } from '../../connection-store.ts';
import { follow } from '../../follow.ts';

interface LibraryStore {
  /** Null until the core has told. */
  state: LibraryState | null;
  /** Why it cannot be told. */
  unreadable: ErrorShape | null;
  /** What went wrong with the last thing that was asked for. */
  problem: ErrorShape | null;
  /** What the last deletion moved away, for as long as it is offered back. */
  trashed: TrashedModel | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Asks for it anew, after `unreadable`. */
  tryAgain(): void;
  /** Asks the library for something; resolves with null where that failed, which `problem` then tells. */
  act<T>(work: (library: LibraryApi) => Promise<T>): Promise<T | null>;
  trash(modelId: string): Promise<boolean>;
  undoTrash(): Promise<void>;
  dismissTrashed(): void;
  dismissProblem(): void;
}

export const useLibrary = create<LibraryStore>()((set, get) => ({
  state: null,
  unreadable: null,
  problem: null,
  trashed: null,
  attach(client, signal) {
    set({ unreadable: null, tryAgain: () => get().attach(client, signal) });
    void follow(
      client.library.watch(),
      signal,
      (state) => set({ state, unreadable: null }),
      (unreadable) => set({ unreadable }),
    );
  },
  tryAgain: () => {},
  async act(work) {
    set({ problem: null });
    try {
      return await work(requireClient().library);
    } catch (error) {
      set({ problem: toErrorShape(error) });
      return null;
    }
  },
  async trash(modelId) {
    const trashed = await get().act((library) => library.trash(modelId));
    if (trashed) set({ trashed });
    return trashed !== null;
  },
  async undoTrash() {
    const { trashed } = get();
    if (!trashed) return;
    set({ trashed: null });
    await get().act((library) => library.restore(trashed.id));
  },
  dismissTrashed: () => set({ trashed: null }),
  dismissProblem: () => set({ problem: null }),
}));

/** The model that a file became, told by where it was published. */
export function modelAtPath(state: LibraryState | null, folder: string, file: string): LibraryModel | null {
  const plain = (path: string) => path.replaceAll('\\', '/').replace(/\/+/g, '/');
  const path = plain(`${folder}/${file}`);
  return state?.models.find((model) => plain(model.path) === path) ?? null;
}
