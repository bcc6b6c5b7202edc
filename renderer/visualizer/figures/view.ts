// Which stretch of the rounds is looked at. Pure.

export interface View {
  /** Rounds `[from, to)`; may be fractions while it moves. */
  from: number;
  to: number;
}

const fewest = 8;

/** Within the rounds that there are, its length kept where it can be. */
export function clampView({ from, to }: View, total: number): View {
  const length = Math.min(total, Math.max(Math.min(fewest, total), to - from));
  const first = Math.max(0, Math.min(total - length, from));
  return { from: first, to: first + length };
}

/** The round `at` stays where it is in the picture. Below 1, `factor` zooms in. */
export function zoomed({ from, to }: View, factor: number, at: number, total: number): View {
  const length = Math.min(total, Math.max(Math.min(fewest, total), (to - from) * factor));
  const share = to > from ? (at - from) / (to - from) : 0.5;
  return clampView({ from: at - share * length, to: at - share * length + length }, total);
}

export function panned({ from, to }: View, rounds: number, total: number): View {
  return clampView({ from: from + rounds, to: to + rounds }, total);
}

/** Moved as little as it takes to hold a round. */
export function holding(view: View, round: number, total: number): View {
  if (round < view.from) return panned(view, round - view.from, total);
  return round + 1 > view.to ? panned(view, round + 1 - view.to, total) : view;
}

/** Rounds have come or gone: who saw all of them still does. */
export function grown(view: View, before: number, total: number): View {
  return view.from <= 0 && view.to >= before ? { from: 0, to: total } : clampView(view, total);
}
