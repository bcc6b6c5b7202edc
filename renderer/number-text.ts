// Numbers as the page says them: sizes, speeds, durations, counts, dates.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** Decimal units, as disks and the hub count: `412 kB`, `3.6 MB`, `4.1 GB`. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${one.format(bytes / 1e9)} GB`;
  if (bytes >= 1e6) return `${(bytes >= 1e7 ? whole : one).format(bytes / 1e6)} MB`;
  return bytes >= 1e3 ? `${whole.format(bytes / 1e3)} kB` : `${whole.format(bytes)} B`;
}

export function transferSpeedText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`;
}

/** Rough on purpose, so that it does not flicker: `less than a minute`, `12 min`, `3 h 20 min`. */
export function remainingText(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= 1) return 'less than a minute';
  if (minutes < 60) return `${whole.format(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${whole.format(hours)} h ${whole.format(minutes % 60)} min`
    : `${whole.format(Math.round(hours / 24))} days`;
}

/** Rounded down: 100% means all of it. */
export function percentText(fraction: number): string {
  return percent.format(Math.floor(Math.min(1, Math.max(0, fraction)) * 100) / 100);
}

export function countText(value: number, singular: string, plural: string): string {
  return `${whole.format(value)} ${value === 1 ? singular : plural}`;
}

export function wholeText(value: number): string {
  return whole.format(value);
}

/** `1.2M`, `340K`: for popularity, where only the magnitude tells anything. */
export function roughText(value: number): string {
  return compact.format(value);
}

/** `7.2 B`, `84 M` parameters. */
export function parametersText(value: number): string {
  return value >= 1e9 ? `${one.format(value / 1e9)} B` : `${whole.format(value / 1e6)} M`;
}

export function speedRangeText([from, to]: readonly [number, number]): string {
  const { format } = to >= 10 ? whole : one;
  return format(from) === format(to) ? `${format(from)} tokens/s` : `${format(from)}–${format(to)} tokens/s`;
}

export function dayText(atMs: number): string {
  return day.format(atMs);
}
