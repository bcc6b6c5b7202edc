// How answers are decoded: one of three modes, each with what it means.
import { useId } from 'react';
import type { DraftingMode } from '../../electron/contract/engine.ts';
import { strings } from '../strings.ts';
import { useSetting } from './binding.ts';
import { Below } from './fields.tsx';

const text = strings.settings;
const modes: readonly DraftingMode[] = ['auto', 'kangaroo', 'plain'];

export function DecodingModeField() {
  const id = useId();
  const { value, error, change, release } = useSetting('decodingMode');
  return (
    <fieldset aria-describedby={`${id}-below`}>
      <legend className="mb-1.5 text-[14.5px] font-medium">{text.decodingMode}</legend>
      <div className="overflow-hidden rounded-xl border border-line">
        {modes.map((mode) => (
          <label
            key={mode}
            className="flex cursor-pointer gap-2.5 px-3 py-2 transition-colors not-first:border-t not-first:border-line has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={`${id}-mode`}
              value={mode}
              data-testid={`mode-${mode}`}
              checked={value === mode}
              aria-describedby={`${id}-${mode}`}
              aria-label={text.decodingModes[mode].label}
              className="mt-[3px] size-4 shrink-0 accent-accent outline-none"
              onChange={() => void change(mode)}
            />
            <span className="min-w-0">
              <span className="block text-[14px] leading-5.5">{text.decodingModes[mode].label}</span>
              <span id={`${id}-${mode}`} className="block text-[13px] leading-snug text-ink-soft">
                {text.decodingModes[mode].help}
              </span>
            </span>
          </label>
        ))}
      </div>
      <div className="mt-1.5">
        <Below id={`${id}-below`} label={text.decodingMode} help={text.decodingModeHelp} error={error} release={release} />
      </div>
    </fieldset>
  );
}
