// Order statistics over measured samples. None of them hides an empty sample: it gives null.

export interface Spread {
  median: number;
  /** Lower quartile. */
  low: number;
  /** Upper quartile. */
  high: number;
}

/** The `fraction` quantile, 0…1, with linear interpolation between neighbours (type 7 of Hyndman and Fan). */
export function quantile(samples: readonly number[], fraction: number): number | null {
  const sorted = samples.toSorted((first, second) => first - second);
  const place = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (place - Math.floor(place));
}

/** Median and quartiles; null for no samples. */
export function spread(samples: readonly number[]): Spread | null {
  const [median, low, high] = [quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75)];
  return median === null || low === null || high === null ? null : { median, low, high };
}

/** `part / whole`, and null instead of a division by zero. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
