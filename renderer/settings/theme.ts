// Light or dark: the setting, or the system's wish where the setting says so.
import type { Settings } from '../../electron/contract/settings.ts';
import { useSettings } from './settings-store.ts';

/** Remembers the last choice, so that the page does not flash before the core has told the settings. */
const storageKey = 'kangaroo-theme';

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function remember(theme: Settings['theme']): void {
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // Storage may be forbidden; then the page flashes once at the start, no more.
  }
}

function apply(): void {
  const { settings, known } = useSettings.getState();
  const theme = known ? settings.theme : (remembered() ?? 'system');
  const dark = theme === 'dark' || (theme !== 'light' && darkSystem.matches);
  document.documentElement.toggleAttribute('data-dark', dark);
  if (known) remember(settings.theme);
}

/** Keeps the page's theme right from now on. */
export function followTheme(): void {
  apply();
  darkSystem.addEventListener('change', apply);
  useSettings.subscribe(apply);
}
