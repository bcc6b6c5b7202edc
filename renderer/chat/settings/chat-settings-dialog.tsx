// What one chat sets for itself: system prompt, presets, drafting and sampling. It holds from the next answer on and reloads
// nothing; only another context length does.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ChatSettings } from '../../../electron/contract/chats.ts';
import type { AnswerSettings, Settings } from '../../../electron/contract/settings.ts';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import { requireClient } from '../../connection-store.ts';
import { BindingContext, type Binding } from '../../settings/binding.ts';
import { DraftingSection, SamplingSection, Section } from '../../settings/sections.tsx';
import { useSettings } from '../../settings/settings-store.ts';
import { DialogCross } from '../../ui/dialog-cross.tsx';
import { openDialog } from '../../ui/open-dialog.ts';
import { useChat } from '../chat-store.ts';
import { chatText } from '../strings.ts';
import { ContextLength } from './context-length.tsx';
import { Presets } from './presets.tsx';
import { SystemPrompt } from './system-prompt.tsx';

const text = chatText.settings;
const unset: ChatSettings = { systemPrompt: null, overrides: {} };

export function ChatSettingsDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const settings = useChat(({ chat }) => chat?.settings) ?? unset;
  const binding = useChatBinding(settings);
  const changed = settings.systemPrompt !== null || Object.keys(settings.overrides).length > 0;
  useEffect(() => {
    const opened = dialog.current;
    if (opened) openDialog(opened);
    return () => opened?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="chat-settings-title"
      data-testid="chat-settings"
      className="sheet m-0 ml-auto h-dvh max-h-none w-[min(25rem,100vw)] max-w-none border-l border-line bg-paper p-0 text-ink shadow-float"
      closedby="any"
      onClose={onClose}
    >
      <div className="flex h-full flex-col">
        <h2 id="chat-settings-title" className="border-b border-line py-3 pr-14 pl-5 text-[17px] leading-7 font-semibold">
          {text.title}
        </h2>
        <div className="min-h-0 flex-1 space-y-8 overflow-y-auto px-5 py-5">
          <p className="text-[14px] text-ink-soft">{text.note}</p>
          <SystemPrompt value={settings.systemPrompt} />
          <Presets settings={settings} />
          <Section title={text.context}>
            <ContextLength />
          </Section>
          <BindingContext value={binding}>
            <DraftingSection />
            <SamplingSection />
          </BindingContext>
          {changed && (
            <button
              type="button"
              className="button"
              data-testid="chat-settings-reset"
              onClick={() => void useChat.getState().setSettings(unset)}
            >
              {text.resetAll}
            </button>
          )}
        </div>
      </div>
      <DialogCross onClose={() => dialog.current?.close()} />
    </dialog>
  );
}

/** The fields show what holds in this chat, and change its overrides. */
function useChatBinding({ overrides }: ChatSettings): Binding {
  const general = useSettings((state) => state.settings);
  const [errors, setErrors] = useState<Partial<Record<keyof Settings, ErrorShape>>>({});
  return useMemo(() => {
    async function store(name: keyof Settings, next: Partial<AnswerSettings>): Promise<boolean> {
      const chatId = useChat.getState().chat?.id;
      if (chatId === undefined) return false;
      try {
        await requireClient().chats.setSettings(chatId, { overrides: next });
        setErrors(({ [name]: _solved, ...others }) => others);
        return true;
      } catch (error) {
        setErrors((now) => ({ ...now, [name]: toErrorShape(error) }));
        return false;
      }
    }
    const current = () => useChat.getState().chat?.settings.overrides ?? {};
    return {
      values: { ...general, ...overrides },
      errors,
      own: new Set(Object.keys(overrides) as (keyof Settings)[]),
      change: (name, value) => store(name, { ...current(), [name]: value }),
      release(name) {
        const { [name as keyof AnswerSettings]: _released, ...others } = current();
        void store(name, others);
      },
    };
  }, [general, overrides, errors]);
}
