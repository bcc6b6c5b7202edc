// Drafting and sampling, of the general settings or of a chat: see `BindingContext`.
import type { ReactNode } from 'react';
import { useModel } from '../model/model-store.ts';
import { strings } from '../strings.ts';
import { useSetting } from './binding.ts';
import { DecodingModeField } from './decoding-mode-field.tsx';
import { ChoiceField, NumberField, SliderField, SwitchField } from './fields.tsx';

const text = strings.settings;

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="space-y-4" aria-label={title}>
      <h3 className="text-[12.5px] font-semibold tracking-wide text-ink-soft uppercase">{title}</h3>
      {children}
    </section>
  );
}

export function DraftingSection() {
  const withoutAdapter = useModel(({ state }) => state?.status === 'ready' && state.loaded.adapter === null);
  const automatic = useSetting('decodingMode').value === 'auto';
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

export function SamplingSection() {
  const greedy = useSetting('temperature').value === 0;
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
