// The chat's system prompt: its own, or the general one.
import { useId, useState } from 'react';
import { useSettings } from '../../settings/settings-store.ts';
import { useChat } from '../chat-store.ts';
import { chatText } from '../strings.ts';

const text = chatText.settings;

/** `value` null: the general one. */
export function SystemPrompt({ value }: { value: string | null }) {
  const id = useId();
  const general = useSettings((state) => state.settings.systemPrompt);
  const setSettings = useChat((state) => state.setSettings);
  const [edited, setEdited] = useState<string | null>(null);
  return (
    <div className="space-y-1">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-[14.5px] font-medium">
          {text.system}
        </label>
        {value !== null && (
          <button
            type="button"
            className="rounded text-[13px] text-accent underline underline-offset-2"
            onClick={() => {
              setEdited(null);
              void setSettings({ systemPrompt: null });
            }}
          >
            {text.systemDefault}
          </button>
        )}
      </div>
      <textarea
        id={id}
        data-testid="system-prompt"
        rows={4}
        placeholder={general || text.systemPlaceholder}
        value={edited ?? value ?? ''}
        aria-describedby={`${id}-help`}
        className="field field-sizing-content max-h-72 min-h-24 resize-y leading-normal"
        onChange={(event) => setEdited(event.target.value)}
        onBlur={() => {
          if (edited === null) return;
          setEdited(null);
          const next = edited.trim();
          // An empty box where there was none of its own changes nothing.
          if (next !== (value ?? '')) void setSettings({ systemPrompt: next });
        }}
      />
      <p id={`${id}-help`} className="text-[13px] leading-snug text-ink-soft">
        {text.systemHelp}
      </p>
    </div>
  );
}
