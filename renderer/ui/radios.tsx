// One of a few, each on a line with what it means.
import { useId } from 'react';

interface RadiosProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string; help?: string }[];
  onChange: (value: T) => void;
}

export function Radios<T extends string>({ label, value, options, onChange }: RadiosProps<T>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-[14.5px] font-medium">{label}</legend>
      <div className="overflow-hidden rounded-xl border border-line">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex cursor-pointer gap-2.5 px-3 py-2 transition-colors not-first:border-t not-first:border-line has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={value === option.value}
              data-testid={`radio-${option.value}`}
              className="mt-[3px] size-4 shrink-0 accent-accent outline-none"
              onChange={() => onChange(option.value)}
            />
            <span className="min-w-0">
              <span className="block text-[14px] leading-5.5 wrap-anywhere">{option.label}</span>
              {option.help && <span className="block text-[13px] leading-snug text-ink-soft">{option.help}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
