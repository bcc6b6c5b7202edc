// The picker's panel: type to filter, arrows to choose, Enter to load; below, the memory that the loaded model holds.
import { Check, Power, X, Zap } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { LibraryModel } from '../../electron/contract/library.ts';
import { useLibrary } from '../models/library/library-store.ts';
import { matches } from '../models/library/match.ts';
import { MemoryNow } from '../models/memory/memory-now.tsx';
import { modelsText } from '../models/strings.ts';
import { bytesText, percentText } from '../number-text.ts';
import { hrefOf } from '../route.ts';
import { ModelFacts } from './model-facts.tsx';
import { useModel } from './model-store.ts';

const text = modelsText.picker;

function isLoadable({ status, facts }: LibraryModel): boolean {
  return (status === 'ready' || status === 'unread') && facts?.support.support !== 'not-supported';
}

export function PickerPanel({ close }: { close: () => void }) {
  const id = useId();
  const models = useLibrary(({ state }) => state?.models ?? null) ?? [];
  const current = useModel(({ state }) => (state && state.status !== 'unloaded' ? (state.model?.id ?? null) : null));
  const load = useModel((model) => model.load);
  const [filter, setFilter] = useState('');
  const [chosen, setChosen] = useState<string | null>(current);
  const field = useRef<HTMLInputElement>(null);
  const shown = models.filter((model) => matches(model, filter));
  const index = Math.max(
    0,
    shown.findIndex((model) => model.id === chosen),
  );
  const active = shown[index] ?? null;
  const optionId = (model: LibraryModel) => `${id}-${models.indexOf(model)}`;
  const activeId = active ? optionId(active) : undefined;

  // The panel is drawn just before it shows, and what does not show takes no focus.
  useEffect(() => {
    const frame = requestAnimationFrame(() => field.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);

  useEffect(() => {
    if (activeId !== undefined) document.getElementById(activeId)?.scrollIntoView({ block: 'nearest' });
  }, [activeId]);

  function pick(model: LibraryModel | null): void {
    if (!model || !isLoadable(model)) return;
    close();
    if (model.id !== current || useModel.getState().state?.status === 'failed') void load(model.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen(shown[Math.min(shown.length - 1, Math.max(0, index + step))]?.id ?? null);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      pick(active);
    }
  }

  return (
    <div className="space-y-3">
      <Loading />
      <input
        ref={field}
        type="text"
        role="combobox"
        className="field"
        data-testid="picker-filter"
        aria-label={text.filter}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={activeId}
        aria-autocomplete="list"
        placeholder={text.placeholder}
        value={filter}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setFilter(event.target.value);
          setChosen(null);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={text.label} className="-mx-2 max-h-64 overflow-y-auto">
        {shown.map((model) => (
          <Option
            key={model.id}
            id={optionId(model)}
            model={model}
            active={model === active}
            current={model.id === current}
            onPoint={() => setChosen(model.id)}
            onPick={() => pick(model)}
          />
        ))}
      </div>
      {shown.length === 0 && (
        <p role="status" className="text-center text-[14px] text-ink-soft">
          {text.none}
        </p>
      )}
      <p className="text-[12.5px] text-ink-soft max-sm:hidden">{text.hint}</p>
      <Loaded />
      <div className="flex flex-wrap gap-2 border-t border-line pt-3">
        <a className="button" href={hrefOf({ view: 'library', modelId: null })} onClick={close} data-testid="all-models">
          {text.manage}
        </a>
        <a className="button" href={hrefOf({ view: 'find', repository: null })} onClick={close}>
          {text.find}
        </a>
      </div>
    </div>
  );
}

interface OptionProps {
  id: string;
  model: LibraryModel;
  active: boolean;
  current: boolean;
  onPoint: () => void;
  onPick: () => void;
}

function Option({ id, model, active, current, onPoint, onPick }: OptionProps) {
  const loadable = isLoadable(model);
  const { facts, status } = model;
  const why = status === 'damaged' || status === 'away' ? text.cannotLoad[status] : modelsText.support['not-supported'];
  return (
    <button
      type="button"
      tabIndex={-1}
      id={id}
      role="option"
      aria-selected={active}
      aria-disabled={!loadable}
      data-testid="picker-option"
      className={`flex w-full items-center gap-2 rounded-lg px-2 py-1.5 text-start ${active ? 'bg-accent-soft' : ''} ${loadable ? '' : 'opacity-60'}`}
      onPointerMove={onPoint}
      onClick={onPick}
    >
      <span aria-hidden className="w-4 shrink-0">
        {current && <Check size={15} className="text-accent" />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[14px]">{model.name}</span>
        <span className="block truncate text-[12.5px] text-ink-soft tabular-nums">
          {modelsText.library.meta([facts?.quantisation ?? null, bytesText(model.sizeBytes), loadable ? null : why])}
        </span>
      </span>
      {model.adapterPath !== null && (
        <span className="shrink-0 text-ink-soft" title={modelsText.library.adapterTitle}>
          <Zap size={14} aria-hidden />
          <span className="sr-only">{modelsText.library.adapter}</span>
        </span>
      )}
    </button>
  );
}

function Loading() {
  const state = useModel((model) => model.state);
  const unload = useModel((model) => model.unload);
  if (state?.status !== 'loading') return null;
  return (
    <div className="flex items-center gap-3" data-testid="picker-loading">
      <div className="min-w-0 flex-1">
        <p className="flex justify-between gap-2 text-[13.5px]">
          <span className="truncate">{state.model.name}</span>
          <span className="tabular-nums">{percentText(state.fraction)}</span>
        </p>
        <progress className="progress mt-1 w-full" value={state.fraction} aria-label={state.model.name} />
      </div>
      <button type="button" className="button" data-testid="cancel-loading" onClick={() => void unload()}>
        <X size={15} aria-hidden />
        {text.cancelLoading}
      </button>
    </div>
  );
}

function Loaded() {
  const state = useModel((model) => model.state);
  const unload = useModel((model) => model.unload);
  const loaded = state?.status === 'ready' || state?.status === 'calibrating' ? state : null;
  return (
    <div className="space-y-3 border-t border-line pt-3 text-[13px]">
      {loaded && <ModelFacts state={loaded} />}
      <MemoryNow />
      {loaded && (
        <button type="button" className="button" data-testid="picker-unload" onClick={() => void unload()}>
          <Power size={15} aria-hidden />
          {text.unloadNow}
        </button>
      )}
    </div>
  );
}
