// The models with their adapters, all adapters, and those in the trash.
import { Zap } from 'lucide-react';
import { useState } from 'react';
import type { Adapter, AdapterModel, AdaptersState, TrashedAdapter } from '../../electron/contract/adapters.ts';
import { choosePath, usePathPrompt } from '../models/library/path-prompt.ts';
import { Section } from '../models/page-parts.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { useAnswer } from '../use-answer.ts';
import { requireClient } from '../connection-store.ts';
import { useAdapters } from './adapters-store.ts';
import { ResultCard } from './result-card.tsx';
import { adaptersText } from './strings.ts';

const list = 'divide-y divide-line rounded-2xl border border-line bg-raised';

export function ModelRow({ model, state }: { model: AdapterModel; state: AdaptersState }) {
  const text = adaptersText.models;
  const act = useAdapters((store) => store.act);
  const ask = useAdapters((store) => store.ask);
  const adapter = state.adapters.find(({ id }) => id === model.adapterId) ?? null;
  const training = state.jobs.some(
    ({ modelId, status }) => modelId === model.modelId && status !== 'completed' && status !== 'failed',
  );
  const asked = { modelId: model.modelId, name: model.name, layers: model.layers };
  return (
    <li data-testid="adapter-model" data-model={model.modelId} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <Zap size={18} aria-hidden className={`shrink-0 ${adapter ? 'text-accent' : 'text-ink-soft'}`} />
      <div className="min-w-48 flex-1 text-[14px]">
        <p className="font-medium wrap-anywhere">{model.name}</p>
        <p className="text-ink-soft wrap-anywhere tabular-nums">
          <AdapterOfModel model={model} adapter={adapter} />
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        {adapter && adapter.origin !== 'shipped' && (
          <button
            type="button"
            className="button"
            aria-label={text.leaveLabel(model.name)}
            onClick={() => void act((adapters) => adapters.use(model.modelId, null))}
          >
            {text.leave}
          </button>
        )}
        {model.problem === null && (
          <button
            type="button"
            className={adapter || training ? 'button' : 'button-accent'}
            data-testid="train"
            aria-label={adapter ? text.againLabel(model.name) : text.trainLabel(model.name)}
            disabled={training}
            onClick={() => ask(asked)}
          >
            {training ? text.training : adapter ? text.again : text.train}
          </button>
        )}
      </div>
    </li>
  );
}

function AdapterOfModel({ model, adapter }: { model: AdapterModel; adapter: Adapter | null }) {
  const text = adaptersText.models;
  const speedup = adapter?.result?.speeds?.autoSpeedup ?? null;
  if (model.problem) return model.problem.message;
  if (adapter) {
    const measured = speedup === null ? text.unmeasured : text.measured(speedup);
    return `${text.has(adapter.name, adapter.exitLayer)}. ${measured}.`;
  }
  return model.adapterId === null ? <NoAdapter modelId={model.modelId} /> : text.missing;
}

function NoAdapter({ modelId }: { modelId: string }) {
  const { value } = useAnswer(`estimate ${modelId} standard null`, ({ adapters }) =>
    adapters.estimate(modelId, { amount: 'standard', useChats: false, exitLayer: null }),
  );
  return value ? adaptersText.models.none(value.totalMs) : adaptersText.models.noneYet;
}

export function AdapterList({ state }: { state: AdaptersState }) {
  return (
    <Section title={adaptersText.list.title} testId="adapters">
      <ul className={list}>
        {state.adapters.map((adapter) => (
          <AdapterRow key={adapter.id} adapter={adapter} models={state.models} />
        ))}
      </ul>
    </Section>
  );
}

function AdapterRow({ adapter, models }: { adapter: Adapter; models: AdapterModel[] }) {
  const text = adaptersText.list;
  const trash = useAdapters((state) => state.trash);
  const names = models.filter(({ modelId }) => adapter.modelIds.includes(modelId)).map(({ name }) => name);
  const own = adapter.origin === 'trained' || adapter.origin === 'imported';
  const exportTo = () =>
    usePathPrompt.getState().ask({
      what: 'adapter',
      note: text.exportPrompt,
      take: (_library, path) => requireClient().adapters.export(adapter.id, path),
    });
  return (
    <li data-testid="adapter" className="px-4 py-3 text-[14px]">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-48 flex-1">
          <p className="font-medium wrap-anywhere">{adapter.name}</p>
          <p className="text-[13.5px] text-ink-soft wrap-anywhere tabular-nums">
            {text.meta(text.origins[adapter.origin], adapter.baseName, adapter.sizeBytes, adapter.exitLayer)}
          </p>
          <p className="text-[13.5px] text-ink-soft wrap-anywhere">{names.length > 0 ? text.usedBy(names) : text.unused}</p>
        </div>
        <div className="flex flex-wrap gap-2">
          <button
            type="button"
            className="button"
            data-testid="export"
            aria-label={text.exportLabel(adapter.name)}
            onClick={exportTo}
          >
            {text.export}
          </button>
          {own && (
            <button
              type="button"
              className="button"
              data-testid="trash-adapter"
              aria-label={text.trashLabel(adapter.name)}
              onClick={() => void trash(adapter.id)}
            >
              {text.trash}
            </button>
          )}
        </div>
      </div>
      {adapter.result && (
        <details className="mt-2">
          <summary className="text-[13.5px] text-ink-soft">{text.details}</summary>
          <div className="mt-2">
            <ResultCard result={adapter.result} />
          </div>
        </details>
      )}
    </li>
  );
}

export function AdapterTrash({ trash }: { trash: TrashedAdapter[] }) {
  const text = adaptersText.trash;
  const act = useAdapters((state) => state.act);
  const [asked, setAsked] = useState<TrashedAdapter | null>(null);
  return (
    <Section title={text.title} note={text.text} testId="adapter-trash">
      <ul className={list}>
        {trash.map((item) => (
          <li key={item.id} data-testid="trashed-adapter" className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="wrap-anywhere">{item.name}</p>
              <p className="text-[13px] text-ink-soft tabular-nums">{text.item(item.sizeBytes, item.trashedAtMs)}</p>
            </div>
            <div className="flex gap-2">
              <button
                type="button"
                className="button"
                aria-label={text.restoreLabel(item.name)}
                onClick={() => void act((adapters) => adapters.restore(item.id))}
              >
                {text.restore}
              </button>
              <button type="button" className="button" aria-label={text.purgeLabel(item.name)} onClick={() => setAsked(item)}>
                {text.purge}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={asked !== null}
        title={text.askTitle(asked?.name ?? '')}
        text={text.askText(asked?.sizeBytes ?? 0)}
        confirm={text.purge}
        cancel={adaptersText.cancel}
        onConfirm={() => asked && void act((adapters) => adapters.purge(asked.id))}
        onClose={() => setAsked(null)}
      />
    </Section>
  );
}

/** In the system's dialog where there is one, else as a path to type. */
export function importAdapter(): void {
  const prompt = {
    what: 'adapter' as const,
    note: adaptersText.importPrompt,
    take: (_library: unknown, path: string) => requireClient().adapters.import(path),
  };
  void choosePath(prompt, (problem) => useAdapters.setState({ problem }));
}
