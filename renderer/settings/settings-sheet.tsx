// The settings, in a sheet at the side. Each change is sent at once; what the core refuses is said at its field.
import type { Ref, RefObject } from 'react';
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts';
import { useConnection } from '../connection-store.ts';
import { strings } from '../strings.ts';
import { DialogCross } from '../ui/dialog-cross.tsx';
import { ChoiceField, SwitchField, TextField } from './fields.tsx';
import { DraftingSection, SamplingSection, Section } from './sections.tsx';
import { useSettings } from './settings-store.ts';
import { ZoomField } from './zoom-field.tsx';

const text = strings.settings;

export function SettingsSheet({ ref }: { ref: RefObject<HTMLDialogElement | null> & Ref<HTMLDialogElement> }) {
  return (
    <dialog
      ref={ref}
      aria-labelledby="settings-title"
      data-testid="settings-sheet"
      className="sheet m-0 ml-auto h-dvh max-h-none w-[min(25rem,100vw)] max-w-none border-l border-line bg-paper p-0 text-ink shadow-float"
      closedby="any"
    >
      <div className="flex h-full flex-col">
        <h2 id="settings-title" className="border-b border-line py-3 pr-14 pl-5 text-[17px] leading-7 font-semibold">
          {text.title}
        </h2>
        <div className="min-h-0 flex-1 space-y-8 overflow-y-auto px-5 py-5">
          <Section title={text.chats}>
            <TextField name="systemPrompt" label={text.systemPrompt} help={text.systemPromptHelp} />
            <SwitchField name="titlesByModel" label={text.titlesByModel} help={text.titlesByModelHelp} />
          </Section>
          <DraftingSection />
          <SamplingSection />
          <Section title={text.appearance}>
            <ChoiceField name="theme" label={text.theme} options={text.themes} />
            <ZoomField />
            <SwitchField name="showOrigins" label={text.showOrigins} />
            <SwitchField name="showRejected" label={text.showRejected} />
          </Section>
          <Footer />
        </div>
      </div>
      <DialogCross onClose={() => ref.current?.close()} />
    </dialog>
  );
}

function Footer() {
  const info = useConnection((state) => state.info);
  return (
    <Section title={text.about}>
      <button
        type="button"
        className="button"
        onClick={() => {
          const { change } = useSettings.getState();
          for (const key of Object.keys(defaultSettings) as (keyof Settings)[]) void change(key, defaultSettings[key]);
        }}
      >
        {text.reset}
      </button>
      {info && (
        <div className="space-y-1 text-[13px] text-ink-soft">
          <p className="wrap-anywhere">{text.version(info.version, info.engine)}</p>
          {info.notices.map((notice) => (
            <p key={notice}>{notice}</p>
          ))}
        </div>
      )}
    </Section>
  );
}
