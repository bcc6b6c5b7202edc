// The settings, in a sheet at the side. Each change is sent at once; what the core refuses is said at its field.
import { X } from 'lucide-react';
import type { ReactNode, Ref, RefObject } from 'react';
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts';
import { useConnection } from '../connection-store.ts';
import { useModel } from '../model/model-store.ts';
import { strings } from '../strings.ts';
import { DecodingModeField } from './decoding-mode-field.tsx';
import { ChoiceField, NumberField, SliderField, SwitchField } from './fields.tsx';
import { useSettings } from './settings-store.ts';

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
        <div className="flex items-center justify-between border-b border-line py-2 pr-3 pl-5">
          <h2 id="settings-title" className="text-[17px] font-semibold">
            {text.title}
          </h2>
          <button type="button" className="button-icon" aria-label={strings.close} onClick={() => ref.current?.close()}>
            <X size={18} aria-hidden />
          </button>
        </div>
        <div className="min-h-0 flex-1 space-y-8 overflow-y-auto px-5 py-5">
          <DraftingSection />
          <SamplingSection />
          <Section title={text.appearance}>
            <ChoiceField name="theme" label={text.theme} options={text.themes} />
            <SwitchField name="showOrigins" label={text.showOrigins} />
            <SwitchField name="showRejected" label={text.showRejected} />
          </Section>
          <Footer />
        </div>
      </div>
    </dialog>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="space-y-4" aria-label={title}>
      <h3 className="text-[12.5px] font-semibold tracking-wide text-ink-soft uppercase">{title}</h3>
      {children}
    </section>
  );
}

function DraftingSection() {
  const withoutAdapter = useModel(({ state }) => state?.status === 'ready' && state.loaded.adapter === null);
  const automatic = useSettings((state) => state.settings.decodingMode === 'auto');
  const unused = automatic ? { note: text.thresholdUnused } : {};
  return (
    <Section title={text.drafting}>
      {withoutAdapter && <p className="rounded-lg bg-sunken px-3 py-2 text-[13.5px]">{text.needsAdapter}</p>}
      <DecodingModeField />
      <SwitchField
        name="promptLookup"
        label={text.promptLookup}
        help={text.promptLookupHelp}
        {...(automatic ? {} : { note: text.promptLookupUnused })}
      />
      <SliderField name="threshold" label={text.threshold} help={text.thresholdHelp} min={0} max={1} step={0.05} {...unused} />
      <SliderField name="maxDraft" label={text.maxDraft} help={text.maxDraftHelp} min={1} max={16} step={1} />
      <ChoiceField name="draftSampling" label={text.draftSampling} help={text.draftSamplingHelp} options={text.draftSamplings} />
    </Section>
  );
}

function SamplingSection() {
  const greedy = useSettings((state) => state.settings.temperature === 0);
  const unused = greedy ? { note: text.greedyNote } : {};
  return (
    <Section title={text.sampling}>
      <SliderField name="temperature" label={text.temperature} help={text.temperatureHelp} min={0} max={2} step={0.05} />
      <NumberField name="topK" label={text.topK} help={text.topKHelp} step={1} {...unused} />
      <SliderField name="topP" label={text.topP} help={text.topPHelp} min={0.05} max={1} step={0.05} {...unused} />
      <SliderField name="minP" label={text.minP} help={text.minPHelp} min={0} max={1} step={0.01} {...unused} />
      <SliderField
        name="repetitionPenalty"
        label={text.repetitionPenalty}
        help={text.repetitionPenaltyHelp}
        min={1}
        max={2}
        step={0.05}
      />
      <NumberField name="maxTokens" label={text.maxTokens} help={text.maxTokensHelp} step={1} />
    </Section>
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
