// Finding a model: a few good ones to begin with, and the search of the hub.
import { Search, X } from 'lucide-react';
import type { CuratedModel } from '../../../electron/contract/hub.ts';
import { bytesText, parametersText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { useAnswer } from '../../use-answer.ts';
import { Badge, FailedAnswer, Placeholder, Section, Skeletons, ViewTitle } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { hostOf } from './hub-names.ts';
import { HubSettings } from './hub-settings.tsx';
import { useHub, type HubSort } from './hub-store.ts';
import { SearchResults } from './search-results.tsx';

const text = modelsText.find;

export function FindView() {
  const searched = useHub((state) => state.searched);
  return (
    <>
      <ViewTitle title={text.title} />
      <SearchForm />
      {searched ? <SearchResults /> : <Curated />}
      <HubSettings />
    </>
  );
}

function SearchForm() {
  const hub = useHub();
  const id = 'hub-search';
  const host = hostOf(hub.status?.endpoint ?? 'https://huggingface.co');
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        void hub.search();
      }}
    >
      <div className="flex flex-wrap gap-2">
        <div className="relative min-w-56 flex-1">
          <label htmlFor={id} className="sr-only">
            {text.label}
          </label>
          <Search size={17} aria-hidden className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-ink-soft" />
          <input
            id={id}
            type="text"
            role="searchbox"
            className="field py-2 pr-10 pl-9.5 text-[15px]"
            data-testid="hub-search"
            placeholder={text.placeholder}
            value={hub.text}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${id}-note`}
            onChange={(event) => hub.setText(event.target.value)}
          />
          {(hub.text !== '' || hub.searched) && (
            <button
              type="button"
              className="button-icon absolute top-1/2 right-0.5 size-8 -translate-y-1/2"
              aria-label={text.clear}
              title={text.clear}
              onClick={hub.clearSearch}
            >
              <X size={16} aria-hidden />
            </button>
          )}
        </div>
        <button type="submit" className="button-accent px-4" data-testid="search">
          {text.search}
        </button>
      </div>
      <div className="mt-2 flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-[13px] text-ink-soft">
        <p id={`${id}-note`}>{text.privacy(host)}</p>
        {hub.searched && (
          <label className="flex items-center gap-2">
            {text.sortLabel}
            <select
              className="field w-auto py-1 text-[13px]"
              data-testid="sort"
              value={hub.sort}
              onChange={(event) => void hub.search(event.target.value as HubSort)}
            >
              {Object.entries(text.sorts).map(([sort, name]) => (
                <option key={sort} value={sort}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </form>
  );
}

function Curated() {
  const search = useHub((state) => state.search);
  const curated = useAnswer('curated', (client) => client.hub.curated());
  const popular = (
    <button type="button" className="button" data-testid="popular" onClick={() => void search()}>
      {text.popular}
    </button>
  );
  if (curated.error) {
    return <FailedAnswer title={modelsText.notDone} error={curated.error} askAgain={curated.askAgain} />;
  }
  if (curated.value === null) return <Skeletons label={modelsText.loading} rows={3} />;
  if (curated.value.length === 0) return <Placeholder title={text.title} text={text.curatedEmpty} action={popular} />;
  return (
    <Section
      title={text.curatedTitle}
      note={text.curatedText}
      testId="curated"
      aside={<span className="max-sm:hidden">{popular}</span>}
    >
      <ul className="grid gap-3 sm:grid-cols-2">
        {curated.value.map((model) => (
          <CuratedCard key={`${model.repository} ${model.files[0]}`} model={model} />
        ))}
      </ul>
      <div className="mt-4 sm:hidden">{popular}</div>
    </Section>
  );
}

function CuratedCard({ model }: { model: CuratedModel }) {
  const { support } = model.support;
  return (
    <li>
      <a
        href={hrefOf({ view: 'find', repository: model.repository })}
        data-testid="curated-model"
        className="flex h-full flex-col rounded-2xl border border-line bg-raised px-4 py-3.5 transition-colors hover:border-accent"
      >
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="text-[15.5px] font-semibold">{model.name}</span>
          {model.modelId !== null && <Badge tone="accent">{text.inLibrary}</Badge>}
        </span>
        <span className="mt-0.5 flex-1 text-[14px] leading-normal text-pretty text-ink-soft">{model.description}</span>
        <span className="mt-2.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-[13px] text-ink-soft tabular-nums">
          {modelsText.library.meta([
            parametersText(model.parameters),
            model.quantisation,
            model.sizeBytes === null ? null : bytesText(model.sizeBytes),
            model.licence,
          ])}
          {model.adapter !== null ? (
            <Badge tone="accent">{text.withAdapter}</Badge>
          ) : (
            support === 'drafts' && <Badge>{modelsText.support.draftsShort}</Badge>
          )}
          {support === 'untested' && <Badge tone="slow">{modelsText.support.untested}</Badge>}
          {support === 'not-supported' && <Badge tone="danger">{modelsText.support['not-supported']}</Badge>}
        </span>
      </a>
    </li>
  );
}
