// The queue of downloads, as the core keeps it, and what has finished while the page was open.
import { create } from 'zustand';
import type { Download, DownloadsApi } from '../../../electron/contract/downloads.ts';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { AppApi } from '../../../electron/contract/index.ts';
import { requireClient } from '../../connection-store.ts';
import { follow } from '../../follow.ts';

interface DownloadsStore {
  /** In the order of the queue; null until the core has told. */
  downloads: Download[] | null;
  unreadable: ErrorShape | null;
  problem: ErrorShape | null;
  /** Completed or failed since the page knows the queue, oldest first, and not dismissed yet. */
  ended: Download[];
  /** For all downloads together, bytes per second; null: none. */
  limit: number | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Asks for it anew, after `unreadable`. */
  tryAgain(): void;
  /** Asks the queue for something; resolves with null where that failed, which `problem` then tells. */
  act<T>(work: (downloads: DownloadsApi) => Promise<T>): Promise<T | null>;
  /** Puts a variant of a repository into the queue. */
  download(repository: string, file: string): Promise<void>;
  setLimit(bytesPerSecond: number | null): Promise<void>;
  dismissEnded(id: string): void;
  dismissProblem(): void;
}

const hasEnded = ({ status }: Download) => status === 'completed' || status === 'failed';

export const useDownloads = create<DownloadsStore>()((set, get) => ({
  downloads: null,
  unreadable: null,
  problem: null,
  ended: [],
  limit: null,
  attach(client, signal) {
    set({ unreadable: null, tryAgain: () => get().attach(client, signal) });
    client.downloads.speedLimit().then(
      (limit) => set({ limit }),
      (error: unknown) => set({ problem: toErrorShape(error) }),
    );
    void follow(
      client.downloads.watch(),
      signal,
      (downloads) =>
        set((state) => {
          const under = new Set(state.downloads?.filter((each) => !hasEnded(each)).map(({ id }) => id));
          const now = downloads.filter((each) => hasEnded(each) && under.has(each.id));
          // One that was tried again, or taken off the list, has nothing to tell any more.
          const still = state.ended.filter((each) =>
            downloads.some(({ id, status }) => id === each.id && status === each.status),
          );
          return { downloads, unreadable: null, ended: [...still, ...now] };
        }),
      (unreadable) => set({ unreadable }),
    );
  },
  tryAgain: () => {},
  async act(work) {
    set({ problem: null });
    try {
      return await work(requireClient().downloads);
    } catch (error) {
      set({ problem: toErrorShape(error) });
      return null;
    }
  },
  async download(repository, file) {
    set({ problem: null });
    try {
      await requireClient().hub.download(repository, file);
    } catch (error) {
      set({ problem: toErrorShape(error) });
    }
  },
  async setLimit(bytesPerSecond) {
    const done = await get().act(async (api) => {
      await api.setSpeedLimit(bytesPerSecond);
      return true;
    });
    if (done) set({ limit: bytesPerSecond });
  },
  dismissEnded: (id) => set((state) => ({ ended: state.ended.filter((each) => each.id !== id) })),
  dismissProblem: () => set({ problem: null }),
}));

/** How many are on their way or wait for their turn. */
export function underWay(downloads: readonly Download[] | null): number {
  return downloads?.filter((each) => !hasEnded(each)).length ?? 0;
}
