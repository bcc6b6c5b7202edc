// What is wrong with a model of the library, and what to do about it. Shows nothing while all is well.
import type { LibraryModel } from '../../../electron/contract/library.ts';
import { modelsText } from '../strings.ts';
import { useLibrary } from './library-store.ts';

const text = modelsText.library;

export function ModelProblem({ model }: { model: LibraryModel }) {
  const act = useLibrary((state) => state.act);
  const unsupported = model.facts?.support.support === 'not-supported' ? model.facts.support.reason : null;
  const message = model.problem?.message ?? unsupported;
  if (message === null) return null;
  return (
    <div
      data-testid="model-problem"
      className={`mt-2 border-l-2 pl-3 text-[13.5px] leading-normal ${model.status === 'away' ? 'border-slow/50' : 'border-danger/50'}`}
    >
      <p className="wrap-anywhere">{message}</p>
      <div className="mt-1.5 flex flex-wrap gap-2 empty:hidden">
        {model.status === 'damaged' && (
          <button type="button" className="button" onClick={() => void act((library) => library.checkAgain(model.id))}>
            {text.checkAgain}
          </button>
        )}
        {model.status === 'away' && (
          <>
            <button type="button" className="button" onClick={() => void act((library) => library.rescan())}>
              {text.rescan}
            </button>
            <button type="button" className="button" onClick={() => void act((library) => library.forget(model.id))}>
              {text.forget}
            </button>
          </>
        )}
      </div>
    </div>
  );
}
