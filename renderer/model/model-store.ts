// The model that answers, as the core reports it.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import type { Costs } from '../../electron/contract/engine.ts';
import type { LibraryModel } from '../../electron/contract/library.ts';
import type { LoadChoices, ModelState } from '../../electron/contract/models.ts';
import { requireClient } from '../connection-store.ts';
import { follow } from '../follow.ts';

interface ModelStore {
  /** Null until the core has told. */
  state: ModelState | null;
  library: LibraryModel[];
  /** What went wrong when the page asked for a load. */
  error: ErrorShape | null;
  attach(client: AppApi, signal: AbortSignal): void;
  /** `choices` are remembered for the model; without any it is loaded as the last time. */
  load(modelId: string, choices?: LoadChoices): Promise<void>;
  /** Also cancels a load under way. */
  unload(): Promise<void>;
}

export const useModel = create<ModelStore>()((set) => ({
  state: null,
  library: [],
  error: null,
  attach(client, signal) {
    void follow(
      client.models.watch(),
      signal,
      (state) => set({ state }),
      (error) => set({ error }),
    );
    client.models.list().then(
      (library) => set({ library }),
      // The list only serves "load another": the state above says what is wrong.
      () => {},
    );
  },
  async load(modelId, choices) {
    set({ error: null });
    try {
      await requireClient().models.load(modelId, choices);
    } catch (error) {
      const shape = toErrorShape(error);
      // Somebody asked for that: another load, or none.
      if (shape.code !== 'cancelled') set({ error: shape });
    }
  },
  async unload() {
    set({ error: null });
    try {
      await requireClient().models.unload();
    } catch (error) {
      set({ error: toErrorShape(error) });
    }
  },
}));

/** The measured costs, where they are of the model with this name: a figure of another model compares nothing. */
export function costsFor(state: ModelState | null, modelName: string | null): Costs | null {
  if (state?.status !== 'ready') return null;
  return modelName === null || modelName === state.model.name || modelName === state.loaded.model.name ? state.costs : null;
}
