// Finding models: the curated list, the search and its pages, and what is known of the hub.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { HubQuery, HubResult, HubStatus } from '../../../electron/contract/hub.ts';
import type { AppApi } from '../../../electron/contract/index.ts';
import { requireClient } from '../../connection-store.ts';
import { follow } from '../../follow.ts';

export type HubSort = HubQuery['sort'];

interface HubStore {
  status: HubStatus | null;
  /** What is in the search field: kept while the user looks at a repository and comes back. */
  text: string;
  sort: HubSort;
  /** What was searched for last; null before the first search. */
  searched: { text: string; sort: HubSort } | null;
  results: HubResult[];
  next: string | null;
  searching: boolean;
  error: ErrorShape | null;
  attach(client: AppApi, signal: AbortSignal): void;
  setText(text: string): void;
  /** Sends the search; nothing is sent before that. */
  search(sort?: HubSort): Promise<void>;
  searchMore(): Promise<void>;
  clearSearch(): void;
}

export const useHub = create<HubStore>()((set, get) => {
  /** Counts the searches: an older one no longer speaks. */
  let attempt = 0;

  async function ask(query: HubQuery, before: HubResult[]): Promise<void> {
    const mine = ++attempt;
    set({ searching: true, error: null });
    try {
      const page = await requireClient().hub.search(query);
      if (mine !== attempt) return;
      const known = new Set(before.map(({ repository }) => repository));
      // The order may move between two pages: a repository is shown once.
      const fresh = page.results.filter(({ repository }) => !known.has(repository));
      set({ results: [...before, ...fresh], next: page.next, searching: false });
    } catch (error) {
      if (mine === attempt) set({ error: toErrorShape(error), searching: false });
    }
  }

  return {
    status: null,
    text: '',
    sort: 'downloads',
    searched: null,
    results: [],
    next: null,
    searching: false,
    error: null,
    attach(client, signal) {
      void follow(
        client.hub.watch(),
        signal,
        (status) => set({ status }),
        () => {},
      );
    },
    setText: (text) => set({ text }),
    async search(sort = get().sort) {
      const text = get().text.trim();
      set({ searched: { text, sort }, sort, results: [], next: null });
      await ask({ text, sort }, []);
    },
    async searchMore() {
      const { searched, next, results, searching } = get();
      if (!searched || next === null || searching) return;
      await ask({ ...searched, cursor: next }, results);
    },
    clearSearch() {
      attempt++;
      set({ text: '', searched: null, results: [], next: null, error: null, searching: false });
    },
  };
});
