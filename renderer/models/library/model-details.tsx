// Everything that is known about one model of the library, and what can be done with it.
import { ChevronLeft, Pencil, Power, Trash2 } from 'lucide-react';
import { useEffect, useId, useState, type FormEvent } from 'react';
import type { FitChoices } from '../../../electron/contract/fit.ts';
import type { LibraryModel, ModelDetails as Details } from '../../../electron/contract/library.ts';
import { useModel } from '../../model/model-store.ts';
import { goTo, hrefOf } from '../../route.ts';
import { Notice } from '../../ui/notice.tsx';
import { useAnswer } from '../../use-answer.ts';
import { FitPanel } from '../memory/fit-panel.tsx';
import { FailedAnswer, Placeholder, Skeletons } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { AdapterSection, FactsSection, FilesSection, LongTexts } from './details-sections.tsx';
import { useLibrary } from './library-store.ts';
import { ModelProblem } from './model-problem.tsx';
import { ChatButton, ModelBadges, useIsLoaded } from './model-row.tsx';

const text = modelsText.details;

export function ModelDetailsView({ modelId }: { modelId: string }) {
  const state = useLibrary((library) => library.state);
  const problem = useLibrary((library) => library.problem);
  const dismissProblem = useLibrary((library) => library.dismissProblem);
  const model = state?.models.find(({ id }) => id === modelId) ?? null;
  const details = useAnswer<Details>(
    model ? `details ${modelId}` : null,
    (client) => client.library.details(modelId),
    model ? `${model.status} ${model.adapterPath} ${model.path}` : '',
  );
  return (
    <>
      <a href={hrefOf({ view: 'library', modelId: null })} className="button-ghost -mb-4 -ml-1.5 w-fit">
        <ChevronLeft size={16} aria-hidden />
        {text.back}
      </a>
      {problem && (
        <Notice tone="danger" title={modelsText.notDone} onDismiss={dismissProblem} testId="library-problem">
          {problem.message}
        </Notice>
      )}
      {model ? (
        <>
          <Head key={model.id} model={model} />
          <ModelProblem model={model} />
          {details.error && <FailedAnswer title={modelsText.notDone} error={details.error} askAgain={details.askAgain} />}
          {(model.status === 'ready' || model.status === 'unread') && <Fit key={`fit ${model.id}`} model={model} />}
          <FactsSection model={model} details={details.value} />
          {details.value ? (
            <>
              <AdapterSection model={model} details={details.value} />
              <FilesSection key={`files ${model.id}`} model={model} details={details.value} />
              <LongTexts details={details.value} />
            </>
          ) : (
            !details.error && <Skeletons label={modelsText.loading} rows={2} />
          )}
        </>
      ) : state ? (
        <Placeholder title={text.gone} text={modelsText.library.emptyText} />
      ) : (
        <Skeletons label={modelsText.loading} rows={4} />
      )}
    </>
  );
}

function Head({ model }: { model: LibraryModel }) {
  const trash = useLibrary((state) => state.trash);
  const unload = useModel((state) => state.unload);
  const loaded = useIsLoaded(model.id);
  const [renaming, setRenaming] = useState(false);
  return (
    <div>
      {renaming ? (
        <Rename model={model} onDone={() => setRenaming(false)} />
      ) : (
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
          <h2 className="min-w-0 text-[24px] leading-tight font-semibold tracking-tight wrap-anywhere">{model.name}</h2>
          <ModelBadges model={model} />
        </div>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        {(model.status === 'ready' || model.status === 'unread') && <ChatButton model={model} accent />}
        {loaded && (
          <button type="button" className="button" data-testid="unload" onClick={() => void unload()}>
            <Power size={15} aria-hidden />
            {modelsText.unload}
          </button>
        )}
        {!renaming && (
          <button type="button" className="button" data-testid="rename" onClick={() => setRenaming(true)}>
            <Pencil size={15} aria-hidden />
            {text.rename}
          </button>
        )}
        {!model.readOnly && model.status !== 'away' && (
          <button
            type="button"
            className="button"
            data-testid="trash-model"
            onClick={async () => {
              if (await trash(model.id)) goTo({ view: 'library', modelId: null });
            }}
          >
            <Trash2 size={15} aria-hidden />
            {modelsText.library.delete}
          </button>
        )}
      </div>
    </div>
  );
}

function Rename({ model, onDone }: { model: LibraryModel; onDone: () => void }) {
  const act = useLibrary((state) => state.act);
  const id = useId();
  const [name, setName] = useState(model.name);
  useEffect(() => {
    const field = document.getElementById(id);
    if (field instanceof HTMLInputElement) field.select();
  }, [id]);
  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (await act((library) => library.rename(model.id, name.trim()))) onDone();
  }
  return (
    <form className="max-w-[34rem]" onSubmit={(event) => void save(event)}>
      <label htmlFor={id} className="mb-1 block text-[14px] font-medium">
        {text.nameLabel}
      </label>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          className="field min-w-48 flex-1"
          data-testid="name"
          value={name}
          maxLength={200}
          aria-describedby={`${id}-help`}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && onDone()}
        />
        <button type="submit" className="button-accent">
          {text.save}
        </button>
        <button type="button" className="button" onClick={onDone}>
          {modelsText.cancel}
        </button>
      </div>
      <p id={`${id}-help`} className="mt-1 text-[13px] text-ink-soft">
        {text.nameHelp}
      </p>
    </form>
  );
}

function Fit({ model }: { model: LibraryModel }) {
  const [choices, setChoices] = useState<FitChoices>({});
  const answer = useAnswer(`fit ${model.id} ${JSON.stringify(choices)}`, (client) => client.library.fit(model.id, choices));
  return (
    <div className="rounded-2xl border border-line bg-raised p-4">
      <FitPanel choices={choices} onChange={setChoices} trainedContext={model.facts?.trainedContext ?? 0} answer={answer} />
    </div>
  );
}
