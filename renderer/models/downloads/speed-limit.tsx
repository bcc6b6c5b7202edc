// The speed limit of all downloads together.
import { modelsText } from '../strings.ts';
import { useDownloads } from './downloads-store.ts';

const text = modelsText.downloads;

/** Bytes per second. */
const limits = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000];

export function SpeedLimit() {
  const limit = useDownloads((state) => state.limit);
  const setLimit = useDownloads((state) => state.setLimit);
  return (
    <label className="flex items-center gap-2 text-[13.5px] text-ink-soft">
      {text.limit}
      <select
        className="field w-auto"
        data-testid="speed-limit"
        value={limit ?? 0}
        onChange={(event) => {
          void setLimit(Number(event.target.value) || null);
        }}
      >
        <option value={0}>{text.limits.none}</option>
        {limits.map((bytesPerSecond) => (
          <option key={bytesPerSecond} value={bytesPerSecond}>
            {text.limits.choice(bytesPerSecond)}
          </option>
        ))}
      </select>
    </label>
  );
}
