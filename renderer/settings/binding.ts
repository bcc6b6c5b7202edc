// Which settings the fields around show and change: the general ones, or what one chat sets for itself.
import { createContext, useContext } from 'react';
import type { ErrorShape } from '../../electron/contract/errors.ts';
import type { Settings } from '../../electron/contract/settings.ts';
import { useSettings } from './settings-store.ts';

export interface Binding {
  values: Settings;
  errors: Partial<Record<keyof Settings, ErrorShape>>;
  /** Resolves to whether the core took it. */
  change<K extends keyof Settings>(name: K, value: Settings[K]): Promise<boolean>;
  /** The settings that a chat sets for itself; null: these are the general settings. */
  own: ReadonlySet<keyof Settings> | null;
  /** Back to the general setting. */
  release(name: keyof Settings): void;
}

/** Null: the general settings. */
export const BindingContext = createContext<Binding | null>(null);

export interface Setting<K extends keyof Settings> {
  value: Settings[K];
  error: string | null;
  change(value: Settings[K]): Promise<boolean>;
  /** Takes what this chat has set for itself away; null where it has set nothing. */
  release: (() => void) | null;
}

export function useSetting<K extends keyof Settings>(name: K): Setting<K> {
  const binding = useContext(BindingContext);
  const value = useSettings((state) => state.settings[name]);
  const error = useSettings((state) => state.errors[name]?.message ?? null);
  const change = useSettings((state) => state.change);
  if (!binding) return { value, error, change: (next) => change(name, next), release: null };
  return {
    value: binding.values[name],
    error: binding.errors[name]?.message ?? null,
    change: (next) => binding.change(name, next),
    release: binding.own?.has(name) ? () => binding.release(name) : null,
  };
}
