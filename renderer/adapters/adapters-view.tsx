// The adapters: which model has which, their trainings, and what lies in the trash.
import { Download } from 'lucide-react';
import { Placeholder, Section, Skeletons, ViewTitle } from '../models/page-parts.tsx';
import { hrefOf } from '../route.ts';
import { Notice } from '../ui/notice.tsx';
import { AdapterList, AdapterTrash, importAdapter, ModelRow } from './adapter-rows.tsx';
import { useAdapters } from './adapters-store.ts';
import { JobCard } from './job-card.tsx';
import { adaptersText as text } from './strings.ts';
import { TrainDialog } from './train-dialog.tsx';

export function AdaptersView() {
  const state = useAdapters((store) => store.state);
  const unreadable = useAdapters((store) => store.unreadable);
  const problem = useAdapters((store) => store.problem);
  const asked = useAdapters((store) => store.asked);
  const dismissProblem = useAdapters((store) => store.dismissProblem);
  return (
    <>
      <ViewTitle
        title={text.title}
        note={text.note}
        actions={
          <button type="button" className="button" data-testid="import-adapter" onClick={importAdapter}>
            {text.import}
          </button>
        }
      />
      {problem && !asked && (
        <Notice tone="danger" title={text.notDone} onDismiss={dismissProblem} testId="adapters-problem">
          {problem.message}
        </Notice>
      )}
      {state ? (
        <>
          {state.jobs.length > 0 && (
            <Section title={text.jobs.title} testId="trainings">
              <ul className="space-y-3">
                {state.jobs.toReversed().map((job) => (
                  <JobCard key={job.id} job={job} />
                ))}
              </ul>
            </Section>
          )}
          {state.models.length > 0 ? (
            <Section title={text.models.title} testId="adapter-models">
              <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
                {state.models.map((model) => (
                  <ModelRow key={model.modelId} model={model} state={state} />
                ))}
              </ul>
            </Section>
          ) : (
            <Placeholder
              title={text.models.empty}
              text={text.models.emptyText}
              action={
                <a className="button-accent" href={hrefOf({ view: 'find', repository: null })}>
                  <Download size={16} aria-hidden />
                  {text.models.find}
                </a>
              }
            />
          )}
          {state.adapters.length > 0 && <AdapterList state={state} />}
          {state.trash.length > 0 && <AdapterTrash trash={state.trash} />}
        </>
      ) : unreadable ? (
        <Notice tone="danger" title={text.notDone}>
          {unreadable.message}
        </Notice>
      ) : (
        <Skeletons label={text.loading} rows={3} />
      )}
      <TrainDialog />
    </>
  );
}
