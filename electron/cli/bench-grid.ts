// Fixed settings beside automatic drafting: every threshold with every draft length, each in every conversation.
// The best of them is chosen with hindsight, per category, and so a little flattered by chance; `auto` has to guess.
import type { DraftingOptions } from '../contract/engine.ts';
import { speedsOver, type PlayedConversation } from './bench-speed.ts';
import { spread, type Spread } from '../core/statistics.ts';
import { formatTable, type Column } from './table.ts';

/** η and γ. */
export type FixedSetting = Pick<DraftingOptions, 'threshold' | 'maxDraft'>;

const thresholds = [0.3, 0.6, 0.9];
const draftLengths = [1, 2, 4, 6];

export const gridSettings: readonly FixedSetting[] = thresholds.flatMap((threshold) =>
  draftLengths.map((maxDraft) => ({ threshold, maxDraft })),
);

export interface FixedSpeed extends FixedSetting {
  /** Tokens/s over plain's, per conversation and repeat. */
  speedup: Spread | null;
}

export interface GridSummary {
  settings: FixedSpeed[];
  /** The setting with the highest median. */
  best: FixedSpeed | null;
  /** `auto`'s tokens/s over plain's and over the best setting's, per conversation and repeat. */
  autoOverPlain: Spread | null;
  autoOverBest: Spread | null;
}

/** What of a sample is compared here. */
interface GridSample {
  plain: PlayedConversation;
  auto: PlayedConversation | null;
  /** In the order of `gridSettings`; empty where they were not measured. */
  grid: readonly PlayedConversation[];
}

/** Null where no fixed settings were measured. */
export function summarizeGrid(samples: readonly GridSample[]): GridSummary | null {
  if (!samples.some((sample) => sample.grid.length > 0)) return null;
  const settings = gridSettings.map((setting, place) => ({
    ...setting,
    speedup: spread(samples.flatMap(({ plain, grid }) => speedsOver(plain, grid[place]))),
  }));
  const medianOf = (place: number) => settings[place]?.speedup?.median ?? 0;
  const bestPlace = settings.reduce((best, _, place) => (medianOf(place) > medianOf(best) ? place : best), 0);
  const best = settings[bestPlace];
  return {
    settings,
    best: best?.speedup ? best : null,
    autoOverPlain: spread(samples.flatMap(({ plain, auto }) => speedsOver(plain, auto))),
    autoOverBest: spread(samples.flatMap(({ grid, auto }) => speedsOver(grid[bestPlace], auto))),
  };
}

/** One row for each category; '' where no fixed settings were measured. */
export function formatGrid(
  summaries: readonly { category: string; grid: GridSummary | null }[],
  style: 'aligned' | 'markdown',
): string {
  if (summaries.every(({ grid }) => grid === null)) return '';
  const numbers = [...gridSettings.map(nameOf), 'Best', 'Auto', 'Auto over best'];
  const columns: Column[] = [{ title: 'Task', align: 'left' }, ...numbers.map((title): Column => ({ title, align: 'right' }))];
  const rows = summaries.map(({ category, grid }) => [
    category,
    ...gridSettings.map((_, place) => times(grid?.settings[place]?.speedup)),
    grid?.best ? `${nameOf(grid.best)}: ${times(grid.best.speedup)}` : '–',
    times(grid?.autoOverPlain),
    times(grid?.autoOverBest),
  ]);
  const what = 'Fixed settings (threshold/drafts) and automatic drafting, medians of the speedup over plain decoding:';
  return `${what}\n\n${formatTable(columns, rows, style)}`;
}

const nameOf = ({ threshold, maxDraft }: FixedSetting) => `${threshold}/${maxDraft}`;
const times = (speed: Spread | null | undefined) => (speed ? `${speed.median.toFixed(3)}×` : '–');
