// How this window is arranged: which panels are open and how wide, kept from visit to visit. Nothing of it concerns the core.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { hasRoomFor, type Region } from './use-media.ts';

/** Widths in CSS pixels. */
export const regionWidths = {
  sidebar: { least: 208, usual: 268, most: 440 },
  panel: { least: 320, usual: 460, most: 800 },
} satisfies Record<Region, { least: number; usual: number; most: number }>;

interface ViewState {
  /** Beside the chat, where there is room. */
  open: Record<Region, boolean>;
  widths: Record<Region, number>;
  /** The one that lies over the chat for want of room. */
  drawer: Region | null;
  /** Long lines of code are broken instead of scrolled. */
  wrapCode: boolean;
  toggle(region: Region): void;
  close(region: Region): void;
  setWidth(region: Region, width: number): void;
  toggleWrapCode(): void;
}

export const useView = create<ViewState>()(
  persist(
    (set) => ({
      open: { sidebar: true, panel: false },
      widths: { sidebar: regionWidths.sidebar.usual, panel: regionWidths.panel.usual },
      drawer: null,
      wrapCode: false,
      toggle: (region) =>
        set(({ open, drawer }) =>
          hasRoomFor(region) ? { open: { ...open, [region]: !open[region] } } : { drawer: drawer === region ? null : region },
        ),
      close: (region) => set(({ open }) => (hasRoomFor(region) ? { open: { ...open, [region]: false } } : { drawer: null })),
      setWidth: (region, width) => set(({ widths }) => ({ widths: { ...widths, [region]: within(region, width) } })),
      toggleWrapCode: () => set(({ wrapCode }) => ({ wrapCode: !wrapCode })),
    }),
    {
      name: 'kangaroo-view',
      partialize: ({ open, widths, wrapCode }) => ({ open, widths, wrapCode }),
      merge: (stored, current) => restore(stored, current),
    },
  ),
);

/** Whether a region shows, in either way. */
export function isShown(region: Region, { open, drawer }: Pick<ViewState, 'open' | 'drawer'>, room: boolean): boolean {
  return room ? open[region] : drawer === region;
}

function within(region: Region, width: unknown): number {
  const { least, usual, most } = regionWidths[region];
  return typeof width === 'number' && Number.isFinite(width) ? Math.round(Math.min(most, Math.max(least, width))) : usual;
}

/** What an earlier visit kept, as far as it makes sense. */
function restore(stored: unknown, current: ViewState): ViewState {
  const { open, widths, wrapCode } = (stored ?? {}) as { open?: unknown; widths?: unknown; wrapCode?: unknown };
  const opened = (open ?? {}) as Partial<Record<Region, unknown>>;
  const wide = (widths ?? {}) as Partial<Record<Region, unknown>>;
  return {
    ...current,
    open: { sidebar: opened.sidebar !== false, panel: opened.panel === true },
    widths: { sidebar: within('sidebar', wide.sidebar), panel: within('panel', wide.panel) },
    wrapCode: wrapCode === true,
  };
}
