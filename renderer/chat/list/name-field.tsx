// A name written in place: Enter takes it, Escape leaves it as it was, and so does an empty one.
import { useRef, useState } from 'react';

interface NameFieldProps {
  label: string;
  value: string;
  /** Null: left as it was. Called once. */
  onDone: (name: string | null) => void;
}

export function NameField({ label, value, onDone }: NameFieldProps) {
  const [name, setName] = useState(value);
  const done = useRef(false);

  function finish(result: string | null): void {
    if (done.current) return;
    done.current = true;
    onDone(result === '' ? null : result);
  }

  return (
    <input
      // It stands where the user has just asked for it.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus
      aria-label={label}
      data-testid="name-field"
      value={name}
      maxLength={200}
      className="field py-1"
      onFocus={(event) => event.target.select()}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => finish(name.trim())}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        finish(event.key === 'Enter' ? name.trim() : null);
      }}
    />
  );
}
