// How long a context the loaded model has; another length loads it anew.
import { useId, useState } from 'react';
import { useModel } from '../../model/model-store.ts';
import { strings } from '../../strings.ts';
import { chatText } from '../strings.ts';

const text = chatText.settings;
/** Tokens. */
const usual = [2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

export function ContextLength() {
  const id = useId();
  const state = useModel((model) => model.state);
  const load = useModel((model) => model.load);
  const [chosen, setChosen] = useState<number | null>(null);
  const loaded = state?.status === 'ready' || state?.status === 'calibrating' ? state : null;
  const now = loaded?.loaded.contextSize;
  const trained = loaded?.loaded.model.trainedContext ?? 0;
  const lengths = [...new Set([...usual.filter((length) => length < trained), trained, now ?? 0])]
    .filter((length) => length > 0)
    .sort((a, b) => a - b);
  const value = chosen ?? now;
  return (
    <div className="space-y-1.5">
      <div className="flex gap-2">
        <select
          id={id}
          aria-label={text.context}
          aria-describedby={`${id}-help`}
          data-testid="context-length"
          className="field"
          disabled={!loaded}
          value={value ?? ''}
          onChange={(event) => setChosen(Number(event.target.value))}
        >
          {!loaded && <option value="">{strings.model.none}</option>}
          {lengths.map((length) => (
            <option key={length} value={length}>
              {text.contextOption(length)}
            </option>
          ))}
        </select>
        {loaded && value !== undefined && value !== now && (
          <button
            type="button"
            className="button-accent shrink-0"
            data-testid="context-reload"
            onClick={() => {
              setChosen(null);
              void load(loaded.model.id, { contextSize: value });
            }}
          >
            {text.contextReload}
          </button>
        )}
      </div>
      <p id={`${id}-help`} className="text-[13px] leading-snug text-ink-soft">
        {text.contextHelp}
      </p>
    </div>
  );
}
