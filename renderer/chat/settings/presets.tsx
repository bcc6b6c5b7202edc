// Presets: a system prompt with settings under a name; chosen, they become the chat's.
import { Trash2 } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { Preset } from '../../../electron/contract/chat-list.ts';
import type { ChatSettings } from '../../../electron/contract/chats.ts';
import { requireClient, useConnection } from '../../connection-store.ts';
import { follow } from '../../follow.ts';
import { attempt, tell } from '../../layout/happenings.tsx';
import { NameField } from '../list/name-field.tsx';
import { useChat } from '../chat-store.ts';
import { chatText } from '../strings.ts';

const text = chatText.settings;

function usePresets(): readonly Preset[] {
  const client = useConnection((state) => state.client);
  const [presets, setPresets] = useState<readonly Preset[]>([]);
  useEffect(() => {
    if (!client) return;
    const left = new AbortController();
    void follow(client.chats.watchPresets(), left.signal, setPresets, () => setPresets([]));
    return () => left.abort();
  }, [client]);
  return presets;
}

export function Presets({ settings }: { settings: ChatSettings }) {
  const id = useId();
  const presets = usePresets();
  const setSettings = useChat((state) => state.setSettings);
  const [naming, setNaming] = useState(false);
  const { overrides } = settings;
  const systemPrompt = settings.systemPrompt ?? '';
  const used = presets.find(
    (preset) => preset.systemPrompt === systemPrompt && sameSettings(preset.overrides, overrides) && !isEmpty(preset),
  );

  async function remove(preset: Preset): Promise<void> {
    if (!(await attempt(() => requireClient().chats.deletePreset(preset.id)))) return;
    const { id: _gone, ...again } = preset;
    tell({
      title: text.presetDeleted(preset.name),
      undo: async () => void (await requireClient().chats.savePreset(again)),
    });
  }

  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-[14.5px] font-medium">
        {text.presets}
      </label>
      <div className="flex gap-1.5">
        <select
          id={id}
          data-testid="presets"
          className="field"
          value={used?.id ?? ''}
          onChange={(event) => {
            const chosen = presets.find((preset) => preset.id === event.target.value);
            if (chosen) void setSettings({ systemPrompt: chosen.systemPrompt, overrides: chosen.overrides });
          }}
        >
          <option value="">{text.presetNone}</option>
          {presets.map((preset) => (
            <option key={preset.id} value={preset.id}>
              {preset.name}
            </option>
          ))}
        </select>
        {used && (
          <button
            type="button"
            className="button-icon"
            aria-label={text.deletePreset(used.name)}
            title={text.deletePreset(used.name)}
            onClick={() => void remove(used)}
          >
            <Trash2 size={16} aria-hidden />
          </button>
        )}
      </div>
      {naming ? (
        <NameField
          label={text.presetName}
          value=""
          onDone={(name) => {
            setNaming(false);
            if (name !== null) void attempt(() => requireClient().chats.savePreset({ name, systemPrompt, overrides }));
          }}
        />
      ) : (
        <button type="button" className="button" data-testid="save-preset" onClick={() => setNaming(true)}>
          {text.savePreset}
        </button>
      )}
      <p className="text-[13px] leading-snug text-ink-soft">{text.presetsHelp}</p>
    </div>
  );
}

function isEmpty({ systemPrompt, overrides }: Preset): boolean {
  return systemPrompt === '' && Object.keys(overrides).length === 0;
}

function sameSettings(a: ChatSettings['overrides'], b: ChatSettings['overrides']): boolean {
  const sorted = (value: ChatSettings['overrides']) => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
