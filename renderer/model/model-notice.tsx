// Why there is no model to chat with, and what to do about it. Shows nothing while all is well.
import { hrefOf } from '../route.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { MemoryAdvice, MemoryRemedies } from './memory-advice.tsx';
import { useModel } from './model-store.ts';

export function ModelNotice() {
  const { state, library, error } = useModel();
  if (state?.status === 'failed') {
    const { model, restarting, advice } = state;
    const crashed = state.error.code === 'engine-crashed';
    const loadable = model ?? library[0];
    return (
      <Notice
        tone={restarting ? 'info' : 'danger'}
        title={crashed ? strings.model.crashedTitle : strings.model.failedTitle(model?.name ?? null)}
        testId="model-error"
        actions={
          !restarting &&
          (model && advice ? (
            <MemoryRemedies modelId={model.id} advice={advice} />
          ) : loadable ? (
            <LoadButton id={loadable.id} label={strings.tryAgain} />
          ) : (
            <FindLink />
          ))
        }
      >
        {restarting ? strings.model.restartingText : (error ?? state.error).message}
        {!restarting && advice && <MemoryAdvice advice={advice} />}
      </Notice>
    );
  }
  if (state?.status === 'unloaded') {
    const first = library[0];
    return (
      <Notice
        tone={error ? 'danger' : 'info'}
        title={strings.model.none}
        actions={first ? <LoadButton id={first.id} label={strings.model.load(first.name)} /> : <FindLink />}
      >
        {error?.message}
      </Notice>
    );
  }
  return null;
}

/** Where there is nothing to load, there is something to get. */
function FindLink() {
  return (
    <a className="button" data-testid="find-model" href={hrefOf({ view: 'find', repository: null })}>
      {strings.model.find}
    </a>
  );
}

function LoadButton({ id, label }: { id: string; label: string }) {
  const load = useModel((model) => model.load);
  return (
    <button type="button" className="button" data-testid="load-model" onClick={() => void load(id)}>
      {label}
    </button>
  );
}
