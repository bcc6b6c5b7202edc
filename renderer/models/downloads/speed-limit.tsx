// The speed limit of all downloads together.
import { useState } from 'react';
import { modelsText } from '../strings.ts';
import { useDownloads } from './downloads-store.ts';

const text = modelsText.downloads;

/** Bytes per second. */
const limits = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000];

export function SpeedLimit() {
  const act = useDownloads((state) => state.act);
  const [limit, setLimit] = useState<number | null>(null);
  return (
    <label className="flex items-center gap-2 text-[13.5px] text-ink-soft">
      {text.limit}
      <select
        className="field w-auto"
        data-testid="speed-limit"
        value={limit ?? 0}
        onChange={(event) => {
          const chosen = Number(event.target.value) || null;
          setLimit(chosen);
          void act((api) => api.setSpeedLimit(chosen));
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
