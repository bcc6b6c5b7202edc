// A few words of which one is chosen: radio buttons that look like one control.
import { useId } from 'react';

interface SegmentsProps<T extends string> {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T;
  onChange(value: T): void;
  testId: string;
}

export function Segments<T extends string>({ label, options, value, onChange, testId }: SegmentsProps<T>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} data-testid={testId} className="inline-flex rounded-lg bg-sunken p-0.5 text-[13px]">
      {options.map((option) => (
        <label
          key={option.value}
          className={`cursor-pointer rounded-md px-2.5 py-1 has-focus-visible:outline-2 has-focus-visible:outline-accent ${
            option.value === value ? 'bg-raised font-medium text-ink shadow-sm' : 'text-ink-soft hover:text-ink'
          }`}
        >
          <input
            type="radio"
            className="sr-only"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </div>
  );
}
