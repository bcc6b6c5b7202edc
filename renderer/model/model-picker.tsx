// The model that answers, in the header: its name and state, and opened, every model there is, to switch by a few keys.
import { ChevronDown } from 'lucide-react';
import { modelsText } from '../models/strings.ts';
import { strings } from '../strings.ts';
import { Popover } from '../ui/popover.tsx';
import { describeModel, lights } from './model-light.ts';
import { useModel } from './model-store.ts';
import { PickerPanel } from './picker-panel.tsx';

const text = modelsText.picker;

export function ModelPicker() {
  const state = useModel((model) => model.state);
  const { light, name, text: said } = describeModel(state);

  return (
    <div className="min-w-0" data-testid="model-state" data-status={state?.status ?? 'unknown'}>
      <Popover
        label={text.label}
        testId="model-picker"
        align="start"
        shortcut={text.shortcut}
        buttonClass="flex max-w-full items-center gap-2 rounded-lg px-2 py-1 text-start leading-tight transition-colors hover:bg-sunken"
        button={
          <>
            <span aria-hidden className={`size-2 shrink-0 rounded-full ${lights[light]}`} />
            <span className="flex min-w-0 flex-col sm:flex-row sm:items-baseline sm:gap-2">
              <span className="sr-only">{strings.model.label}: </span>
              {name && <span className="truncate text-[14px] font-medium">{name}</span>}
              <span className="truncate text-[12.5px] text-ink-soft tabular-nums">{said}</span>
            </span>
            <ChevronDown size={14} aria-hidden className="shrink-0 text-ink-soft" />
          </>
        }
      >
        {(close) => <PickerPanel close={close} />}
      </Popover>
    </div>
  );
}
