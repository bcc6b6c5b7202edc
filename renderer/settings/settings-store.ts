// The settings, as the core keeps them. A change shows at once and is taken back where the core refuses it.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { AppApi } from '../../electron/contract/index.ts';
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts';
import { requireClient } from '../connection-store.ts';
import { follow } from '../follow.ts';

interface SettingsStore {
  settings: Settings;
  /** False until the core has told them: what shows before are the defaults. */
  known: boolean;
  /** The last refusal, by the setting that was to change. */
  errors: Partial<Record<keyof Settings, ErrorShape>>;
  attach(client: AppApi, signal: AbortSignal): void;
  /** Resolves to whether the core took it. */
  change<K extends keyof Settings>(key: K, value: Settings[K]): Promise<boolean>;
}

/** A copy of `value` without `key`. */
function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _removed, ...rest } = value;
  return rest;
}

export const useSettings = create<SettingsStore>()((set, get) => ({
  settings: defaultSettings,
  known: false,
  errors: {},
  attach(client, signal) {
    void follow(
      client.settings.watch(),
      signal,
      (settings) => set({ settings, known: true }),
      (error) => set({ errors: { theme: error } }),
    );
  },
  async change(key, value) {
    const before = get().settings[key];
    set((state) => ({ settings: { ...state.settings, [key]: value }, errors: without(state.errors, key) }));
    try {
      const patch: Partial<Settings> = {};
      patch[key] = value;
      set({ settings: await requireClient().settings.set(patch) });
      return true;
    } catch (error) {
      set((state) => ({
        settings: { ...state.settings, [key]: before },
        errors: { ...state.errors, [key]: toErrorShape(error) },
      }));
      return false;
    }
  },
}));
