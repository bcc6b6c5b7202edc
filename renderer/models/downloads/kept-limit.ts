// The speed limit that the user chose, kept by the page: the core forgets it when it ends, and tells nobody what it is.

const storageKey = 'kangaroo-download-limit';

/** Bytes per second; null: none. */
export function keptLimit(): number | null {
  try {
    const value = Number(localStorage.getItem(storageKey));
    return Number.isFinite(value) && value > 0 ? value : null;
  } catch {
    return null;
  }
}

export function keepLimit(bytesPerSecond: number | null): void {
  try {
    if (bytesPerSecond === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, String(bytesPerSecond));
  } catch {
    // Storage may be forbidden; then the limit lasts as long as the page.
  }
}
