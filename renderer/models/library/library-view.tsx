// The library: every model of this machine, the folders that they lie in, and the trash.
import { FilePlus2, FolderPlus, RefreshCw, Search } from 'lucide-react';
import { useState } from 'react';
import type { LibraryState } from '../../../electron/contract/library.ts';
import { hrefOf } from '../../route.ts';
import { strings } from '../../strings.ts';
import { Notice } from '../../ui/notice.tsx';
import { MemoryNow } from '../memory/memory-now.tsx';
import { FailedAnswer, Placeholder, Skeletons, ViewTitle } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { Folders } from './folders.tsx';
import { useLibrary } from './library-store.ts';
import { matches } from './match.ts';
import { ModelRow } from './model-row.tsx';
import { addFolder, choosePath, openModel } from './path-prompt.ts';
import { Trash } from './trash.tsx';

const text = modelsText.library;

/** From so many models on, a list is filtered rather than read. */
const filterFrom = 7;

export function LibraryView() {
  const state = useLibrary((library) => library.state);
  const unreadable = useLibrary((library) => library.unreadable);
  const tryAgain = useLibrary((library) => library.tryAgain);
  const problem = useLibrary((library) => library.problem);
  const dismissProblem = useLibrary((library) => library.dismissProblem);
  const act = useLibrary((library) => library.act);
  return (
    <>
      <ViewTitle
        title={text.title}
        note={state ? (state.scanning ? text.scanning : text.summary(state.models.length, state.sizeBytes)) : ''}
        actions={
          <>
            <button
              type="button"
              className="button-icon"
              aria-label={text.rescan}
              title={text.rescan}
              disabled={!state || state.scanning}
              onClick={() => void act((library) => library.rescan())}
            >
              <RefreshCw size={17} aria-hidden className={state?.scanning ? 'animate-spin' : ''} />
            </button>
            <button type="button" className="button" data-testid="add-folder" onClick={() => void choosePath(addFolder)}>
              <FolderPlus size={16} aria-hidden />
              {text.addFolder}
            </button>
            <button type="button" className="button" data-testid="open-file" onClick={() => void choosePath(openModel)}>
              <FilePlus2 size={16} aria-hidden />
              {text.openFile}
            </button>
          </>
        }
      />
      {problem && (
        <Notice tone="danger" title={modelsText.notDone} onDismiss={dismissProblem} testId="library-problem">
          {problem.message}
        </Notice>
      )}
      {state ? (
        <Loaded state={state} />
      ) : unreadable ? (
        <FailedAnswer title={text.unreadable} error={unreadable} askAgain={tryAgain} testId="library-unreadable" />
      ) : (
        <Skeletons label={modelsText.loading} rows={4} />
      )}
    </>
  );
}

function Loaded({ state }: { state: LibraryState }) {
  const [filter, setFilter] = useState('');
  const shown = state.models.filter((model) => matches(model, filter));
  return (
    <>
      {state.problem && (
        <Notice tone="danger" title={text.storeProblem} testId="library-store-problem">
          {state.problem.message}
        </Notice>
      )}
      {state.models.length > 0 && (
        <section aria-label={modelsText.memory.title} className="rounded-2xl border border-line bg-raised p-4">
          <MemoryNow />
        </section>
      )}
      {state.models.length >= filterFrom && (
        <div className="relative">
          <Search size={16} aria-hidden className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-ink-soft" />
          <input
            type="search"
            className="field py-2 pl-9"
            aria-label={text.filter}
            placeholder={text.filter}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
      )}
      {state.models.length === 0 ? (
        <Placeholder
          title={text.emptyTitle}
          text={text.emptyText}
          action={
            <a className="button-accent" href={hrefOf({ view: 'find', repository: null })}>
              <Search size={16} aria-hidden />
              {text.find}
            </a>
          }
        />
      ) : shown.length === 0 ? (
        <p role="status" className="py-6 text-center text-ink-soft">
          {text.noMatch(filter)}{' '}
          <button type="button" className="button-ghost underline" onClick={() => setFilter('')}>
            {strings.dismiss}
          </button>
        </p>
      ) : (
        <ul
          aria-label={text.list}
          data-testid="library-models"
          className="divide-y divide-line rounded-2xl border border-line bg-raised"
        >
          {shown.map((model) => (
            <ModelRow key={model.id} model={model} />
          ))}
        </ul>
      )}
      <Folders state={state} />
      {state.trash.length > 0 && <Trash trash={state.trash} />}
    </>
  );
}
