// Fields of the settings, each bound to one setting by its name: of the general settings, or of a chat. Numbers are sent when the user pauses or leaves the field.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { Settings } from '../../electron/contract/settings.ts';
import { strings } from '../strings.ts';
import { chatText } from '../chat/strings.ts';
import { useSetting } from './binding.ts';

/** Names of the settings whose values are of one type. */
type NamesOf<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];

type NumberName = NamesOf<number>;
type FlagName = NamesOf<boolean>;
type ChoiceName = NamesOf<string>;

const pauseMs = 250;

interface FieldProps {
  label: string;
  help?: string;
  note?: string;
}

interface BelowProps {
  id: string;
  label: string;
  help?: string | undefined;
  note?: string | undefined;
  error: string | null;
  release: (() => void) | null;
}

/** Help, note and error below a field, tied to it by `id`; and the way back for what a chat has set for itself. */
export function Below({ id, label, help, note, error, release }: BelowProps) {
  return (
    <div id={id} className="text-[13px] leading-snug text-ink-soft">
      {help && <p>{help}</p>}
      {note && <p className="italic">{note}</p>}
      {release && (
        <p className="mt-0.5 text-accent">
          {chatText.settings.own} ·{' '}
          <button
            type="button"
            className="rounded underline underline-offset-2"
            aria-label={chatText.settings.resetLabel(label)}
            onClick={release}
          >
            {chatText.settings.reset}
          </button>
        </p>
      )}
      {error && (
        <p role="alert" className="mt-1 text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

/** A number being edited: what is typed shows at once, and is sent after a pause or when the field is left, also by closing its dialog. */
function useNumber(name: NumberName) {
  const { value: stored, error, change, release } = useSetting(name);
  const [edited, setEdited] = useState<number | null>(null);
  const unsent = useRef<{ value: number; timer: ReturnType<typeof setTimeout> } | null>(null);

  function send(): void {
    if (unsent.current === null) return;
    const { value, timer } = unsent.current;
    clearTimeout(timer);
    unsent.current = null;
    void change(value).then(() => setEdited((now) => (now === value ? null : now)));
  }

  const latestSend = useRef(send);
  useEffect(() => {
    latestSend.current = send;
  });
  useEffect(() => () => latestSend.current(), []);

  function edit(value: number): void {
    setEdited(value);
    if (unsent.current !== null) clearTimeout(unsent.current.timer);
    unsent.current = { value, timer: setTimeout(() => latestSend.current(), pauseMs) };
  }

  return { value: edited ?? stored, error, release, edit, send };
}

interface SliderProps extends FieldProps {
  name: NumberName;
  min: number;
  max: number;
  step: number;
}

export function SliderField({ name, label, help, note, min, max, step }: SliderProps) {
  const id = useId();
  const { value, error, release, edit, send } = useNumber(name);
  return (
    <div className="space-y-1">
      <div className="flex items-baseline justify-between gap-4">
        <label htmlFor={id} className="text-[14.5px] font-medium">
          {label}
        </label>
        <output htmlFor={id} className="text-[14px] tabular-nums">
          {value}
        </output>
      </div>
      <input
        id={id}
        type="range"
        name={name}
        min={min}
        max={max}
        step={step}
        value={value}
        aria-describedby={`${id}-below`}
        className="block h-5 w-full accent-accent"
        onChange={(event) => edit(event.target.valueAsNumber)}
        onBlur={send}
      />
      <Below id={`${id}-below`} label={label} help={help} note={note} error={error} release={release} />
    </div>
  );
}

export function NumberField({ name, label, help, note, step }: FieldProps & { name: NumberName; step: number }) {
  const id = useId();
  const { value, error, release, edit, send } = useNumber(name);
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && Number.isNaN(Number.parseFloat(typed)) ? strings.settings.notANumber : null;
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-[14.5px] font-medium">
        {label}
      </label>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        name={name}
        step={step}
        value={typed ?? value}
        aria-describedby={`${id}-below`}
        aria-invalid={wrong !== null || error !== null}
        className="field"
        onChange={(event) => {
          setTyped(event.target.value);
          const number = event.target.valueAsNumber;
          if (!Number.isNaN(number)) edit(number);
        }}
        onBlur={() => {
          setTyped(null);
          send();
        }}
      />
      <Below id={`${id}-below`} label={label} help={help} note={note} error={wrong ?? error} release={release} />
    </div>
  );
}

interface ChoiceProps<K extends ChoiceName> extends FieldProps {
  name: K;
  options: Readonly<Record<Settings[K], string>>;
}

export function ChoiceField<K extends ChoiceName>({ name, label, help, options }: ChoiceProps<K>): ReactNode {
  const id = useId();
  const { value, error, change, release } = useSetting(name);
  return (
    <fieldset className="space-y-1.5" aria-describedby={`${id}-below`}>
      <legend className="mb-1.5 text-[14.5px] font-medium">{label}</legend>
      <div className="flex gap-1 rounded-lg bg-sunken p-1">
        {(Object.keys(options) as Settings[K][]).map((option) => (
          <label
            key={option}
            className="flex-1 cursor-pointer rounded-md px-2 py-1 text-center text-[14px] text-ink-soft transition-colors has-checked:bg-raised has-checked:text-ink has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={`${id}-${name}`}
              value={option}
              checked={value === option}
              className="sr-only"
              onChange={() => void change(option)}
            />
            {options[option]}
          </label>
        ))}
      </div>
      <Below id={`${id}-below`} label={label} help={help} error={error} release={release} />
    </fieldset>
  );
}

export function SwitchField({ name, label, help, note }: FieldProps & { name: FlagName }) {
  const id = useId();
  const { value, error, change, release } = useSetting(name);
  return (
    <div>
      <label className="flex cursor-pointer items-center justify-between gap-4 text-[14.5px] font-medium">
        {label}
        <input
          type="checkbox"
          role="switch"
          name={name}
          checked={value}
          aria-checked={value}
          aria-describedby={`${id}-below`}
          className="size-4.5 shrink-0 accent-accent"
          onChange={(event) => void change(event.target.checked)}
        />
      </label>
      <Below id={`${id}-below`} label={label} help={help} note={note} error={error} release={release} />
    </div>
  );
}

/** A longer text: sent when the field is left. */
export function TextField({ name, label, help }: FieldProps & { name: 'systemPrompt' }) {
  const id = useId();
  const { value, error, change, release } = useSetting(name);
  const [edited, setEdited] = useState<string | null>(null);
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-[14.5px] font-medium">
        {label}
      </label>
      <textarea
        id={id}
        name={name}
        rows={3}
        value={edited ?? value}
        aria-describedby={`${id}-below`}
        aria-invalid={error !== null}
        className="field field-sizing-content max-h-60 min-h-20 resize-y leading-normal"
        onChange={(event) => setEdited(event.target.value)}
        onBlur={() => {
          if (edited === null) return;
          void change(edited.trim());
          setEdited(null);
        }}
      />
      <Below id={`${id}-below`} label={label} help={help} error={error} release={release} />
    </div>
  );
}
